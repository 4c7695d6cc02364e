"""How often a person, and an account as a whole, may look up a code or an email, or have a mail sent again.

Services call these before their transaction begins (see `tallies.consume`), after the check of rights: a refused
request counts nothing. As services call them, no page and no other entry avoids a limit. The site by itself has none.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Invitation, User
from accounts.services import tallies
from audit.actor import Actor, Kind

MB = 1_000_000
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """The most that one person, and an account as a whole, may count within a time."""

    what: str
    person: int
    account: int
    per: timedelta


# A press counts the codes that were not read back before it, and keeps those that it refused.
CODES = Rate("codes", person=20, account=300, per=MINUTE)
# The answer `invited` discloses that an email is not registered (ADR 0004).
EMAILS = Rate("addresses", person=200, account=2000, per=HOUR)
# A guest link, or a new URL for one. A link with an email counts among the emails as well.
LINKS = Rate("guest links", person=60, account=600, per=HOUR)
# Each may have a mail sent to people who did not ask for it.
URGENT = Rate("urgent recipients", person=60, account=600, per=HOUR)
MOST_INVITED = 1000
MOST_MAILS = 100
MOST_MAILS_OF_AN_INVITATION = 5
# Of each its owner has a mail.
MOST_NEW_TOKENS = 20
# Mails a day that new guest links are wanted: one for each link, so many to a person.
MOST_ASKS = 20
# What a person may send to upload addresses in a day.
MOST_SENT_GB = 50
# allauth's own count of them is in the session, where requests at the same time do not see each other's.
MOST_CODE_TRIES = 3
CODE_LIFE = timedelta(minutes=15)

TOO_MANY_CODES = gettext_noop("Too many look-ups. Wait a minute and try again.")
TOO_MANY_CODES_TYPED = gettext_noop("You have tried too many codes. Wait a minute, or generate one.")
TOO_MANY_CODES_TRIED = gettext_noop(
    "You have tried too many share codes. Nothing was shared. Wait a minute and try again."
)
TOO_MANY_EMAILS = gettext_noop(
    "You have entered too many email addresses in the last hour. Nothing was shared. Try again later."
)
TOO_MANY_LINKS = gettext_noop(
    "You have made too many guest links in the last hour. No link was made. Try again later."
)
TOO_MANY_URGENT = gettext_noop(
    "You have marked too much as urgent in the last hour. Nothing was shared or changed. Try again later, or leave "
    "“Urgent” empty."
)


def too_many_invited() -> str:
    sentence = _(
        "You can check or invite at most %(most)s addresses an hour. No one was invited. Try again later."
    )
    return sentence % {"most": f"{MOST_INVITED:,}"}


def too_many_mails() -> str:
    sentence = _("You have resent %(most)s invitations in the last hour. No email was sent. Try again later.")
    return sentence % {"most": MOST_MAILS}


def too_many_mails_of_an_invitation() -> str:
    sentence = _(
        "This invitation has been sent %(most)s times in the last hour. No email was sent. Try again later."
    )
    return sentence % {"most": MOST_MAILS_OF_AN_INVITATION}


def too_many_tokens() -> str:
    sentence = _("You have made %(most)s access tokens in the last hour. Try again later.")
    return sentence % {"most": MOST_NEW_TOKENS}


def may_look_up(*, by: Actor, account: int | None) -> bool:
    """Count a code, looked up or tried on a form; False where the limit is reached. `account` is its key."""
    return _consume(CODES, by, account, 1)


def count_codes(*, by: Actor, account: int | None, codes: int) -> None:
    """Count codes before they are tried, all or none; raises ValidationError where they exceed the limit.

    They are counted first and the known codes given back after, so that presses at the same time share the limit.
    """
    if not _consume(CODES, by, account, codes):
        raise ValidationError(_(TOO_MANY_CODES_TRIED), code="limited")


def give_back_codes(*, by: Actor, account: int | None, codes: int) -> None:
    """Take back the codes of `count_codes` that turned out to be known."""
    if by.kind is not Kind.SYSTEM:
        for key, _limit in _keys(CODES, by, account):
            tallies.give_back(key=key, amount=codes, per=CODES.per)


def count_emails(*, by: Actor, account: int | None, emails: int) -> None:
    """Count the emails of one press, all or none; raises ValidationError where they exceed the limit."""
    if not _consume(EMAILS, by, account, emails):
        raise ValidationError(_(TOO_MANY_EMAILS), code="limited")


def count_guest_link(*, by: Actor, account: int | None) -> None:
    """Count a guest link, or a new URL for one, before it is made; raises as `count_emails`."""
    if not _consume(LINKS, by, account, 1):
        raise ValidationError(_(TOO_MANY_LINKS), code="limited")


def count_urgent(*, by: Actor, account: int | None, recipients: int) -> None:
    """Count the recipients of an urgent press or change, all or none; raises as `count_emails`."""
    if not _consume(URGENT, by, account, recipients):
        raise ValidationError(_(TOO_MANY_URGENT), code="limited")


def count_typed_code(*, by: Actor, account: int | None) -> None:
    """Count a code that is typed for a worklist, which discloses whether it is taken; raises as `count_emails`."""
    if not may_look_up(by=by, account=account):
        raise ValidationError({"share_code": ValidationError(_(TOO_MANY_CODES_TYPED), code="limited")})


def count_invited(*, by: Actor, emails: int) -> None:
    """Count emails to invite to an account, checked or invited, all or none; raises as `count_emails`."""
    if by.kind is Kind.SYSTEM:
        return
    key = f"invitations checked by person {by.person.pk}"
    if not tallies.consume(key=key, amount=emails, limit=MOST_INVITED, per=HOUR):
        raise ValidationError(too_many_invited(), code="limited")


def count_mail(*, invitation: Invitation, by: Actor) -> None:
    """Count a mail of an invitation; raises ValidationError where the limit is reached."""
    if by.kind is Kind.SYSTEM:
        return
    # The person first: a refused person counts nothing against the invitation's limit, which others share.
    if not tallies.consume(key=f"mails again by person {by.person.pk}", amount=1, limit=MOST_MAILS, per=HOUR):
        raise ValidationError(too_many_mails(), code="limited")
    key = f"mails again of invitation {invitation.pk}"
    if not tallies.consume(key=key, amount=1, limit=MOST_MAILS_OF_AN_INVITATION, per=HOUR):
        raise ValidationError(too_many_mails_of_an_invitation(), code="limited")


def may_ask_for_link(*, link: int, maker: int) -> bool:
    """Count a mail to the maker of a guest link that a new one is wanted; False where the limit is reached.

    `link` and `maker` are keys. The link first: asked again and again, it counts nothing against its maker's limit.
    """
    asks = [
        (f"asks for another guest link {link}", 1),
        (f"asks for guest links of person {maker}", MOST_ASKS),
    ]
    return all(tallies.consume(key=key, amount=1, limit=limit, per=DAY) for key, limit in asks)


def count_new_token(*, by: Actor) -> None:
    """Count an access token that a person makes; raises ValidationError where the limit is reached."""
    key = f"tokens made by person {by.person.pk}"
    if not tallies.consume(key=key, amount=1, limit=MOST_NEW_TOKENS, per=HOUR):
        raise ValidationError(too_many_tokens(), code="limited")


def too_much_sent() -> str:
    sentence = _("You have sent %(most)s GB in the last day, the most that is taken. Send the rest tomorrow.")
    return sentence % {"most": MOST_SENT_GB}


def count_sent(*, by: Actor, size: int) -> None:
    """Count bytes that a person sends to an upload address; raises ValidationError where the limit is reached."""
    key = f"megabytes sent by person {by.person.pk}"
    if not tallies.consume(key=key, amount=-(-size // MB), limit=MOST_SENT_GB * 1000, per=DAY):
        raise ValidationError(too_much_sent(), code="limited")


def take_code_try(*, user: User) -> bool:
    """Count a try at the code that was mailed to prove an email, before it is compared; False where none is left."""
    return tallies.consume(key=_code_tries(user), amount=1, limit=MOST_CODE_TRIES, per=CODE_LIFE)


def renew_code_tries(*, user: User) -> None:
    """A new code is mailed: it has all its tries."""
    tallies.forget(key=_code_tries(user))


def _code_tries(user: User) -> str:
    return f"tries at a mailed code by person {user.pk}"


def _consume(rate: Rate, by: Actor, account: int | None, amount: int) -> bool:
    if by.kind is Kind.SYSTEM:
        return True
    # The person first: a refused person counts nothing against the account's limit, which others share.
    counts = _keys(rate, by, account)
    return all(tallies.consume(key=key, amount=amount, limit=limit, per=rate.per) for key, limit in counts)


def _keys(rate: Rate, by: Actor, account: int | None) -> list[tuple[str, int]]:
    """What a person's use is counted under, with the limit of each."""
    keys = [(f"{rate.what} of person {by.person.pk}", rate.person)]
    if account is not None:
        keys.append((f"{rate.what} of account {account}", rate.account))
    return keys
