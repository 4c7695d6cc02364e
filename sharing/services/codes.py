"""Share codes that a press tries: they count against the limit of the look-ups, unless they were read back before."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.services import limits
from audit.actor import Actor
from audit.services import record_denied
from sharing import targets
from sharing.models import Method
from sharing.targets import Target
from worklists.events import on_worklist
from worklists.models import Worklist

WHAT = "share codes"  # allowed: stored in events


def count_tried(wanted: Sequence[Target], *, by: Actor, worklist: Worklist) -> None:
    """Count the codes of a press that no one read back; raises ValidationError past the limit, before any is tried.

    All of them are counted before they are looked up, and the known codes given back: many presses at the same time
    learn no more than the limit allows. Call it outside a transaction.
    """
    tried = [target for target in wanted if target.method == Method.CODE and not target.is_read_back]
    if not tried:
        return
    try:
        limits.count_codes(by=by, account=worklist.account_id, codes=len(tried))
    except ValidationError:
        record_limited(by=by, worklist=worklist)
        raise
    limits.give_back_codes(by=by, account=worklist.account_id, codes=len(targets.by_code(tried)))


def record_limited(*, by: Actor, worklist: Worklist) -> None:
    """The limit was reached: an event for the first refusal, a number for those that follow it (ADR 0021)."""
    record_denied(by=by, on=on_worklist(worklist), what=WHAT, why=_(limits.TOO_MANY_CODES))
