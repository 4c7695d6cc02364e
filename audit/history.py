"""An event as a sentence, and the group its action belongs to.

Sentences are plain text built from the event's own labels and detail, so they read the same when what they name is
gone; templates escape them. An event may lack any of it: every word has something to say for itself then.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import dateformat, timezone
from django.utils.dateparse import parse_datetime

from audit.actions import Action
from audit.models import AuditEvent
from audit.sentences import IN_FRONT, METHODS, OTHERWISE, REASONS, SENTENCES, STATES
from common.text import one_line

# Group key: what it is called in a filter, and the prefixes of the actions in it. The first that fits wins.
CATEGORIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "audit": ("Audit trail", ("audit:",)),
    "refusals": (
        "Refusals",
        ("platform:deed:refuse", "study:share:refuse", "study:upload:refuse"),
    ),
    "sharing": ("Sharing", ("study:share:", "study:placement:")),
    "looking": (
        "Viewing",
        (
            "study:study:open",
            "study:images:",
            "study:study:download",
            "study:access:",
            "worklist:studies:",
        ),
    ),
    "study": ("The study itself", ("study:",)),
    "invitations": ("Invitations", ("account:invitation:",)),
    "sign_in": (
        "Sign-in",
        ("account:session:", "account:password:", "account:factor:", "account:address:"),
    ),
    "people": ("People and roles", ("account:", "worklist:member:", "worklist:mail:")),
    "worklists": ("Worklists", ("worklist:",)),
}


def sentence(event: AuditEvent) -> str:
    """What happened, in one line of plain text. An action this code does not know is named as it was written."""
    try:
        action = Action(event.action)
    except ValueError:
        return f"{who(event)}: {one_line(event.action)}"
    pattern = OTHERWISE.get((action, event.outcome)) or IN_FRONT.get(event.outcome, "") + SENTENCES[action]
    return pattern.format_map(_Words(event))


def category(event: AuditEvent) -> str:
    """The key of the group in `CATEGORIES` that the event's action belongs to."""
    return category_of(event.action)


def category_of(action: str) -> str:
    for key, (_, prefixes) in CATEGORIES.items():
        if action.startswith(prefixes):
            return key
    return "study"


def actions_in(key: str) -> list[Action]:
    return [action for action in Action if category_of(action) == key]


def who(event: AuditEvent) -> str:
    """The person's name without the address that stands behind it in the label."""
    return name_in(event.by_label) or "Someone"


def name_in(label: object) -> str:
    return _parts(label)[0]


def email_in(label: object) -> str:
    return _parts(label)[1]


def _parts(label: object) -> tuple[str, str]:
    """`Ana Obi <ana@example.org>` as name and address; anything else is a name."""
    text = one_line(label)
    name, _, address = text.rpartition(" <")
    return (name, address[:-1]) if name and address.endswith(">") else (text, "")


def action_label(event: AuditEvent) -> str:
    """The action's short name, as filters have it."""
    try:
        return str(Action(event.action).label)
    except ValueError:
        return one_line(event.action)


class _Words(Mapping[str, str]):
    """The words of one event, looked up as the sentence asks for them."""

    def __init__(self, event: AuditEvent) -> None:
        self.event = event

    def __getitem__(self, word: str) -> str:
        return _WORDS[word](self.event)

    def __iter__(self) -> Iterator[str]:
        return iter(_WORDS)

    def __len__(self) -> int:
        return len(_WORDS)


def _detail(event: AuditEvent, *keys: str) -> Any:
    detail = event.detail if isinstance(event.detail, dict) else {}
    return next((detail[key] for key in keys if detail.get(key) not in (None, "", [], {})), None)


def _said(
    event: AuditEvent,
    *keys: str,
    before: str = "",
    after: str = "",
    otherwise: str = "",
) -> str:
    """The first of these details that is there, with what goes before and after it; else the other words."""
    text = one_line(_detail(event, *keys))
    return f"{before}{text}{after}" if text else otherwise


