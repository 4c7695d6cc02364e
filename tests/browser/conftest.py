"""Fixtures for the journeys; what people do in them is in tests/browser/steps.py."""

from tests.browser.steps import come, hospital, mail

__all__ = ["come", "hospital", "mail"]
