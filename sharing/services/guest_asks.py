"""A new guest link is asked for in place of one that is over: its maker has a mail, and nothing else happens."""

from datetime import timedelta

from django.db import transaction

from accounts.services import limits
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.services import event, record_all
from sharing.events import on_guest_link
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.services.guest_visits import actor_of

# A mail about it that could not be sent for so long is not sent any more.
MAIL_LIFE = timedelta(days=3)


def may_ask(link: GuestLink) -> bool:
    """Whether there is a person to ask: the link's maker, while they could make another. Read it `with_facts`."""
    return link.state is not State.OPEN and link.made_by.is_active and link.facts.maker_may


def ask_for_new_link(*, link: GuestLink, ip_address: str | None = None) -> bool:
    """Mail the link's maker that a new one is wanted; False where they were told a short time ago, or there is no one.

    `link` comes from `selectors.guest_links`. The limit is asked before the transaction.
    """
    if not may_ask(link) or not limits.may_ask_for_link(link=link.pk, maker=link.made_by_id):
        return False
    by = actor_of(link, ip_address)
    with transaction.atomic():
        now = clock.now()
        queue_mail(
            kind="guest_link_asked",
            recipient=link.made_by.email,
            data={"link": link.pk},
            good_until=now + MAIL_LIFE,
        )
        record_all(event(Action.GUEST_LINK_ASK, by=by, on=on) for on in on_guest_link(link, at=now))
    return True
