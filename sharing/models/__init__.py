"""Grants: what keeps a study placed where it is not at home, what shows it to a reader without an account; and the
accounts' rules about who may share with whom.
"""

from sharing.models.escalation import Escalation
from sharing.models.guest_link import GuestLink, GuestLinkStudy
from sharing.models.notice import Digest, Notice
from sharing.models.recipient_list import ListedRecipient, RecipientList
from sharing.models.registered import RegisteredShare
from sharing.models.rule import ShareRule
from sharing.models.share import Method, Share
from sharing.models.taken_over import TakenOverShare
from sharing.models.time_request import TimeRequest

__all__ = [
    "Digest",
    "Escalation",
    "GuestLink",
    "GuestLinkStudy",
    "ListedRecipient",
    "Method",
    "Notice",
    "RecipientList",
    "RegisteredShare",
    "Share",
    "ShareRule",
    "TakenOverShare",
    "TimeRequest",
]
