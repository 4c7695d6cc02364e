"""What a sharer is shown of the delivery of a share, against a record of random changes and reads kept by hand."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

import pytest
from django.urls import reverse

from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from audit.services import record
from sharing import services
from sharing.delivery import Step
from sharing.models import Method, Share
from sharing.selectors.deliveries import deliveries_of
from sharing.targets import Target
from studies.events import on_placement
from studies.models import Placement
from studies.selectors import placement_for
from studies.selectors.trail import trail_of
from studies.services import open_study
from tests.cast import acting
from tests.factories import make_location, make_user, placement_of
from tests.sharing.share_pages import share, text
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db


@dataclass
class Made:
    """A share as the test made it."""

    pk: int
    to: int
    by: int
    by_email: bool
    begun: datetime | None
    ends: datetime | None = None


@dataclass(frozen=True)
class Read:
    at: datetime
    worklist: int
    by: int
    step: Step
    is_inside: bool


class Deeds:
    """Random changes and reads of one study, and what each share's delivery must be after them."""

    def __init__(self, cast, clock, seed):
        self.cast, self.clock, self.random = cast, clock, Random(seed)
        change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
        self.readers = {
            cast.emergency.pk: [cast.ben, cast.adam],
            cast.chest.pk: [cast.adam],
            cast.ben.personal_worklist.pk: [cast.ben],
            cast.ed.personal_worklist.pk: [cast.ed],
            cast.imaging.pk: [cast.caro, cast.rita],
        }
        self.targets = [
            Target(Method.LOCATION, str(cast.emergency.uuid)),
            Target(Method.GROUP, str(cast.chest.uuid)),
            Target(Method.PHYSICIAN, str(cast.ben.uuid), cast.northgate.uuid),
            Target(Method.EMAIL, cast.ed.email),
            Target(Method.EMAIL, cast.ben.email),
            Target(Method.CODE, "RIVERSIDE"),
        ]
        self.made: dict[int, Made] = {}
        self.reads: list[Read] = []

    def step(self):
        self.clock.move(seconds=self.random.randint(1, 3600))
        self.random.choice([self.share, self.read, self.read, self.read, self.end, self.decide])()

    def share(self):
        by, target = self.random.choice([self.cast.ana, self.cast.adam]), self.random.choice(self.targets)
        report = services.share_studies(
            placements=[self.cast.placement.uuid], targets=[target], by=acting(by)
        )
        [row] = report.rows
        made = row.share
        if made is None or made.pk in self.made:
            return
        self.made[made.pk] = Made(
            made.pk, made.to_worklist_id, by.pk, target.method == Method.EMAIL, made.approved_at
        )

    def read(self):
        at_now = Placement.objects.visible().filter(study=self.cast.study, worklist__in=self.readers)
        placements = list(at_now.select_related("study", "worklist__account", "worklist__owner"))
        if not placements:
            return
        placement = self.random.choice(placements)
        by = self.random.choice(self.readers[placement.worklist_id])
        step = self.random.choice([step for step in Step if step != Step.ACCEPTED])
        action, page = {
            Step.STUDY: (Action.STUDY_OPEN, "images"),
            Step.IMAGES: (Action.IMAGES_SERVED, ""),
            Step.REPORT: (Action.STUDY_OPEN, "report"),
            Step.DOWNLOAD: (Action.STUDY_DOWNLOAD, ""),
            Step.ACKNOWLEDGED: (Action.SHARE_ACKNOWLEDGE, ""),
        }[step]
        record(action, by=acting(by), on=on_placement(placement, at=the_clock.now(), detail={"page": page}))
        is_inside = any(
            each.to == placement.worklist_id and not each.by_email and each.begun and not each.ends
            for each in self.made.values()
        )
        at = AuditEvent.objects.latest("pk").at
        self.reads.append(Read(at, placement.worklist_id, by.pk, step, is_inside))

    def end(self):
        unended = [each for each in self.made.values() if each.ends is None]
        if unended:
            chosen = self.random.choice(unended)
            share = Share.objects.get(pk=chosen.pk)
            services.end_shares(shares=[share.uuid], by=acting(self.cast.adam))
            share.refresh_from_db()
            chosen.ends = share.ended_at

    def decide(self):
        waiting = [each for each in self.made.values() if each.ends is None and each.begun is None]
        if waiting:
            chosen = self.random.choice(waiting)
            share = Share.objects.get(pk=chosen.pk)
            approve = self.random.random() < 0.7
            services.decide_share(share=share.uuid, by=acting(self.cast.adam), approve=approve)
            share.refresh_from_db()
            chosen.begun, chosen.ends = share.approved_at, share.ended_at

    def expected(self, made):
        mine = [
            each
            for each in self.reads
            if each.worklist == made.to
            and each.by != made.by
            and made.begun is not None
            and made.begun <= each.at
            and (made.ends is None or each.at <= made.ends)
        ]
        inside = [each for each in mine if each.is_inside and not made.by_email]
        first = {
            step: next(((each.at, each.by) for each in inside if each.step == step), None)
            for step in (Step.IMAGES, Step.REPORT, Step.DOWNLOAD, Step.ACKNOWLEDGED)
        }
        opened = min((each.at for each in mine if each.step != Step.ACKNOWLEDGED), default=None)
        acknowledged = min((each.at for each in mine if each.step == Step.ACKNOWLEDGED), default=None)
        return (opened, acknowledged, *first.values(), made.ends)


