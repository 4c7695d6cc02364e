"""The roles an account begins with. They are rows from then on: an administrator edits them."""

from worklists.access import ADMINISTER, AUDIT, CODENAMES

SHARE_BY_EVERY_METHOD = {
    "share_study",
    "share_study_with_locations",
    "share_study_with_groups",
    "share_study_with_users",
    "share_study_by_code",
    "share_study_by_email",
}

SHIPPED_ROLES: dict[str, frozenset[str]] = {
    "Administrator": CODENAMES | {ADMINISTER, AUDIT},
    # Editing changes what a colleague recorded, and what was sent to another system or de-identified is out of reach: a
    # department gives these to few, by a role of its own.
    "Radiologist": CODENAMES - {"edit_study", "send_study", "download_deidentified"},
    # Shares inside the hospital and with another hospital by its code, never by email.
    "Referring clinician": frozenset(  # allowed: a row's name, not a page's text
        {"list_studies", "open_study", "download_study"} | SHARE_BY_EVERY_METHOD - {"share_study_by_email"}
    ),
    "Viewer": frozenset({"list_studies", "open_study"}),
    # Reads what was shared and done, and reaches no study.
    "Auditor": frozenset({AUDIT}),
}

# Ticking a box in the admin ticks these as well, to begin with.
TICKED_WITH = {"share_study": ("share_study_by_code",)}
