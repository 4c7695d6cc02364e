"""What a person may see of shares."""

from sharing.selectors.access import EVERYONE, AccessPlace, StudyAccess, who_has_access
from sharing.selectors.directory import (
    account_uuids,
    accounts_by_uuid,
    accounts_of,
    members_with,
    people_like,
    people_named,
    places,
)
from sharing.selectors.ending import EndingShare, ending_shares
from sharing.selectors.invitations import (
    invitations_of,
    is_waited_for,
    promises_of,
    waiting_membership,
)
from sharing.selectors.leaving import Leaving, what_ends_by_leaving
from sharing.selectors.pages import NoSuchPage, SentPage
from sharing.selectors.presses import PressMade, made_in_press, shares_of_press
from sharing.selectors.previews import (
    WhatEnds,
    what_ends,
    what_ends_with_deletion,
    what_ends_with_removal,
)
from sharing.selectors.shared_by_me import invitations_sent_by, shares_made_by
from sharing.selectors.shared_with_me import shares_received_by
from sharing.selectors.shares import (
    ReceivedPress,
    press_for,
    shares_awaiting,
    shares_seen_by,
)

__all__ = [
    "EVERYONE",
    "AccessPlace",
    "EndingShare",
    "Leaving",
    "NoSuchPage",
    "PressMade",
    "ReceivedPress",
    "SentPage",
    "StudyAccess",
    "WhatEnds",
    "account_uuids",
    "accounts_by_uuid",
    "accounts_of",
    "ending_shares",
    "invitations_of",
    "invitations_sent_by",
    "is_waited_for",
    "made_in_press",
    "members_with",
    "people_like",
    "people_named",
    "places",
    "press_for",
    "promises_of",
    "shares_awaiting",
    "shares_made_by",
    "shares_of_press",
    "shares_received_by",
    "shares_seen_by",
    "waiting_membership",
    "what_ends",
    "what_ends_by_leaving",
    "what_ends_with_deletion",
    "what_ends_with_removal",
    "who_has_access",
]
