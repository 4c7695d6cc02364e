"""Journeys in a real Chromium: what people do with the product from one end to the other."""

import pytest

# The steps assert as the tests do, and say as much when they fail.
pytest.register_assert_rewrite("tests.browser.steps")
