"""What happens to people's work when a part of the machine dies under it. Real processes, killed by their ids."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.urls import reverse

from accounts.mail import Message
from accounts.models import OutboxMail
from accounts.services.outbox import CLAIM, queue_written
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from tests.cast import Cast, acting, make_cast
from tests.factories import PASSWORD
from tests.lawful import assert_lawful
from tests.processes import Process, Site, Visitor, eventually, mail, site

__all__ = ["mail", "site"]
pytestmark = [pytest.mark.process, pytest.mark.slow]

AT_ONCE = 3  # seconds a page may take while something behind it is dead


@pytest.fixture
def house(site: Site) -> Cast:
    return make_cast()


def signed_in(site: Site, email: str = "ana@example.org") -> Visitor:
    visitor = Visitor(site.port)
    visitor.sign_in(email, PASSWORD)
    return visitor


def press(visitor: Visitor, cast: Cast, **recipients: Any) -> Any:
    """Share Studies, by the form that the dialog is without script."""
    visitor.get(f"{reverse('sharing:share')}?placement={cast.placement.uuid}")
    return visitor.post(
        reverse("sharing:share_studies"), placement=cast.placement.uuid, note="", until="", **recipients
    )


def invite(cast: Cast, number: int) -> list[str]:
    """So many people with a mail to come, by presses of 20 addresses, which is the most there is."""
    everybody = [f"reader{n}@example.net" for n in range(number)]
    for begin in range(0, number, 20):
        some = [Target(Method.EMAIL, email) for email in everybody[begin : begin + 20]]
        services.share_studies(placements=[cast.placement.uuid], targets=some, by=acting(cast.ana))
    return everybody


def test_with_the_broker_stopped_people_sign_in_and_share_and_every_mail_arrives_later(
    site: Site, house: Cast
) -> None:
    site.web()
    worker, beat = site.worker(), site.beat()
    _ready(site, worker)
    site.services.valkey.stop()

    begun = time.monotonic()
    visitor = signed_in(site)
    answer = press(
        visitor, house, physician=str(house.ben.uuid), email=["dora@example.net", "emil@example.net"]
    )
    took = time.monotonic() - begun

    assert answer.status == 200
    assert Share.objects.filter(study=house.study, ended_at=None).count() == 3
    assert took < 4 * AT_ONCE  # four pages
    assert site.mail.recipients == []
    site.services.valkey.start()
    expected = {"ben@example.org", "dora@example.net", "emil@example.net"}
    eventually(lambda: set(site.mail.recipients) == expected, 60)
    # The server has a mail a moment before the worker notes so.
    eventually(lambda: not OutboxMail.objects.filter(delivered_at=None).exists())
    assert worker.pids
    assert beat.pids
    assert_lawful()


def test_a_worker_whose_broker_goes_in_the_middle_of_a_task_goes_on_when_it_is_back(
    site: Site, house: Cast
) -> None:
    worker = site.worker()
    _ready(site, worker)
    arrived: list[int] = []
    site.mail.takes, site.mail.on_mail = 2, arrived.append
    everybody = invite(house, 3)

    # The first mail has left and the task is at the second: its message is not acknowledged yet.
    eventually(lambda: arrived)
    before = worker.pids
    site.services.valkey.stop()
    eventually(lambda: set(site.mail.recipients) == set(everybody))
    site.services.valkey.start()
    site.beat()
    late = Target(Method.EMAIL, "late@example.net")
    services.share_studies(placements=[house.placement.uuid], targets=[late], by=acting(house.ana))

    eventually(lambda: set(site.mail.recipients) == {*everybody, "late@example.net"}, 60)
    assert worker.pids == before


def test_a_worker_killed_in_the_middle_of_fifty_mails_loses_none(site: Site, house: Cast) -> None:
    killed: list[int] = []
    worker = site.worker()
    _ready(site, worker)
    site.mail.takes = 0.02

    def kill_in_the_middle(number: int) -> None:
        if number == 20:
            killed.append(number)
            worker.kill()

    site.mail.on_mail = kill_in_the_middle
    everybody = invite(house, 50)
    eventually(lambda: killed and not worker.pids)
    left = OutboxMail.objects.filter(delivered_at=None).count()

    site.move_clock(seconds=CLAIM.total_seconds() + 1)
    worker.start()
    site.beat()

    assert 0 < left <= 31
    eventually(lambda: not OutboxMail.objects.filter(delivered_at=None).exists(), 60)
    arrived = Counter(site.mail.recipients)
    assert set(arrived) == set(everybody)
    # What had been sent and not yet been noted goes out again; a worker has a hand for each of its two children.
    assert sum(arrived.values()) <= 50 + 2


def test_a_mail_server_that_refuses_and_then_is_gone_gets_the_mails_later(site: Site, house: Cast) -> None:
    worker = site.worker()
    site.beat()
    _ready(site, worker)
    site.mail.refusing = True
    everybody = invite(house, 5)
    eventually(lambda: OutboxMail.objects.filter(attempts__gte=1).count() == 5)
    site.mail.stop()
    site.move_clock(seconds=11)
    eventually(lambda: OutboxMail.objects.filter(attempts__gte=2).exists())
    assert site.mail.recipients == []

    site.mail.refusing = False
    site.mail.start()
    site.move_clock(seconds=120)

    eventually(lambda: set(site.mail.recipients) == set(everybody), 60)
    eventually(lambda: not OutboxMail.objects.filter(delivered_at=None).exists())


def test_when_postgresql_was_killed_the_same_processes_go_on(site: Site, house: Cast) -> None:
    web, worker = site.web(), site.worker()
    site.beat()
    visitor, page = signed_in(site), reverse("studies:worklist", args=[house.ct.uuid])
    _ready(site, worker)
    before = web.pids, worker.pids
    assert visitor.get(page).status == 200

    site.kill_postgres()
    assert visitor.get(page).status >= 500
    with pytest.raises(OperationalError):
        Share.objects.exists()
    site.services.postgres.start()

    eventually(lambda: visitor.get(page).status == 200)
    answer = press(visitor, house, physician=str(house.ben.uuid), email="dora@example.net")
    assert answer.status == 200
    eventually(lambda: set(site.mail.recipients) == {"ben@example.org", "dora@example.net"}, 60)
    assert (web.pids, worker.pids) == before
    assert AuditEvent.objects.filter(action=Action.SHARE_ADD).count() == 2
    assert Placement.objects.filter(study=house.study, worklist__owner=house.ben).exists()
    assert_lawful()


def _ready(site: Site, worker: Process) -> None:
    """The worker has its children and takes what it is given."""
    letter = Message("First", "First\n", "")
    queue_written(kind="greeting", recipient="first@example.org", message=letter, good_for=timedelta(hours=1))
    eventually(lambda: site.mail.recipients == ["first@example.org"], 40)
    eventually(lambda: not OutboxMail.objects.filter(delivered_at=None).exists())
    site.mail.received.clear()
    OutboxMail.objects.all().delete()
