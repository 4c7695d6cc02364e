"""Fixtures for the journeys; what people do in them is in tests/browser/steps.py."""

from tests.browser.pictures import camera, demo
from tests.browser.steps import clock, come, hospital, mail, people

__all__ = ["camera", "clock", "come", "demo", "hospital", "mail", "people"]
