"""Emails that a press names for the first time: whether they were typed twice, and whether another one was meant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actor import Actor
from common.text import identity
from sharing import permissions, targets
from sharing.limits import MOST_TARGETS
from sharing.models import Method
from sharing.selectors.directory import members_with
from sharing.selectors.history import Emails, History, emails_used, types_emails_twice
from sharing.targets import Target
from sharing.typos import LONGEST_COMPARED, likely_email, look_alike, neighbours
from worklists.models import Worklist


class AnotherMeant(ValidationError):
    """Nothing is shared before these emails are confirmed; `meant` is what each of them looks like."""

    def __init__(self, meant: dict[str, str]) -> None:
        self.meant = meant
        sentence = ngettext(
            "An email address looks like another. Compare them below. "
            "If it is right as typed, confirm it, then share.",
            "%(number)s email addresses look like others. Compare them below. "
            "Confirm those that are right as typed, then share.",
            len(meant),
        )
        super().__init__(sentence % {"number": len(meant)}, code="another_meant")


@dataclass(frozen=True)
class Compared:
    """Of some emails: which were shared with before, and what others were probably meant."""

    used: frozenset[str]
    meant: dict[str, str]


def compare(emails: Collection[str], *, history: History, by: Actor) -> Compared:
    """Compare emails with those that the accounts of a press use. At most two statements, however many emails.

    An email that was shared with before, or that a member proved, is not asked about; a very long one is compared by
    its domain alone.
    """
    if not emails:
        return Compared(frozenset(), {})
    near = {
        email: neighbours(email) if len(email) <= LONGEST_COMPARED else set[str]()
        for email in list(emails)[:MOST_TARGETS]
    }
    known = emails_used({*emails, *chain(*near.values())}, history, by.person)
    meant = {email: other for email in near if email not in known.used and (other := _meant(email, known))}
    for email in members_with(meant, history.accounts):
        del meant[email]
    return Compared(known.used, meant)


def _meant(email: str, known: Emails) -> str:
    close = sorted(other for other in known.frequent if look_alike(email, other))
    return close[0] if close else likely_email(email, known.domains)


def check_emails_of_press(
    wanted: Sequence[Target], *, by: Actor, worklist: Worklist, rights: Collection[str]
) -> frozenset[str]:
    """The emails that look like others and were confirmed by the sharer, for the trail.

    Raises ValidationError where an email must be typed twice, and AnotherMeant. Nothing is counted or written. What is
    no email is refused in its row; without the right to share by email nothing is compared.
    """
    named = {identity(target.value): target for target in wanted if target.method == Method.EMAIL}
    if not named or Method.EMAIL not in permissions.methods_by_role(worklist, rights):
        return frozenset()
    named = {email: target for email, target in named.items() if not targets.refusal_of_email(email, ())}
    compared = compare(named, history=History.of(worklist, by.person), by=by)
    once = [
        email for email, target in named.items() if email not in compared.used and not target.is_typed_twice
    ]
    if once and types_emails_twice(worklist, by.person):
        sentence = _(
            "Remove %(emails)s and type each address twice: your organisation asks for this with new email addresses."
        )
        raise ValidationError(sentence % {"emails": ", ".join(once)}, code="typed_once")
    meant = {email: other for email, other in compared.meant.items() if not named[email].is_confirmed}
    if meant:
        raise AnotherMeant(meant)
    return frozenset(compared.meant)
