"""The name of an account: what it may be, and that the platform confirms it. Until then the name before is shown."""

import re
from datetime import timedelta

import idna
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, OutboxMail, User
from accounts.services.outbox import queue_mails
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.lookalikes import mixed_word, skeleton
from common.names import check_name_is_free, tidy_identity
from common.person_names import is_reserved
from common.text import tidy_text
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.common import locked

NAME_TAKEN = gettext_noop("There is already an account named “%(name)s”. Choose another name.")

MEANWHILE = gettext_noop(
    "The name that waits to be confirmed was changed meanwhile. Read it and decide again."
)
# An account that asks for one name after another has no more mails of it than this within a day.
MOST_MAILS = 3

# Of a domain in its ASCII form: two parts at least, letters in the last.
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def tidied_account_name(name: str) -> str:
    return tidy_identity(name, what=_("An account's name"), longest=200)


def check_account_name(name: str, *, but: Account | None = None) -> None:
    """Raises the sentence for a tidied name that is another account's, or that people could take for it.

    Names identify accounts to people of other accounts, who see a name beside a share code.
    """
    if is_reserved(name):
        raise ValidationError(
            _("This name is kept for the site itself. Choose another name."), code="reserved"
        )
    others = Account.objects.exclude(pk=but.pk) if but is not None else Account.objects.all()
    check_name_is_free(name, others, _(NAME_TAKEN))
    alike = skeleton(name)
    for other in others.order_by("pk").values_list("name", flat=True):
        if skeleton(other) == alike:
            sentence = _("“%(name)s” looks like the account “%(other)s”. Choose another name.")
            raise ValidationError(sentence % {"name": name, "other": other}, code="alike")
    if word := mixed_word(name):
        sentence = _("“%(word)s” mixes letters of different scripts. Write each word in one script.")
        raise ValidationError(sentence % {"word": word}, code="mixed")


@transaction.atomic
def confirm_account(
    *, account: Account, by: Actor, domain: str, town: str, asked: str | None = None
) -> Account:
    """The platform has checked whose account this is: the name that was asked for, if any, is its name from now on.

    `asked` is the name that was read: a name that was asked for after it is not confirmed. Domain and town are shown
    beside the name where another account reads back a share code.
    """
    check_administers(by, None)
    account = locked(account)
    was = account.name
    if asked is not None and asked != account.name_asked_for:
        raise ValidationError(_(MEANWHILE), code="meanwhile")
    if account.name_asked_for:
        check_account_name(account.name_asked_for, but=account)
        account.name, account.name_asked_for = account.name_asked_for, ""
    account.domain, account.town = tidied_domain(domain), _tidied_town(town)
    account.name_confirmed_at = clock.now()
    fields = ["name", "identity", "name_asked_for", "name_confirmed_at", "domain", "town"]
    account.save(update_fields=fields)
    detail = {"new_name": account.name, "domain": account.domain, "town": account.town}
    if was != account.name:
        detail["old_name"] = was
    record(Action.ACCOUNT_NAME_CONFIRM, by=by, on=on_account(account, **detail))
    return account


@transaction.atomic
def decline_account_name(*, account: Account, by: Actor, why: str = "") -> Account:
    """The account keeps its name; the name that was asked for is gone."""
    check_administers(by, None)
    account = locked(account)
    declined = account.name_asked_for
    if not declined:
        raise ValidationError(_("No other name of this account waits to be confirmed."), code="none")
    why = tidy_text(why, what=_("A reason"), longest=300, may_be_empty=True)
    account.name_asked_for = ""
    account.save(update_fields=["name_asked_for"])
    record(Action.ACCOUNT_NAME_DECLINE, by=by, on=on_account(account, new_name=declined, why=why))
    return account


def ask_for_name(account: Account, name: str, by: Actor) -> None:
    """Keep a name until the platform confirms it; the account's present name takes the request back.

    A part of `change_account`, which holds the account and has asked for the right.
    """
    asked, was = "" if name == account.name else name, account.name_asked_for
    if asked == was:
        return
    account.name_asked_for = asked
    account.save(update_fields=["name_asked_for"])
    action = Action.ACCOUNT_NAME_ASK if asked else Action.ACCOUNT_NAME_DECLINE
    record(action, by=by, on=on_account(account, new_name=asked or was))
    if asked and not was:
        _tell_superusers(account)


def _tell_superusers(account: Account) -> None:
    """One mail for a name that waits, written from the name of the moment at which it is sent."""
    mails = OutboxMail.objects.filter(kind="account_name_waits", data__account=account.pk)
    today = mails.filter(created_at__gt=Now() - timedelta(days=1)).values("recipient")
    enough = today.annotate(number=Count("pk")).filter(number__gte=MOST_MAILS).values("recipient")
    superusers = User.objects.filter(is_superuser=True, is_active=True).exclude(email__in=enough)
    emails = superusers.order_by("pk").values_list("email", flat=True)
    queue_mails(kind="account_name_waits", to=[(email, {"account": account.pk}) for email in emails])


def tidied_domain(typed: str) -> str:
    """In its ASCII form; empty where there is none."""
    domain = typed.strip().rstrip(".").casefold()
    try:
        domain = idna.encode(domain, uts46=True).decode() if domain else ""
    except idna.IDNAError:
        domain = "?"
    if domain and (len(domain) > 253 or not _DOMAIN.fullmatch(domain)):
        raise ValidationError({"domain": _("Enter a domain, such as hospital.example, without a path.")})
    return domain


def _tidied_town(typed: str) -> str:
    try:
        return tidy_text(typed, what=_("A town"), longest=100, may_be_empty=True)
    except ValidationError as error:
        raise ValidationError({"town": error.messages}) from error