def _method(event: AuditEvent) -> str:
    method = METHODS.get(str(_detail(event, "method")))
    return f" ({method})" if method else ""


def _until(event: AuditEvent) -> str:
    try:
        moment = parse_datetime(str(_detail(event, "until") or ""))
    except ValueError:
        return ""
    return f", until {_last_day(moment)}" if moment else ""


def _last_day(end: datetime) -> str:
    """The last day of a share that ends at this moment: a share ends with its last day, at midnight."""
    local = timezone.localtime(end) if timezone.is_aware(end) else end
    return dateformat.format(local - timedelta(microseconds=1), "j M Y")


def _counted(event: AuditEvent, *keys: str, one: str, many: str) -> str:
    number = _detail(event, *keys)
    if not isinstance(number, int):
        return ""
    return f" ({number:,} {one if number == 1 else many})"


def _rights(event: AuditEvent) -> str:
    changes = []
    for key, verb in (("added", "added"), ("removed", "removed")):
        names = _detail(event, key)
        if isinstance(names, list):
            changes.append(f"{verb} {', '.join(one_line(name).replace('_', ' ') for name in names)}")
    return f": {'; '.join(changes)}" if changes else ""


def _why(event: AuditEvent) -> str:
    why = one_line(_detail(event, "why"))
    return f": {REASONS.get(why, why)}" if why else ""


def _attempt(event: AuditEvent) -> str:
    """The sentence the person read; without it, the name of the page or the action."""
    return _why(event) or _said(event, "what", before=" at ")


def _person(event: AuditEvent) -> str:
    return name_in(_detail(event, "person", "user_label")) or "someone"


def _left(event: AuditEvent) -> str:
    """Whether a member left, was removed or was deactivated."""
    person = _person(event)
    if _detail(event, "inactive"):
        return f"deactivated {person} in"
    return "left" if person == who(event) else f"removed {person} from"


def _changed(event: AuditEvent) -> str:
    person = _person(event)
    return (
        f"reactivated {person} in" if _detail(event, "active") else f"changed the membership of {person} in"
    )


def _joined(event: AuditEvent) -> str:
    """Whether a member accepted an invitation or was added."""
    person = _person(event)
    return "joined" if person == who(event) else f"added {person} to"


_WORDS: dict[str, Callable[[AuditEvent], str]] = {
    "who": who,
    "other": lambda e: one_line(e.other_worklist_label) or "another worklist",
    "with_other": lambda e: f" with {one_line(e.other_worklist_label)}" if e.other_worklist_label else "",
    "place": lambda e: one_line(e.worklist_label) or "a worklist",
    "account": lambda e: one_line(e.account_label) or "the account",
    "person": _person,
    "address": lambda e: _said(e, "address", otherwise="an address"),
    "as_address": lambda e: _said(e, "address", before=" as "),
    "how": lambda e: _said(e, "how", before=" with "),
    "factor": lambda e: _said(e, "factor", before=": "),
    "role": lambda e: _said(e, "role", before="“", after="”", otherwise="of an account"),
    "new_role": lambda e: _said(e, "new_role", before=" with “", after="”"),
    "as_role": lambda e: _said(e, "role", before=" with the role “", after="”"),
    "to_role": lambda e: _said(e, "role", before=" to the role “", after="”"),
    "rights": _rights,
    "method": _method,
    "until": _until,
    "state": lambda e: STATES.get(str(_detail(e, "outcome")), ""),
    "why": _why,
    "found": lambda e: f": {one_line(e.other_worklist_label)}" if e.other_worklist_label else "",
    "images": lambda e: _counted(e, "instances", one="image", many="images"),
    "files": lambda e: _counted(e, "files", one="file", many="files"),
    "lines": lambda e: _counted(e, "lines", one="entry", many="entries"),
    "addresses": lambda e: _counted(e, "addresses", one="address", many="addresses"),
    "filtered": lambda e: ", filtered" if _detail(e, "filters") else "",
    "attempt": _attempt,
    "left": _left,
    "changed": _changed,
    "joined": _joined,
}