@pytest.mark.parametrize("seed", range(6))
def test_the_delivery_of_each_share_is_what_happened_to_it(cast, clock, seed):
    deeds = Deeds(cast, clock, seed)
    for _ in range(120):
        deeds.step()

    deliveries = deliveries_of(list(Share.objects.filter(pk__in=deeds.made)))

    assert {pk: shown(each) for pk, each in deliveries.items()} == {
        pk: deeds.expected(made) for pk, made in deeds.made.items()
    }
    assert len(deeds.made) > 5
    assert any(each.images for each in deliveries.values())
    assert any(each.opened and not each.images for each in deliveries.values())


def shown(delivery):
    steps = (delivery.images, delivery.report, delivery.download, delivery.acknowledged_by)
    return (
        delivery.opened,
        delivery.acknowledged,
        *((step.at, step.by_id) if step else None for step in steps),
        delivery.ended,
    )


def opened_by(person, worklist, study):
    by = acting(person)
    placement = placement_for(by, placement_of(study, worklist).uuid)
    open_study(placement=placement, by=by)


def served(person, worklist, study):
    placement = placement_of(study, worklist)
    record(Action.IMAGES_SERVED, by=acting(person), on=on_placement(placement, at=the_clock.now()))


def page_of_ana(client, cast):
    client.force_login(cast.ana)
    return text(client.get(reverse("sharing:shared_by_me")))


def test_the_sharer_is_shown_who_opened_the_images_and_when(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    assert "Not opened yet" in page_of_ana(client, cast)

    served(cast.ben, cast.emergency, cast.study)

    page = page_of_ana(client, cast)
    assert "Images opened" in page
    assert "<bdi>Ben</bdi>" in page
    assert "Arrived: 0 series, 0 images" in page


def test_of_a_share_by_email_the_sharer_is_shown_the_first_opening_and_nothing_after(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    opened_by(cast.ed, cast.ed.personal_worklist, cast.study)
    served(cast.ed, cast.ed.personal_worklist, cast.study)

    page = page_of_ana(client, cast)

    assert ("Accepted" in page, "First opened" in page) == (True, True)
    assert ("Images opened" in page, "<bdi>Ed</bdi>" in page) == (False, False)
    # The user's document: nothing of it is in the original's audit trail.
    trail = trail_of(cast.placement, at=the_clock.now())
    assert set(trail.values_list("action", flat=True)) == {Action.SHARE_ADD}


def test_a_share_from_a_study_that_came_by_email_names_no_one(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.caro.email)
    on_caro = placement_of(cast.study, cast.caro.personal_worklist)
    made = share(cast.caro, on_caro, Method.EMAIL, cast.ed.email)
    served(cast.ed, cast.ed.personal_worklist, cast.study)

    delivery = deliveries_of([made])[made.pk]

    assert (delivery.opened is not None, delivery.images) == (True, None)


def test_the_sharers_own_reads_are_no_opening(cast):
    made = share(cast.adam, cast.placement, Method.LOCATION, cast.emergency.uuid)
    opened_by(cast.adam, cast.emergency, cast.study)

    assert deliveries_of([made])[made.pk].opened is None


def test_a_person_of_another_account_is_told_apart_as_in_the_audit_trail(client, cast):
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")
    served(cast.caro, cast.imaging, cast.study)

    page = page_of_ana(client, cast)

    assert f"<bdi>example.org · P{cast.caro.pk}</bdi>" in page
    assert cast.caro.email not in page


def test_a_sharer_who_no_longer_sees_the_study_sees_no_delivery(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    served(cast.ben, cast.emergency, cast.study)
    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="wrong patient")

    page = page_of_ana(client, cast)

    assert ("Images opened" in page, "<bdi>Ben</bdi>" in page) == (False, False)


def test_a_decline_and_an_approval_are_moments(cast):
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    made = share(cast.ana, cast.placement, Method.LOCATION, asks.uuid)
    services.decide_share(share=made.uuid, by=acting(cast.adam), approve=True)
    made.refresh_from_db()
    other = share(cast.adam, cast.placement, Method.LOCATION, asks.uuid)
    services.decide_share(share=other.uuid, by=acting(cast.adam), approve=False)
    other.refresh_from_db()

    deliveries = deliveries_of([made, other])

    assert deliveries[made.pk].approved == made.approved_at
    assert deliveries[other.pk].declined == other.ended_at


def test_a_waiting_share_is_accepted_when_its_recipient_registers(cast, clock):
    made = share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    assert deliveries_of([made])[made.pk].accepted is None
    clock.move(hours=2)
    dora = make_user("Dora", email="dora@example.net")

    services.claim_promises(by=acting(dora))

    made.refresh_from_db()
    claim = AuditEvent.objects.get(action=Action.SHARE_CLAIM)
    assert deliveries_of([made])[made.pk].accepted == claim.at
