"""UIDs as the standard writes them, and as they are met."""

import re

# PS3.5 section 9: digits in parts, without needless zeros; and what else is met and does no harm in a URL.
STANDARD = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
MET = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]*")


def is_uid(uid: str) -> bool:
    """Whether it can be kept and told apart: up to 64 letters, digits, dots and hyphens, a digit among them."""
    return len(uid) <= 64 and bool(MET.fullmatch(uid)) and any(sign.isdigit() for sign in uid)


def is_standard(uid: str) -> bool:
    return bool(STANDARD.fullmatch(uid))
