"""What pages ask about worklists, roles and people's rights there."""

from worklists.selectors.notices import (
    WorklistNotices,
    notice_rows_of,
    notice_times_of,
    people_to_tell,
    presets_of,
)
from worklists.selectors.people import (
    Standing,
    standing_of,
    without_second_factor,
    worklists_of_member,
)
from worklists.selectors.places import (
    accounts_administered_alone,
    accounts_administered_by,
    every_right,
    role_on,
    why_member_stays,
    worklists_to_pick,
)
from worklists.selectors.replacements import (
    Takeover,
    last_replacement_of,
    replacement_under_way,
    still_has,
    takeover_of,
)
from worklists.selectors.roles import (
    Effect,
    Holder,
    Holders,
    effect_of,
    holders_of,
    in_numbers,
    some,
    why_role_stays,
    with_numbers,
)
from worklists.selectors.tokens import (
    last_day_in,
    number_of_tokens,
    tokens_of,
    tokens_reaching,
    with_worklists,
    worklists_for_a_token,
)

__all__ = [
    "Effect",
    "Holder",
    "Holders",
    "Standing",
    "Takeover",
    "WorklistNotices",
    "accounts_administered_alone",
    "accounts_administered_by",
    "effect_of",
    "every_right",
    "holders_of",
    "in_numbers",
    "last_day_in",
    "last_replacement_of",
    "notice_rows_of",
    "notice_times_of",
    "number_of_tokens",
    "people_to_tell",
    "presets_of",
    "replacement_under_way",
    "role_on",
    "some",
    "standing_of",
    "still_has",
    "takeover_of",
    "tokens_of",
    "tokens_reaching",
    "why_member_stays",
    "why_role_stays",
    "with_numbers",
    "with_worklists",
    "without_second_factor",
    "worklists_for_a_token",
    "worklists_of_member",
    "worklists_to_pick",
]
