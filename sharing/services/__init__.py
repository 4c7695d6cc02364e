"""Everything that can happen to a share. Each function: check, resolve, write, audit."""

from common.exceptions import NothingThere
from sharing.decisions import Outcome
from sharing.services.approvals import decide_share
from sharing.services.changes import change_share
from sharing.services.ends import EndReport, end_shares
from sharing.services.invitations import (
    relink_invitation,
    resend_invitation,
    withdraw_invitation,
    withdraw_staff_invitation,
)
from sharing.services.press import ReportRow, ShareReport
from sharing.services.promises import claim_promises
from sharing.services.registration import register_invited
from sharing.services.removal import (
    Removal,
    delete_study,
    leave_account,
    remove_from_worklist,
)
from sharing.services.settling import settle_overdue
from sharing.services.shares import share_studies
from sharing.services.worklists import delete_worklist

__all__ = [
    "EndReport",
    "NothingThere",
    "Outcome",
    "Removal",
    "ReportRow",
    "ShareReport",
    "change_share",
    "claim_promises",
    "decide_share",
    "delete_study",
    "delete_worklist",
    "end_shares",
    "leave_account",
    "register_invited",
    "relink_invitation",
    "remove_from_worklist",
    "resend_invitation",
    "settle_overdue",
    "share_studies",
    "withdraw_invitation",
    "withdraw_staff_invitation",
]
