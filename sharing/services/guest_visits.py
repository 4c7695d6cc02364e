"""What the holder of a guest link does: arrives, opens it, and goes on.

An opening counts when it is pressed, never when a URL is read. A try at the password is taken and committed before it
is judged, and given back where it was right: however many try at once, no more than the link's tries are judged.
"""

from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.nouns import counted
from sharing.events import on_guest_link
from sharing.models import GuestLink
from sharing.models.guest_link import MOST_TRIES, GuestLinkQuerySet, State
from sharing.selectors import guest_links
from sharing.services import notices
from sharing.services.guest_ends import end_dead_links
from sharing.services.guest_links import tidied_password


class LinkOver(Exception):
    """The link cannot be opened (any more): `state` says why. A 410."""

    def __init__(self, state: State) -> None:
        super().__init__(str(state))
        self.state = state


class WrongPassword(ValidationError):
    """The sentence for the page, and how many tries the link has left."""

    def __init__(self, tries_left: int) -> None:
        sentence = _("This is not the password. %(tries)s left.") % {"tries": counted(tries_left, "try")}
        super().__init__(sentence, code="password")
        self.tries_left = tries_left


def find(*, token: str) -> GuestLink | None:
    """The link of a URL, whatever its `state`; None where it never was one, or was replaced.

    A link that is found dead is ended for good. Reading it counts nothing.
    """
    named = guest_links.named_by(token)
    return find_named(*named) if named is not None else None


def find_named(uuid: UUID, generation: int) -> GuestLink | None:
    """As `find`, of a URL that was read."""
    link = guest_links.read(uuid, generation)
    return _ended_if_dead(link) if link is not None else None


def open_link(
    *, link: GuestLink, password: str = "", ip_address: str | None = None, recipient: str = ""
) -> Actor:
    """Count an opening and give who acts from then on; `link` comes from `find`.

    A person presses for it; a program says in `recipient` for whom it opens.

    Raises LinkOver, and WrongPassword (an empty password costs no try). Call it outside a transaction.
    """
    state = _state(link)
    if state is not State.OPEN:
        raise LinkOver(state)
    if link.password:
        _judge(link, password, ip_address)
    by = actor_of(link, ip_address)
    detail = {"recipient": recipient} if recipient else {}
    with transaction.atomic():
        counted_now = _openable(link).update(
            openings=F("openings") + 1, last_opened_at=Now(), tries_left=_given_back(link)
        )
        if counted_now:
            now = clock.now()
            record_all(
                event(Action.GUEST_LINK_OPEN, by=by, on=on) for on in on_guest_link(link, at=now, **detail)
            )
            notices.tell_link_used(link=link, now=now)
    if not counted_now:
        # The password was right, and another visitor had the last opening, or the link ended meanwhile.
        _only(link).update(tries_left=_given_back(link))
        raise LinkOver(_state(link))
    return by


def resume(*, link: UUID, generation: int, ip_address: str | None = None) -> Actor | None:
    """Who acts in a visit that began with `open_link`; None where the link is over, which ends the visit too.

    Two statements: each request of the visit asks this. `generation` is the link's when it was opened.
    """
    row = guest_links.read(link, generation)
    if row is None or not _ended_if_dead(row).state.lets_visits_go_on:
        return None
    return actor_of(row, ip_address)


def actor_of(link: GuestLink, ip_address: str | None = None) -> Actor:
    """The link as who acts, with the placements that it shows now."""
    return Actor.guest(guest_links.acting_link(link), ip_address=ip_address)


def _ended_if_dead(link: GuestLink) -> GuestLink:
    if link.state in (State.EXPIRED, State.NO_STUDY, State.NO_RIGHT):
        end_dead_links(only=[link.pk])
    return link


def _state(link: GuestLink) -> State:
    return GuestLink.objects.with_facts().get(pk=link.pk).state


def _only(link: GuestLink) -> GuestLinkQuerySet:
    return GuestLink.objects.filter(pk=link.pk)


def _openable(link: GuestLink) -> GuestLinkQuerySet:
    """The link, while an opening is left and it has not ended."""
    left = Q(most_openings=None) | Q(openings__lt=F("most_openings"))
    return _only(link).filter(left, ended_at=None, expires_at__gt=Now(), generation=link.generation)


def _given_back(link: GuestLink) -> Combinable:
    """With the try that a right password took; a link without a password took none."""
    return F("tries_left") + 1 if link.password else F("tries_left")


def _judge(link: GuestLink, password: str, ip_address: str | None) -> None:
    """Take a try, commit, and compare; raises LinkOver where none is left, and WrongPassword."""
    password = tidied_password(password)
    if not password:
        raise ValidationError(
            _("Enter the password."), code="empty", params={"tries_left": MOST_TRIES - link.wrong_tries}
        )
    with transaction.atomic(durable=True):
        taken = _openable(link).filter(tries_left__gt=0).update(tries_left=F("tries_left") - 1)
    if not taken:
        raise LinkOver(_state(link))
    if not check_password(password, link.password):
        raise WrongPassword(_note_wrong(link, ip_address))


@transaction.atomic
def _note_wrong(link: GuestLink, ip_address: str | None) -> int:
    """Record a wrong try, and end the link with the last; how many are left."""
    _only(link).update(wrong_tries=F("wrong_tries") + 1)
    row = _only(link).with_names().select_for_update(of=("self",), no_key=True).get()
    now, by = clock.now(), actor_of(link, ip_address)
    refused = [
        event(Action.GUEST_LINK_REFUSED, by=by, on=on, outcome="refused") for on in on_guest_link(row, at=now)
    ]
    if row.wrong_tries >= MOST_TRIES and row.ended_at is None:
        row.ended_at, row.end_reason = now, GuestLink.EndReason.PASSWORD
        row.save(update_fields=["ended_at", "end_reason"])
        why = on_guest_link(row, at=now, why=str(row.end_reason))
        refused += [event(Action.GUEST_LINK_LAPSE, by=by, on=on) for on in why]
    record_all(refused)
    return MOST_TRIES - row.wrong_tries
