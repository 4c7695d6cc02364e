"""Everything that can die in production dies in turn while people share through the proxy. Nothing may be lost."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, connections
from django.urls import reverse

from accounts.models import OutboxMail, User
from accounts.services.outbox import CLAIM
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method, Share
from studies.models import Blob, Placement, Study
from tests.bad_files import as_bytes, dicom
from tests.cast import Cast, make_cast
from tests.factories import PASSWORD, join, make_study, make_user, placement_of
from tests.lawful import assert_lawful
from tests.mail_server import MailServer, text_of
from tests.processes import eventually
from tests.production.people import Guest, Press, Sharer
from tests.production.stack import Stack

pytestmark = [pytest.mark.process, pytest.mark.slow]

VICTIMS = ["web-1", "worker-1", "valkey-1", "pgbouncer-1", "postgres-1"]
SHARERS = 3
AHEAD = 190  # presses each; more than there is time for, fewer than addresses an hour
PROGRESS = 2  # presses of each sharer before the next one is killed
IDLE = "127.0.0.9"


@dataclass
class Outage:
    """The longest time in which nobody was told that a share is done, and until everybody had shared again."""

    victim: str
    silent: float
    everybody: float


@pytest.fixture
def house(on_its_database: None) -> Cast:
    return make_cast()


@pytest.fixture
def sharers(house: Cast, stack: Stack) -> list[Sharer]:
    """Radiologists on CT Reporting, each with studies and recipients of their own."""
    made = []
    for number in range(1, SHARERS + 1):
        user = make_user(f"Sharer {number}")
        join(user, house.northgate, "Radiologist", [house.ct])
        readers = [make_user(f"Reader {number} {n}") for n in range(3)]
        for reader in readers:
            join(reader, house.northgate, "Viewer")
        presses = [press(house, user, readers[n % 3], n) for n in range(AHEAD)]
        made.append(Sharer(stack, user, f"127.0.0.{number + 10}", presses))
    User.objects.filter(name__startswith="Sharer").update(password=make_password(PASSWORD))
    return made


def press(house: Cast, by: User, reader: User, number: int) -> Press:
    placement = placement_of(make_study(house.ct), house.ct)
    return Press(placement, house.emergency, reader, f"{by.pk}-{number}@elsewhere.example")


def test_whatever_is_killed_nothing_is_lost_and_nothing_is_done_unseen(
    stack: Stack,
    house: Cast,
    sharers: list[Sharer],
    post_office: MailServer,
    record_property: Callable[[str, object], None],
) -> None:
    before = upload_and_look(stack, house, "before the outages")
    began = time.monotonic()
    for sharer in sharers:
        sharer.start()
    wait_for_progress(sharers, 3)

    outages = [outage(stack, victim, sharers) for victim in VICTIMS]

    for sharer in sharers:
        sharer.enough.set()
    for sharer in sharers:
        sharer.join(60)
    seconds = time.monotonic() - began
    connections.close_all()  # ours to the database was cut as well
    after = upload_and_look(stack, house, "after them")
    settle_down(stack)

    assert [lie for sharer in sharers for lie in sharer.lies] == []
    told = [press for sharer in sharers for press in sharer.told]
    assert_all_there(told)
    assert_each_has_its_event(sharers)
    assert_lawful()
    for command in ("check_placements", "check_access"):
        done = stack["worker-2"].run(["python", "manage.py", command])
        assert done.returncode == 0, done.stdout + done.stderr
    assert_all_mailed(post_office)
    look_again(stack, house, [before, after])

    mishaps = sum((sharer.mishaps for sharer in sharers), Counter())
    record_property("presses told as done", f"{len(told)} in {seconds:.0f} s, {SHARERS} people at once")
    record_property("shares", f"{Share.objects.count()}, each with its audit event")
    record_property(
        "outages",
        "; ".join(
            f"{one.victim} {one.silent:.1f} s silent, {one.everybody:.1f} s until all went on"
            for one in outages
        ),
    )
    record_property("started again", dict(stack.restarts))
    record_property("instead of an answer", dict(mishaps) or "nothing")
    twice = len(post_office.received) - len({mail["Message-ID"] for mail in post_office.received})
    record_property("mails", f"{len(post_office.received)} received, {twice} of them a second time")


# --- Outages ------------------------------------------------------------------------------------------------


def outage(stack: Stack, victim: str, sharers: list[Sharer]) -> Outage:
    """Kill it while people go on pressing; that it is started again is the policy's doing, not ours."""
    killed, restarts = time.monotonic(), stack.restarts[victim]
    stack[victim].kill()
    eventually(lambda: stack.restarts[victim] > restarts and not stack[victim].ended)
    wait_for_progress(sharers, PROGRESS)
    ended = time.monotonic()
    told = sorted(press.told for sharer in sharers for press in sharer.told)
    around = [max(moment for moment in told if moment <= killed), *(m for m in told if killed < m <= ended)]
    silent = max(later - earlier for earlier, later in pairwise(around))
    return Outage(victim, silent, ended - killed)


