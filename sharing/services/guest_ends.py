"""Guest links end with what they depend on: in the transaction that takes it away, and by the clock each minute."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least

from audit import clock
from audit.actions import Action
from audit.actor import SYSTEM
from audit.services import event, record_all
from sharing.events import on_guest_links
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import State

Reason = GuestLink.EndReason
REASON_FOR = {State.EXPIRED: Reason.EXPIRED, State.NO_STUDY: Reason.NO_STUDY, State.NO_RIGHT: Reason.NO_RIGHT}
SWEEP = 500


def end_links_of(studies: Collection[int]) -> int:
    """End for good the links that show one of these studies and lost what they depend on; how many.

    For the service that took a placement away, in its transaction: it holds the locks of the studies.
    """
    named = GuestLinkStudy.objects.filter(study__in=studies)
    dead = GuestLink.objects.dead().with_names().filter(pk__in=named.values("link"))
    rows = list(dead.order_by("pk").select_for_update(of=("self",), no_key=True))
    _end(rows)
    return len(rows)


def end_links_without_right(
    *, account: int | None, worklists: Collection[int] = (), users: Collection[int] = ()
) -> int:
    """End for good the links whose makers may no longer make any on their worklists; how many.

    For the services that take rights away, in their transactions (`worklists.access.rights_were_lost`): among the links
    on these worklists and of these makers, as far as they are given. No study is locked after this.
    """
    dead = GuestLink.objects.without_right().with_names()
    if account is not None:
        dead = dead.filter(worklist__account=account)
    if worklists:
        dead = dead.filter(worklist__in=worklists)
    if users:
        dead = dead.filter(made_by__in=users)
    rows = list(dead.order_by("pk").select_for_update(of=("self",), no_key=True))
    _end(rows)
    return len(rows)


@transaction.atomic
def end_dead_links(*, only: Iterable[int] | None = None) -> int:
    """End for good the links whose time, studies or maker's right are gone; how many. `only`: among these keys.

    No page depends on it: a link that has lost these opens nothing even before this runs. At most a few hundred a call.
    """
    dead = GuestLink.objects.dead().with_names()
    if only is not None:
        dead = dead.filter(pk__in=only)
    rows = list(dead.order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)[:SWEEP])
    _end(rows)
    return len(rows)


def _end(links: Collection[GuestLink]) -> None:
    if not links:
        return
    now = clock.now()
    by_reason: dict[Reason, list[int]] = {}
    for link in links:
        by_reason.setdefault(REASON_FOR[link.state], []).append(link.pk)
        link.end_reason = REASON_FOR[link.state]
    for reason, keys in by_reason.items():
        ended = GuestLink.objects.filter(pk__in=keys)
        ended.update(ended_at=Least(F("expires_at"), Value(now)), end_reason=reason)
    whys = {link.pk: {"why": str(link.end_reason)} for link in links}
    record_all(event(Action.GUEST_LINK_LAPSE, by=SYSTEM, on=on) for on in on_guest_links(links, whys, at=now))
