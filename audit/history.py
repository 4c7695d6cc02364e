"""An event as a sentence, and the group its action belongs to.

Sentences are plain text built from the event's own labels and detail, so they stay the same after the rows that they
name are gone; templates escape them. An event may lack any of it: every word then has other text or none.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import dateformat, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import Action
from audit.models import AuditEvent
from audit.sentences import (
    DIALOGS,
    IN_FRONT,
    MEMBERSHIP_STATES,
    METHODS,
    NOTED,
    NOTES,
    OTHERWISE,
    PAGES,
    REASONS,
    SENTENCES,
    STATES,
)
from audit.study_changes import changes_in_words
from audit.urgent_words import urgent, was_urgent
from common import formats
from common.nouns import counted
from common.text import one_line

# Group key: its name in a filter, and the prefixes of the actions in it. An action is in the first group that fits.
CATEGORIES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "audit": (gettext_lazy("Audit trail"), ("audit:",)),
    "refusals": (
        gettext_lazy("Refusals"),
        ("platform:deed:refuse", "study:share:refuse", "study:upload:refuse", "study:instances:refuse"),
    ),
    "sharing": (gettext_lazy("Sharing"), ("study:share:", "study:link:", "study:placement:")),
    "views": (
        gettext_lazy("Viewing"),
        (
            "study:study:open",
            "study:images:",
            "study:image:",
            "study:study:download",
            "study:download:",
            "study:access:",
            "study:dialog:",
            "study:upload:open",
            "study:sending:list",
            "worklist:studies:",
            "worklist:shares:",
            "account:directory:",
            "account:register:",
            "account:administration:",
            "account:invitation:list",
        ),
    ),
    "study": (gettext_lazy("The study itself"), ("study:",)),
    "invitations": (gettext_lazy("Invitations"), ("account:invitation:",)),
    "sign_in": (
        gettext_lazy("Sign-in"),
        (
            "account:session:",
            "account:password:",
            "account:factor:",
            "account:address:",
            "account:token:",
        ),
    ),
    "people": (gettext_lazy("People and roles"), ("account:", "worklist:member:", "worklist:mail:")),
    "worklists": (gettext_lazy("Worklists"), ("worklist:",)),
}


def sentence(event: AuditEvent) -> str:
    """What happened, in one line of plain text. An action of another version is named by its code."""
    try:
        action = Action(event.action)
    except ValueError:
        return f"{who(event)}: {one_line(event.action)}"
    words = _Words(event)
    if otherwise := OTHERWISE.get((action, event.outcome)):
        return _(otherwise).format_map(words)
    filled = _(SENTENCES[action]).format_map(words)
    in_front = IN_FRONT.get(event.outcome)
    return _(in_front).format(sentence=filled) if in_front else filled


def category(event: AuditEvent) -> str:
    """The key of the group in `CATEGORIES` that the event's action belongs to."""
    return category_of(event.action)


def category_of(action: str) -> str:
    for key, (_title, prefixes) in CATEGORIES.items():
        if action.startswith(prefixes):
            return key
    return "study"


def actions_in(key: str) -> list[Action]:
    return [action for action in Action if category_of(action) == key]


def who(event: AuditEvent) -> str:
    """The person's name, without the email that follows it in the label."""
    return name_in(event.by_label) or _("Someone")


def name_in(label: object) -> str:
    return _parts(label)[0]


def email_in(label: object) -> str:
    return _parts(label)[1]


def _parts(label: object) -> tuple[str, str]:
    """`Ana Obi <ana@example.org>` as name and email; any other text is a name."""
    text = one_line(label)
    name, _separator, email = text.rpartition(" <")
    return (name, email[:-1]) if name and email.endswith(">") else (text, "")


def mark(event: AuditEvent) -> str:
    """What tells a person from others in every trail, whatever they call themselves; empty for who is no user."""
    return f"P{event.by_id}" if event.by_id is not None else ""


def action_label(event: AuditEvent) -> str:
    """The action's short name, as in the filters; a membership that became inactive or active again is named so."""
    if event.action in MEMBERSHIP_STATES:
        key, label = MEMBERSHIP_STATES[event.action]
        if _detail(event, key):
            return _(label)
    try:
        return str(Action(event.action).label)
    except ValueError:
        return one_line(event.action)


class _Words(Mapping[str, str]):
    """The words of one event, each made when the sentence has a place for it."""

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


