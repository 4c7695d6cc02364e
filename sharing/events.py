"""What an audit event records of a share: from where, to whom, as ids and labels that outlive the share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Account
from audit.services import On
from sharing.models import Share
from studies.models import Study
from worklists.events import on_worklist_with
from worklists.models import Worklist


@dataclass(frozen=True)
class Labels:
    """The worklists that some shares name, fetched once."""

    worklists: dict[int, Worklist]

    @classmethod
    def of(cls, shares: Iterable[Share]) -> "Labels":
        shares = list(shares)
        ids = {share.from_worklist_id for share in shares}
        ids |= {share.to_worklist_id for share in shares if share.to_worklist_id is not None}
        return cls(_worklists(ids))

    def target(self, share: Share) -> str:
        """To whom, as both trails may show it: the sender's trail does not show whose email it is."""
        if share.email:
            return share.email
        assert share.to_worklist_id is not None  # a constraint: a share has a worklist or an email
        return self.worklists[share.to_worklist_id].label


def _worklists(ids: set[int]) -> dict[int, Worklist]:
    """With their owners and accounts. Thousands of worklists share a few accounts: each of those is read once."""
    needed = Worklist.objects.select_related("owner").only("kind", "name", "account_id", "owner__name")
    worklists = needed.in_bulk(ids)
    accounts = Account.objects.in_bulk(
        {worklist.account_id for worklist in worklists.values() if worklist.account_id is not None}
    )
    for worklist in worklists.values():
        if worklist.account_id is not None:
            worklist.account = accounts[worklist.account_id]
    return worklists


def on_share(share: Share, study: Study, labels: Labels, *, in_original: bool, **detail: Any) -> On:
    """The event belongs to the worklist the study was shared from, and names the other as its target."""
    return on_worklist_with(
        labels.worklists[share.from_worklist_id],
        study_id=study.pk,
        study_uid=study.study_instance_uid,
        share_uuid=share.uuid,
        other_worklist_id=share.to_worklist_id,
        other_worklist_label=labels.target(share),
        in_original=in_original,
        detail={"method": share.method, "press": str(share.press), **detail},
    )
