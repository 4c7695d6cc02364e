"""Everything that can happen to a share. Each function: check, resolve, write, audit."""

from common.exceptions import NothingThere
from sharing.decisions import Outcome
from sharing.services.acknowledging import acknowledge
from sharing.services.approvals import Decisions, decide_share, decide_shares
from sharing.services.changes import change_share
from sharing.services.ends import EndReport, end_shares
from sharing.services.guest_ends import end_dead_links
from sharing.services.guest_link_urls import renew_guest_link
from sharing.services.guest_links import (
    end_guest_link,
    extend_guest_link,
    make_guest_link,
)
from sharing.services.invitations import (
    relink_invitation,
    resend_invitation,
    withdraw_invitation,
    withdraw_staff_invitation,
    withdraw_upload_invitation,
)
from sharing.services.moving import MovePreview, move_home, preview_move, read_homes
from sharing.services.press import ReportRow, ShareReport
from sharing.services.promises import claim_promises
from sharing.services.registration import register_invited
from sharing.services.removal import (
    Removal,
    delete_study,
    leave_account,
    remove_from_worklist,
)
from sharing.services.rules import (
    add_share_rule,
    change_share_rule,
    preview_share_rule,
    remove_share_rule,
)
from sharing.services.sent_uploads import hand_on_sent
from sharing.services.settling import settle_overdue
from sharing.services.shares import share_studies
from sharing.services.taking_back import TakenBack, TooLate, undo_press, withdraw_press
from sharing.services.taking_over import TakenOver, take_over_shares
from sharing.services.worklists import delete_worklist

__all__ = [
    "Decisions",
    "EndReport",
    "MovePreview",
    "NothingThere",
    "Outcome",
    "Removal",
    "ReportRow",
    "ShareReport",
    "TakenBack",
    "TakenOver",
    "TooLate",
    "acknowledge",
    "add_share_rule",
    "change_share",
    "change_share_rule",
    "claim_promises",
    "decide_share",
    "decide_shares",
    "delete_study",
    "delete_worklist",
    "end_dead_links",
    "end_guest_link",
    "end_shares",
    "extend_guest_link",
    "hand_on_sent",
    "leave_account",
    "make_guest_link",
    "move_home",
    "preview_move",
    "preview_share_rule",
    "read_homes",
    "register_invited",
    "relink_invitation",
    "remove_from_worklist",
    "remove_share_rule",
    "renew_guest_link",
    "resend_invitation",
    "settle_overdue",
    "share_studies",
    "take_over_shares",
    "undo_press",
    "withdraw_invitation",
    "withdraw_press",
    "withdraw_staff_invitation",
    "withdraw_upload_invitation",
]