def _in(pattern: str, text: object, otherwise: str = "") -> str:
    """The pattern with the text in the place of `{}`; the other words where there is no text."""
    line = one_line(text)
    return pattern.format(line) if line else otherwise


def _method(event: AuditEvent) -> str:
    method = METHODS.get(str(_detail(event, "method")))
    return f" ({_(method)})" if method else ""


def _until(event: AuditEvent) -> str:
    moment = _moment(event, "until")
    return _(", until {}").format(_last_day(moment)) if moment else ""


def _before(event: AuditEvent) -> str:
    """The end date and urgency of a share before it changed, and whether its note did; an event may have neither."""
    detail = event.detail if isinstance(event.detail, dict) else {}
    changes = []
    if detail.get("was_until", detail.get("until")) != detail.get("until"):
        moment = _moment(event, "was_until")
        changes.append(_("before: {}").format(_last_day(moment)) if moment else _("before: no end date"))
    if "was_open_by" in detail:
        changes.append(was_urgent(_moment(event, "was_open_by")))
    if (note := str(_detail(event, "note"))) in NOTES:
        changes.append(_(NOTES[note]))
    return f" ({'; '.join(changes)})" if changes else ""


def _confirmed(event: AuditEvent) -> str:
    asked = _("; confirmed when asked, since it looks like another email")
    return asked if _detail(event, "confirmed") else ""


def _moment(event: AuditEvent, key: str) -> datetime | None:
    try:
        return parse_datetime(str(_detail(event, key) or ""))
    except ValueError:
        return None


def _last_day(end: datetime) -> str:
    """The last day of a share that ends at this moment: a share ends with its last day, at midnight."""
    local = timezone.localtime(end) if timezone.is_aware(end) else end
    return dateformat.format(local - timedelta(microseconds=1), "j M Y")


def _number(event: AuditEvent, key: str, words: Callable[[int], str]) -> str:
    number = _detail(event, key)
    return f" ({words(number)})" if isinstance(number, int) else ""


def _rights(event: AuditEvent) -> str:
    changes = []
    for key, pattern in (("added", _("added {}")), ("removed", _("removed {}"))):
        names = _detail(event, key)
        if isinstance(names, list):
            changes.append(pattern.format(", ".join(one_line(name).replace("_", " ") for name in names)))
    return f": {'; '.join(changes)}" if changes else ""


def _why(event: AuditEvent) -> str:
    why = one_line(_detail(event, "why"))
    return f": {_(REASONS[why]) if why in REASONS else why}" if why else ""


def _again(event: AuditEvent) -> str:
    """The number of a burst, in the event that closes it."""
    again = _detail(event, "again")
    if not isinstance(again, int):
        return ""
    last = _("until {}").format(formats.moment(_detail(event, "until")))
    return f" ({counted(again, 'more time')}, {last})"


def _person(event: AuditEvent) -> str:
    return name_in(_detail(event, "person", "user_label")) or _("someone")


def _left(event: AuditEvent) -> str:
    """Whether a member left, was removed or was deactivated."""
    person = _person(event)
    if _detail(event, "inactive"):
        return _("deactivated {} in").format(person)
    return _("left") if person == who(event) else _("removed {} from").format(person)


def _changed(event: AuditEvent) -> str:
    pattern = _("reactivated {} in") if _detail(event, "active") else _("changed the membership of {} in")
    return pattern.format(_person(event))


def _joined(event: AuditEvent) -> str:
    """Whether a member accepted an invitation or was added."""
    person = _person(event)
    return _("joined") if person == who(event) else _("added {} to").format(person)


def _of_person(event: AuditEvent) -> str:
    """Of whom, where that is another person than the person who acts."""
    person = _person(event)
    return "" if person == who(event) else _(" of {}").format(person)


def _for_worklists(event: AuditEvent) -> str:
    names = _detail(event, "worklists")
    return _(" for {}").format(", ".join(map(one_line, names))) if isinstance(names, list) else ""


