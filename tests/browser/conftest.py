"""Fixtures for the journeys; what people do in them is in tests/browser/steps.py."""

from tests.browser.pictures import camera, demo
from tests.browser.steps import come, hospital, mail

__all__ = ["camera", "come", "demo", "hospital", "mail"]
