"""Who holds which right on which worklist: the one package that reads and writes guardian's tables."""

from worklists.access.groups import STAFF, forget, narrow, sync, sync_role
from worklists.access.rights import (
    ADMINISTER,
    CODENAMES,
    account_rights,
    administers,
    may,
    people_with,
    rights,
    role_label,
    worklist_ids,
    worklists_for,
)

__all__ = [
    "ADMINISTER",
    "CODENAMES",
    "STAFF",
    "account_rights",
    "administers",
    "forget",
    "may",
    "narrow",
    "people_with",
    "rights",
    "role_label",
    "sync",
    "sync_role",
    "worklist_ids",
    "worklists_for",
]
