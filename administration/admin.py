"""The pages that the administration registers; Django looks for a module of this name."""

from administration import (
    account_settings,
    audit_trail,
    destinations,
    invitations,
    people,
    roles,
    senders,
    share_rules,
    tokens,
    users,
    worklist_members,
    worklists,
)

__all__ = [
    "account_settings",
    "audit_trail",
    "destinations",
    "invitations",
    "people",
    "roles",
    "senders",
    "share_rules",
    "tokens",
    "users",
    "worklist_members",
    "worklists",
]
