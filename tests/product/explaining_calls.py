"""A call of every service that says who can open a study, and why; a part of service_calls.py."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from sharing.services import explaining
from tests.cast import acting
from tests.everything import World

EXPLAINED: dict[str, Callable[[World], object]] = {
    "explaining.read_people": lambda w: explaining.read_people(placement=w.at_home, by=acting(w.cast.ana)),
    "explaining.read_question": lambda w: explaining.read_question(
        placement=w.at_home, by=acting(w.cast.ana)
    ),
    "explaining.find_people": lambda w: explaining.find_people(find="Ben", by=acting(w.cast.ana)),
    "explaining.explain_to": lambda w: explaining.explain_to(
        placement=w.at_home, person=w.cast.ben.uuid, by=acting(w.cast.ana)
    ),
    "explaining.explain_then": lambda w: explaining.explain_then(
        placement=w.at_home,
        person=w.cast.ben.uuid,
        at=timezone.now() - timedelta(hours=1),
        by=acting(w.cast.adam),
    ),
}
