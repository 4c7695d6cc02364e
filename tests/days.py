"""The day where the cast's hospitals are."""

import os
from datetime import date, timedelta

from audit import clock
from common.days import today_in

ZONE = "Europe/London"


def day_of(after: int = 0) -> date:
    """Today, or so many days after it. Asked within a test only: a run may pass midnight after its modules are read."""
    assert "PYTEST_CURRENT_TEST" in os.environ, (
        "The day is asked while a module is read, so it may be yesterday's."
    )
    return today_in(ZONE, clock.now()) + timedelta(days=after)
