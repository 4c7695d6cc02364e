"""A call of every service that says who could open a study in the past, and who did; a part of service_calls.py."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from sharing.selectors.access.opened import Period
from sharing.services import explaining_past
from tests.cast import acting
from tests.everything import World


def asked(w: World) -> dict[str, object]:
    now = timezone.now()
    return {
        "placement": w.at_home,
        "at": now - timedelta(hours=1),
        "period": Period(None, now),
        "by": acting(w.cast.adam),
    }


OF_THE_PAST: dict[str, Callable[[World], object]] = {
    "explaining_past.read_past_question": lambda w: explaining_past.read_past_question(
        placement=w.at_home, by=acting(w.cast.adam)
    ),
    "explaining_past.read_people_then": lambda w: explaining_past.read_people_then(**asked(w)),
    "explaining_past.read_printed_answer": lambda w: explaining_past.read_printed_answer(**asked(w)),
    "explaining_past.export_people_then": lambda w: explaining_past.export_people_then(
        **asked(w), zone=ZoneInfo("UTC")
    ),
}