def wait_for_progress(sharers: list[Sharer], presses: int) -> None:
    """Until each of them has shared so many more studies."""
    aim = {sharer: len(sharer.told) + presses for sharer in sharers}
    eventually(lambda: all(len(sharer.told) >= aim[sharer] for sharer in sharers), 120)


def settle_down(stack: Stack) -> None:
    """What a killed worker had claimed is free again once its time is up, and then everything is delivered."""
    move_clock(CLAIM.total_seconds() + 1)
    eventually(lambda: not OutboxMail.objects.filter(delivered_at=None, dropped_at=None).exists(), 120)


def move_clock(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE test_clock.shift SET by = by + make_interval(secs => %s)", [seconds])


# --- What has to be true afterwards -------------------------------------------------------------------------


def assert_all_there(told: list[Press]) -> None:
    """Who was told that it was done can rely on it: for each press its three shares, and the placements they give."""
    assert told
    shares = set(
        Share.objects.filter(ended_at=None).values_list("study_id", "method", "to_worklist", "email")
    )
    readers = dict(User.objects.values_list("pk", "personal_worklist"))
    placed = set(Placement.objects.values_list("study_id", "worklist_id"))
    for press in told:
        study, own = press.placement.study_id, readers[press.physician.pk]
        assert {
            (study, Method.LOCATION, press.worklist.pk, ""),
            (study, Method.PHYSICIAN, own, ""),
            (study, Method.EMAIL, None, press.address),
        } <= shares
        assert {(study, press.worklist.pk), (study, own)} <= placed


def assert_each_has_its_event(sharers: list[Sharer]) -> None:
    """As many lines as shares, and the same ones."""
    events = list(AuditEvent.objects.filter(action=Action.SHARE_ADD).values_list("share_uuid", flat=True))
    assert len(events) == len(set(events))
    assert set(events) == set(Share.objects.values_list("uuid", flat=True))
    for sharer in sharers:
        begun = AuditEvent.objects.filter(action=Action.SIGN_IN, by_id=sharer.user.pk)
        assert begun.count() >= sharer.sign_ins >= 1
        # Where they sit the proxy alone can know.
        assert set(begun.values_list("ip_address", flat=True)) == {sharer.source}


def assert_all_mailed(post_office: MailServer) -> None:
    """At least once for each press and recipient, and to nobody else."""
    invited = set(Share.objects.filter(method=Method.EMAIL).values_list("email", flat=True))
    presses = {
        (email, press)
        for email, press in Share.objects.filter(method=Method.PHYSICIAN).values_list(
            "to_worklist__owner__email", "press"
        )
    }
    to_strangers = {mail["To"] for mail in post_office.received if "/invitations/" in text_of(mail)}
    to_readers = {
        (mail["To"], UUID(text_of(mail).partition("/received/")[2][:36]))
        for mail in post_office.received
        if "/received/" in text_of(mail)
    }
    assert to_strangers == invited
    assert to_readers == presses
    assert {mail["To"] for mail in post_office.received} == invited | {email for email, _ in presses}
    assert not OutboxMail.objects.exclude(dropped_at=None).exists()


# --- Images -------------------------------------------------------------------------------------------------


def upload_and_look(stack: Stack, house: Cast, description: str) -> Study:
    """Through the proxy into the store, taken in by a worker, its picture from the store through the proxy."""
    guest = signed_in(stack, house.ana)
    page = reverse("studies:upload", args=[house.ct.uuid])
    assert guest.get(page).status == 200

    files = reverse("studies:upload_files", args=[house.ct.uuid])
    answer = guest.upload(files, "picture.dcm", as_bytes(dicom(StudyDescription=description)))

    assert answer.status == 302, answer.text
    found: Any = eventually(lambda: Study.objects.filter(description=description).first(), 120)
    instance = found.series.get().instances.get()
    eventually(lambda: Blob.objects.filter(pk=instance.blob_id, preview=Blob.Preview.READY).exists(), 120)
    look_again(stack, house, [found])
    return found


def look_again(stack: Stack, house: Cast, studies: list[Study]) -> None:
    guest = signed_in(stack, house.ana)
    for study in studies:
        placement = placement_of(study, house.ct)
        instance = study.series.get().instances.get()
        assert guest.get(reverse("studies:study", args=[placement.uuid])).status == 200
        picture = guest.get(reverse("studies:frame", args=[placement.uuid, instance.uuid, 1]))
        assert picture.status == 200
        assert "PNG" in picture.text[:8]


def signed_in(stack: Stack, user: User) -> Guest:
    guest = Guest(stack, IDLE)
    guest.sign_in(user.email, PASSWORD)
    return guest
