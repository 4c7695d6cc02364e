"""Who holds which right on which worklist: the one package that reads and writes guardian's tables."""

from worklists.access.groups import STAFF, follow_staff, forget, sync, sync_role
from worklists.access.losses import end_with_rights, rights_were_lost
from worklists.access.rights import (
    ACCOUNT_CODENAMES,
    ADMINISTER,
    APPROVER_NEEDS,
    AUDIT,
    CODENAMES,
    GUEST_LINK_NEEDS,
    account_rights,
    administers,
    audits,
    makers_right,
    may,
    people_with,
    people_with_all,
    rights,
    role_label,
    worklist_ids,
    worklists_for,
)
from worklists.access.several import rights_on
from worklists.access.there import held_by_asking, held_there

__all__ = [
    "ACCOUNT_CODENAMES",
    "ADMINISTER",
    "APPROVER_NEEDS",
    "AUDIT",
    "CODENAMES",
    "GUEST_LINK_NEEDS",
    "STAFF",
    "account_rights",
    "administers",
    "audits",
    "end_with_rights",
    "follow_staff",
    "forget",
    "held_by_asking",
    "held_there",
    "makers_right",
    "may",
    "people_with",
    "people_with_all",
    "rights",
    "rights_on",
    "rights_were_lost",
    "role_label",
    "sync",
    "sync_role",
    "worklist_ids",
    "worklists_for",
]
