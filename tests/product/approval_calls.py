"""A call of every service that notes a worklist's own MRN, or shows it; a part of service_calls.py."""

from collections.abc import Callable

from studies.services import begin_own_mrn, note_own_mrn
from tests.cast import acting
from tests.everything import World

OWN_MRNS: dict[str, Callable[[World], object]] = {
    "own_numbers.begin_own_mrn": lambda w: begin_own_mrn(placement=w.at_home.uuid, by=acting(w.cast.adam)),
    "own_numbers.note_own_mrn": lambda w: note_own_mrn(
        placement=w.at_home.uuid, by=acting(w.cast.adam), number="NG-20417"
    ),
}
