"""The shares that a person is about to end, one by one: of whom, which study, with whom, how many people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from audit.actor import Actor
from sharing.models import Share
from sharing.selectors.access.members import counts_of
from sharing.selectors.directory import accounts_of
from sharing.selectors.recipients import Recipient, recipient_of
from studies.models import Study
from studies.selectors import placements_visible_to


@dataclass(frozen=True)
class EndingShare:
    """`study` is empty where the reader does not see it; `people` counts those of a worklist of the reader's own
    organisation. `stays`: the recipient keeps the study through another share."""

    share: Share
    study: Study | None
    recipient: Recipient
    people: int
    stays: bool


def ending_shares(shares: Sequence[Share], by: Actor, *, staying: Collection[int]) -> list[EndingShare]:
    """Those that have not ended, as the person who ends them may know them, in the order of the studies in a dialog.

    Select `study` and `recipients.RECIPIENT` with them.
    """
    shares = [share for share in shares if share.ended_at is None]
    seen = placements_visible_to(by).filter(study__in={share.study_id for share in shares})
    ordered = seen.order_by("name_key", "-study_date", "pk").values_list("study", flat=True)
    known = {study_id: at for at, study_id in enumerate(dict.fromkeys(ordered))}
    accounts = accounts_of(by.person)
    ours = {
        share.to_worklist.pk
        for share in shares
        if share.to_worklist is not None and share.to_worklist.account_id in accounts
    }
    people = counts_of(ours)
    ending = [
        EndingShare(
            share,
            share.study if share.study_id in known else None,
            recipient_of(share),
            people.get(share.to_worklist_id or 0, 0),
            share.pk in staying,
        )
        for share in shares
    ]

    def order(each: EndingShare) -> tuple[int, str, int]:
        return known.get(each.share.study_id, len(known)), str(each.recipient), each.share.pk

    return sorted(ending, key=order)
