"""Recipients, notes and dates of a share, and the rows that people pick."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common.email_lists import emails_in
from common.form_errors import add_refusal
from common.text import identity, identity_of_code, uuids
from sharing.dates import LATEST
from sharing.forms.urgent import UrgentFields
from sharing.limits import MOST_NOTE, note_too_long
from sharing.models import Method
from sharing.targets import Target

# Between several codes; a space belongs to a code.
_BETWEEN_CODES = re.compile(r"[,;\n\r\t]+")
_SALT = "sharing.read-back"
_EMAIL_SALT = "sharing.typed-twice"
_PRESS_SALT = "sharing.press"


@dataclass
class Picked:
    """The recipients as the form carries them, and the unfinished text in its fields.

    A code that was read back travels with its name, signed, so that it is looked up once. `codes` maps a code to that
    name, empty where it was not looked up. `typed_twice` are signed likewise; `confirmed` are the emails that are meant
    although they look like others.
    """

    locations: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    physicians: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    find: str = ""
    new_codes: str = ""
    new_emails: str = ""
    new_emails_again: str = ""
    typed_twice: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, data: QueryDict) -> "Picked":
        picked = cls(
            locations=_each(data, "location"),
            groups=_each(data, "group"),
            physicians=_each(data, "physician") + _each(data, "add_physician"),
            codes=dict(_named(code) for code in _each(data, "code")),
            emails=[identity(_storable(email)) for email in _each(data, "email")],
            find=data.get("find", ""),
            new_codes=data.get("new_code", ""),
            new_emails=_text(data, "new_email"),
            new_emails_again=_text(data, "new_email_again"),
            typed_twice={email for email in map(_unsealed_email, _each(data, "email_twice")) if email},
            confirmed={identity(email) for email in _each(data, "confirmed")},
        )
        for recipient in _each(data, "again"):
            picked.add(*recipient.partition(":")[::2])
        picked._drop(data.get("drop", ""))
        return picked

    def add(self, method: str, value: str) -> None:
        """A recipient that is offered as one of the latest; a code is read back like one that was typed."""
        if method == Method.CODE:
            self.codes.setdefault(value, "")
            return
        several: dict[str, list[str]] = {
            Method.LOCATION: self.locations,
            Method.GROUP: self.groups,
            Method.PHYSICIAN: self.physicians,
            Method.EMAIL: self.emails,
        }
        value = identity(_storable(value)) if method == Method.EMAIL else value
        if method in several and value not in several[method]:
            several[method].append(value)

    def _drop(self, which: str) -> None:
        """`physician:…`, `code:…` or `email:…`: a chip that was removed."""
        kind, _, value = which.partition(":")
        if kind == "code":
            self.codes.pop(value, None)
        elif kind in ("physician", "email"):
            name = f"{kind}s"
            setattr(self, name, [kept for kept in getattr(self, name) if kept != value])

    def typed_codes(self) -> list[str]:
        return [code.strip() for code in _BETWEEN_CODES.split(self.new_codes) if code.strip()]

    def typed_emails(self) -> list[str]:
        return emails_in(self.new_emails)

    def typed_emails_again(self) -> list[str]:
        return emails_in(self.new_emails_again)

    @property
    def has_unchecked(self) -> bool:
        """Whether a code or an email was typed and not yet read back: nothing typed is shared before it was."""
        return bool(self.typed_codes() or self.typed_emails() or self.typed_emails_again())

    def targets(self) -> list[Target]:
        """Everything picked and read back, as the service takes it."""
        picked: list[tuple[Method, Iterable[str]]] = [
            (Method.LOCATION, self.locations),
            (Method.GROUP, self.groups),
        ]
        targets = [Target(method, value) for method, values in picked for value in values]
        targets += [
            Target(
                Method.EMAIL,
                email,
                is_typed_twice=email in self.typed_twice,
                is_confirmed=email in self.confirmed,
            )
            for email in self.emails
        ]
        targets += [Target(Method.CODE, code, is_read_back=bool(name)) for code, name in self.codes.items()]
        targets += [_physician(value) for value in self.physicians]
        order = list(Method)
        return sorted(targets, key=lambda target: order.index(target.method))

    @property
    def number(self) -> int:
        return len({(target.method, _same(target)) for target in self.targets()})


def sealed(code: str, name: str) -> str:
    """A code with the name it was read back as, for a form field."""
    return signing.dumps([code, name], salt=_SALT)


def sealed_email(email: str) -> str:
    """An email that was typed twice, for a form field."""
    return signing.dumps(email, salt=_EMAIL_SALT)


def _unsealed_email(value: str) -> str:
    try:
        return str(signing.loads(value, salt=_EMAIL_SALT))
    except signing.BadSignature:
        return ""


def sealed_press(press: UUID, person: int) -> str:
    """The uuid that the next press of this person gets, for a form field: only they can use it."""
    return signing.dumps([str(press), person], salt=_PRESS_SALT)


def press_of(data: QueryDict, person: int) -> UUID:
    """The uuid that the form carries for its press; a new one where it carries none of this person's."""
    try:
        press, owner = signing.loads(data.get("press", ""), salt=_PRESS_SALT)
        return UUID(press) if owner == person else uuid4()
    except (signing.BadSignature, ValueError, TypeError):
        return uuid4()