_WORDS: dict[str, Callable[[AuditEvent], str]] = {
    "who": who,
    "other": lambda e: one_line(e.other_worklist_label) or _("another worklist"),
    "with_other": lambda e: _in(_(" with {}"), e.other_worklist_label),
    "place": lambda e: one_line(e.worklist_label) or _("a worklist"),
    "account": lambda e: one_line(e.account_label) or _("the account"),
    "person": _person,
    "email": lambda e: one_line(_detail(e, "address")) or _("an address"),
    "as_email": lambda e: _in(_(" as {}"), _detail(e, "address")),
    "urgent": lambda e: urgent(_moment(e, "open_by")),
    "notified": lambda e: _("; a contact of the worklist was notified") if _detail(e, "contacts") else "",
    "how": lambda e: _in(_(" with {}"), _detail(e, "how")),
    "factor": lambda e: _in(": {}", _detail(e, "factor")),
    "token": lambda e: _in(_(" “{}”"), _detail(e, "token_name")),
    "sender": lambda e: _in(_(" “{}”"), _detail(e, "sender_name")),
    "shares": lambda e: _number(e, "shares", lambda number: counted(number, "share")),
    "from_person": lambda e: one_line(_detail(e, "from_person")) or _("someone"),
    "rule": lambda e: _in(_(": {}"), _detail(e, "rule")),
    "destination": lambda e: _in(_(" “{}”"), _detail(e, "destination_name")),
    "link": lambda e: _in(_(" “{}”"), _detail(e, "link")),
    "links": lambda e: _number(e, "links", lambda number: counted(number, "guest link")),
    "authoriser": lambda e: _in(_(" of {}"), name_in(_detail(e, "authoriser"))),
    "of_person": _of_person,
    "for_worklists": _for_worklists,
    "role": lambda e: _in(_("“{}”"), _detail(e, "role"), otherwise=_("of an account")),
    "new_role": lambda e: _in(_(" with “{}”"), _detail(e, "new_role")),
    "new_name": lambda e: _in(_(" to “{}”"), _detail(e, "new_name")),
    "old_name": lambda e: _in(_(", before: “{}”"), _detail(e, "old_name")),
    "as_role": lambda e: _in(_(" with the role “{}”"), _detail(e, "role")),
    "to_role": lambda e: _in(_(" to the role “{}”"), _detail(e, "role")),
    "rights": _rights,
    "method": _method,
    "until": _until,
    "before": _before,
    "confirmed": _confirmed,
    "state": lambda e: _(STATES[state]) if (state := str(_detail(e, "outcome"))) in STATES else "",
    "why": _why,
    "changes": lambda e: changes_in_words(_detail(e, "changes")),
    "reason": lambda e: _in(_("; reason: {}"), _detail(e, "why")),
    "place_of_code": lambda e: _in(": {}", e.other_worklist_label),
    "images": lambda e: _number(e, "instances", lambda number: counted(number, "image")),
    "deidentified": lambda e: (
        _(", without what identifies the patient") if _detail(e, "deidentified") else ""
    ),
    "before_approval": lambda e: (
        _(" before deciding on its approval") if _detail(e, "before_approval") else ""
    ),
    "noted": lambda e: _(NOTED.get(str(_detail(e, "number")), NOTED["changed"])),
    "going_on": lambda e: _(", where it had broken off") if _detail(e, "from_byte") else "",
    "whole": lambda e: _("rest of the") if _detail(e, "from_byte") else _("whole"),
    "files": lambda e: _number(e, "files", lambda number: counted(number, "file")),
    "lines": lambda e: _number(e, "lines", lambda number: counted(number, "entry")),
    "emails": lambda e: _number(e, "addresses", lambda number: counted(number, "address")),
    "studies": lambda e: _number(e, "studies", lambda number: counted(number, "study")),
    "dialog": lambda e: (
        _(DIALOGS[dialog]) if (dialog := str(_detail(e, "dialog"))) in DIALOGS else _("a dialog")
    ),
    "page": lambda e: _(PAGES[page]) if (page := str(_detail(e, "page"))) in PAGES else _("a page"),
    "as_csv": lambda e: _(", as a CSV file") if _detail(e, "file") == "csv" else "",
    "to_print": lambda e: _(", to print") if _detail(e, "file") == "print" else "",
    "then": lambda e: (
        _(", as it was on {}").format(formats.moment(moment)) if (moment := _moment(e, "moment")) else ""
    ),
    "filtered": lambda e: _(", filtered") if _detail(e, "filters") else "",
    # The sentence the person read; without it, the name of the page or the action.
    "attempt": lambda e: (_why(e) or _in(_(" at {}"), _detail(e, "what"))) + _again(e),
    "again": _again,
    "left": _left,
    "changed": _changed,
    "joined": _joined,
}
