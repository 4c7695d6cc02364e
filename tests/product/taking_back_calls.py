"""A call of every service that takes a press back or decides on shares, or shows them; a part of service_calls.py."""

from collections.abc import Callable

from django.test import override_settings

from sharing.services import decide_shares, previews, reads, undo_press, withdraw_press
from tests.cast import acting
from tests.everything import World


def in_time_to_undo(w: World) -> object:
    with override_settings(CIMAR_UNDO_SECONDS=3600):
        return undo_press(press=w.on_emergency.press, by=acting(w.cast.ana))


TAKEN_BACK: dict[str, Callable[[World], object]] = {
    "taking_back.undo_press": in_time_to_undo,
    "taking_back.withdraw_press": lambda w: withdraw_press(press=w.on_emergency.press, by=acting(w.cast.ana)),
    "previews.preview_press": lambda w: previews.preview_press(
        press=w.on_emergency.press, by=acting(w.cast.ana)
    ),
    "reads.read_receipt": lambda w: reads.read_receipt(press=w.on_emergency.press, by=acting(w.cast.ana)),
    "approvals.decide_shares": lambda w: decide_shares(
        shares=[w.awaits.uuid], by=acting(w.cast.adam), approve=False, message="Another hospital’s patient"
    ),
    "reads.read_approvals": lambda w: reads.read_approvals(by=acting(w.cast.adam)),
}
