"""A call of every service about notices and more time, for `service_calls`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction

from audit import clock
from sharing.models import Notice, Share, TimeRequest
from sharing.services import more_time, notice_reads
from sharing.services import reads as sharing_reads
from tests.cast import acting
from tests.everything import World
from tests.factories import placement_of

Call = Callable[[World], Any]


def _ending(w: World, call: Callable[[Share], Any], *, asked: bool = False) -> None:
    """A share with an end, about which more time is asked for or was; all of it in one transaction."""
    with transaction.atomic():
        share = Share.objects.get(pk=w.on_emergency.pk)
        share.expires_at = clock.now() + timedelta(days=5)
        share.save(update_fields=["expires_at"])
        if asked:
            TimeRequest.objects.create(share=share, expires_at=share.expires_at, asked_by=w.cast.ben)
        call(share)


def _ask(w: World, share: Share) -> None:
    more_time.ask_for_time(placement=placement_of(share.study, share.to_worklist).uuid, by=acting(w.cast.ben))


def _grant(w: World, share: Share) -> None:
    until = clock.now().date() + timedelta(days=20)
    more_time.grant_time(share=share.uuid, by=acting(w.cast.ana), until=until)


def _decline(w: World, share: Share) -> None:
    more_time.decline_time(share=share.uuid, by=acting(w.cast.ana))


def _read(w: World, share: Share) -> None:
    sharing_reads.read_time_asked(share=share.uuid, by=acting(w.cast.ana))


def _told() -> Notice:
    """A notice that its reader has not read."""
    return Notice.objects.filter(read_at=None).select_related("user").order_by("pk")[0]


NOTICES: dict[str, Call] = {
    "notice_reads.read_notices": lambda w: notice_reads.read_notices(by=acting(w.cast.ben)),
    "notice_reads.mark_notices": lambda w: notice_reads.mark_notices(by=acting(_told().user)),
    "notice_reads.open_notice": lambda w: notice_reads.open_notice(
        notice=_told().uuid, by=acting(_told().user)
    ),
    "more_time.ask_for_time": lambda w: _ending(w, lambda share: _ask(w, share)),
    "more_time.grant_time": lambda w: _ending(w, lambda share: _grant(w, share), asked=True),
    "more_time.decline_time": lambda w: _ending(w, lambda share: _decline(w, share), asked=True),
    "reads.read_time_asked": lambda w: _ending(w, lambda share: _read(w, share), asked=True),
}