def _named(value: str) -> tuple[str, str]:
    try:
        code, name = signing.loads(value, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return value, ""
    return code, name


def _each(data: QueryDict, name: str) -> list[str]:
    return [value for value in dict.fromkeys(sent.strip() for sent in data.getlist(name)) if value]


def _text(data: QueryDict, name: str) -> str:
    return _storable(data.get(name, ""))


def _storable(text: str) -> str:
    """Without the one character that the database takes in no text."""
    return text.replace("\x00", "")


def _physician(value: str) -> Target:
    """`person` or `person:account`, as a chip carries it."""
    person, _, account = value.partition(":")
    known = uuids([account])
    return Target(Method.PHYSICIAN, person, known[0] if known else None)


def _same(target: Target) -> str:
    return identity_of_code(target.value) if target.method == Method.CODE else identity(target.value)


DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
NOT_A_DATE = gettext_lazy("Enter the date as day, month and year, such as 24 Nov 2026.")


class ShareForm(UrgentFields):
    """The note, the end date and the urgency; the recipients are picked beside it."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=format_lazy(
            gettext_lazy("Recipients see this with the studies. Up to {most} characters."),
            most=f"{MOST_NOTE:,}",
        ),
    )
    until = forms.DateField(
        label=gettext_lazy("End date"),
        required=False,
        input_formats=DATE_FORMATS,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day recipients can see it. Leave empty for no end date."),
        error_messages={"invalid": NOT_A_DATE},
    )

    def given(self) -> dict[str, Any]:
        """As `share_studies` takes it."""
        filled = self.cleaned_data
        return {"note": filled["note"], "expires_at": filled["until"], "open_by": filled["deadline"]}

    def refuse(self, refusal: ValidationError) -> None:
        add_refusal(self, refusal)

    def clean_note(self) -> str:
        note = self.cleaned_data["note"].replace("\r\n", "\n").strip()
        if len(note) > MOST_NOTE:
            raise ValidationError(note_too_long(len(note)))
        return note

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until > LATEST:
            raise ValidationError(_("This date is too far in the future. Leave it empty for no end date."))
        return until


RECORDED = gettext_lazy("Recorded in the audit trail. Do not include anything that identifies the patient.")


class MoveForm(forms.Form):
    """Why a study's original is moved."""

    why = forms.CharField(
        label=gettext_lazy("Why are you moving this study?"),
        max_length=500,
        error_messages={"required": gettext_lazy("Say why you are moving the study.")},
        help_text=RECORDED,
    )


class DeleteForm(forms.Form):
    """Why a study is deleted at home."""

    why = forms.CharField(
        label=gettext_lazy("Why are you deleting this study?"),
        max_length=500,
        error_messages={"required": gettext_lazy("Say why you are deleting the study.")},
        help_text=RECORDED,
    )


NO_SUCH_PAGE = gettext_noop("That page no longer exists. These are the newest entries.")


class NoSuchCursor(ValidationError):
    """A page's URL whose position in the list cannot be read."""


def cursor(data: QueryDict) -> dict[str, Any]:
    """`before` or `after` of a page's URL, as the selectors take them."""
    position: dict[str, Any] = {}
    for name in ("before", "after"):
        if text := data.get(name, ""):
            try:
                position[name] = UUID(text)
            except ValueError:
                raise NoSuchCursor(_(NO_SUCH_PAGE)) from None
    return position
