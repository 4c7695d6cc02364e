"""Emails that look mistyped: one letter from a domain that is used often. Only ever asked about, never corrected."""

from collections.abc import Iterable

# Of the mail providers that most people have.
FREQUENT = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.co.uk",
        "outlook.com",
        "live.com",
        "yahoo.com",
        "yahoo.co.uk",
        "icloud.com",
        "nhs.net",
        "btinternet.com",
        "gmx.de",
        "gmx.net",
        "web.de",
    }
)


def likely_email(email: str, known: Iterable[str] = ()) -> str:
    """The email that was probably meant, with a frequent domain or a known one; empty where nothing looks mistyped."""
    person, _, domain = email.rpartition("@")
    domains = FREQUENT | {each for each in known if each}
    if not person or domain in domains:
        return ""
    close = sorted(each for each in domains if is_a_slip(domain, each))
    return f"{person}@{close[0]}" if close else ""


def is_a_slip(typed: str, meant: str) -> bool:
    """Whether one letter was added, left out or replaced, or two beside each other were swapped."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if same is None:
        return True
    a, b = typed[same:], meant[same:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped
