"""How systems that share images have failed their users, tried from door to database: how long a share lasts."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.mail import NothingToSend
from accounts.models import OutboxMail
from audit import clock as now_of
from audit.models import AuditEvent
from common.days import end_of_day, today_in
from sharing import services
from sharing.mail import study_shared
from sharing.models import GuestLink, Method, Share
from sharing.selectors.notices import notices_of
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import FOREVER
from tests.cast import Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import client_of
from tests.factories import make_study, placement_of
from tests.product.failure_classes import GONE, HIDDEN, end, pages_of, share, statuses, text, to_emergency
from tests.sharing.guests import Visitor, made
from worklists import services as worklists
from worklists.services import change_account, set_life_policies
from worklists.services.life_policies import LifeDays

pytestmark = pytest.mark.django_db


def test_no_way_of_sharing_lasts_longer_than_the_account_allows(cast: Cast) -> None:
    """A second way of sharing skipped the longest life that the first one kept to."""
    lives = {method: LifeDays(10, 10) for method in (*Method.values, "guest_link")}
    set_life_policies(account=cast.northgate, lives=lives, by=acting(cast.adam))
    latest = end_of_day(today_in("Europe/London", now_of.now()) + timedelta(days=10), "Europe/London")
    targets = [
        to_emergency(cast),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.CODE, "RIVERSIDE"),
        Target(Method.EMAIL, "dora@example.net"),
    ]

    report = share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana))
    link = services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))

    ends = [row.share.expires_at for row in report.rows if row.share is not None]
    assert len(ends) == len(Method)
    assert {*ends, link.expires_at} == {latest}


def test_what_is_shared_onward_is_neither_longer_nor_wider(cast: Cast) -> None:
    """What was shared onward outlasted the share that it came by, or gave more than it."""
    first = share(cast, Target(Method.EMAIL, cast.ben.email), expires_at=day_of(5))
    first.refresh_from_db()
    own = placement_of(cast.study, cast.ben.personal_worklist)
    share(cast, Target(Method.CODE, "RIVERSIDE"), by=cast.ben, placement=own.uuid)

    onward = placement_of(cast.study, cast.imaging)
    assert first.expires_at is not None
    assert onward.visible_until == first.expires_at < FOREVER
    assert onward.internal_until < now_of.now(), "onward from an external share is external"
    end(cast, first)
    assert statuses(client_of(cast.caro), pages_of(onward.uuid)) == {HIDDEN}


def test_what_was_withdrawn_is_told_of_no_more(cast: Cast) -> None:
    """A notification went on naming what had been withdrawn, and what waited could not be reached any more."""
    worklists.choose_notices(worklist=cast.emergency, times={"shared_here": "now"}, by=acting(cast.ben))
    first = share(cast)
    ben = client_of(cast.ben)
    [mail] = OutboxMail.objects.filter(kind="study_shared", recipient=cast.ben.email)
    [notice] = notices_of(acting(cast.ben)).lines
    assert "1 study" in notice.sentence

    end(cast, first)

    [notice] = notices_of(acting(cast.ben)).lines
    assert notice.sentence == "This is about a study that you can no longer see."
    assert ben.get(reverse("sharing:received", args=[first.press])).status_code == GONE
    with pytest.raises(NothingToSend):
        study_shared(mail)
    worklists.change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    waiting = share(cast)
    adam = client_of(cast.adam)
    assert str(waiting.uuid) in text(adam.get(reverse("sharing:approvals")))
    end(cast, waiting)
    assert str(waiting.uuid) not in text(adam.get(reverse("sharing:approvals")))


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_last_day_ends_with_the_day_where_the_account_is(cast: Cast, zone: str) -> None:
    """A local time was taken as UTC, and shares ended half a day early or late."""
    change_account(account=cast.northgate, timezone=zone, by=acting(cast.adam))
    cast.northgate.refresh_from_db()
    last = today_in(zone, now_of.now()) + timedelta(days=3)

    made_here = Share.objects.get(pk=share(cast, expires_at=last).pk)

    assert made_here.expires_at == end_of_day(last, zone)
    assert today_in(zone, made_here.expires_at - timedelta(seconds=1)) == last


def test_the_trail_outlives_what_it_names_and_nothing_is_done_without_it(cast: Cast) -> None:
    """Events went with the rows that they named, were written after the fact, or failed without a word."""
    share(cast)
    number = AuditEvent.objects.filter(study_id=cast.study.pk).count()
    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="Wrong patient")
    assert AuditEvent.objects.filter(study_id=cast.study.pk).count() > number

    study = make_study(cast.ct)
    placement = placement_of(study, cast.ct)
    with pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            # The trail takes no more events.
            cursor.execute("CREATE TEMPORARY TABLE audit_auditevent (id bigint CHECK (false))")
        share(cast, placement=placement.uuid)
    assert not Share.objects.filter(study=study).exists()


def test_what_was_sent_can_be_withdrawn_by_who_sent_it(cast: Cast, clock: Any) -> None:
    """A link or a study that had been sent could not be taken back by its sender."""
    visitor, link = Visitor(clock), made(cast)
    visitor.open(link)
    promised = share(cast, Target(Method.EMAIL, "dora@example.net"))
    first = share(cast)

    services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    services.withdraw_press(press=promised.press, by=acting(cast.ana))
    services.withdraw_press(press=first.press, by=acting(cast.ana))

    assert visitor.client.get(f"/guest/{link.uuid}/").status_code == GONE
    assert not Share.objects.filter(ended_at=None).exists()
    assert GuestLink.objects.get(pk=link.pk).ended_by == cast.ana
    promised.refresh_from_db()
    assert promised.invitation is not None
    assert promised.invitation.withdrawn_at is not None
