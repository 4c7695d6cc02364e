"""Every door that a guest of a link opens, at the services: its own studies alone, and no more than the link is for."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from audit.actor import Actor, GuestLink
from audit.models import AuditEvent
from audit.selectors import Filters
from common.exceptions import NothingThere, Refused
from sharing.models import Method, Share
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies import selectors, services
from studies.events import Taken
from studies.models import Instance, Placement, ViewCopy
from studies.services.downloads import begin_download
from studies.services.trail import read_trail
from tests.cast import IP_ADDRESS, Cast, acting
from tests.factories import make_series, make_study, placement_of
from tests.studies import beside_files as made
from tests.studies.pages import prepared
from tests.studies.test_manifest import make_copy

pytestmark = pytest.mark.django_db

VISIT = "a visit"


@dataclass(frozen=True)
class Scene:
    """A study with an image, a view copy, a report and a document; the link shows it and nothing else."""

    cast: Cast
    placement: Placement
    image: Instance
    pack: ViewCopy
    report: Instance
    document: Instance

    def guest(self, *placements: Placement, may_download: bool = True, made_by: Any = None) -> Actor:
        link = GuestLink(
            uuid=uuid.uuid4(),
            name="for the family doctor",
            worklist_id=self.cast.ct.pk,
            placements=frozenset(each.uuid for each in placements or [self.placement]),
            made_by=made_by or self.cast.ana,
            may_download=may_download,
        )
        return Actor.guest(link, ip_address=IP_ADDRESS)


@pytest.fixture
def scene(cast: Cast) -> Scene:
    report, document = made.taken_in(cast, made.a_test_file("reportsi.dcm"), made.document())
    series = make_series(report.study)
    image = prepared(series)
    return Scene(cast, placement_of(report.study, cast.ct), image, make_copy(series), report, document)


def seen(by: Actor, placement: Placement) -> Placement:
    """As every page reads it: what is not seen is answered with 404."""
    found = selectors.placement_for(by, placement.uuid)
    if found is None:
        raise NothingThere
    return found


def _part(part: services.Part) -> Callable[[Scene, Actor], object]:
    return lambda scene, by: services.open_instance(
        placement=scene.placement.uuid, instance=scene.image.uuid, by=by, part=part, session=VISIT
    )


def _by_uid(scene: Scene, by: Actor, *, whole: bool = False) -> object:
    """As a program asks that opened the link as a SMART Health Link."""
    [worklist] = Placement.objects.filter(uuid=scene.placement.uuid).values_list(
        "worklist__uuid", flat=True
    ) or [scene.cast.ct.uuid]
    study = scene.report.study.study_instance_uid
    return services.open_by_uid(worklist=worklist, study=study, by=by, session=VISIT, whole=whole)


def _download(scene: Scene, by: Actor) -> None:
    download = services.check_download(placements=[scene.placement.uuid], by=by, session=VISIT)
    begin_download(download=download)


OPENS: dict[str, Callable[[Scene, Actor], object]] = {
    "the viewer's page": lambda scene, by: services.open_study(
        placement=seen(by, scene.placement), by=by, page="viewer"
    ),
    "the manifest": lambda scene, by: services.view_study(
        placement=scene.placement.uuid, by=by, session=VISIT
    ),
    "the pixels": lambda scene, by: services.open_pack(
        placement=scene.placement.uuid, pack=scene.pack.uuid, by=by, session=VISIT
    ),
    "a frame": _part(services.Part.FRAME),
    "a thumbnail": _part(services.Part.THUMBNAIL),
    "a report": lambda scene, by: services.open_object(
        placement=seen(by, scene.placement), by=by, instance=scene.report.uuid
    ),
    "a document": lambda scene, by: services.open_object(
        placement=seen(by, scene.placement), by=by, instance=scene.document.uuid
    ),
    "a document's bytes": lambda scene, by: services.open_stream(
        placement=scene.placement.uuid, instance=scene.document.uuid, by=by, session=VISIT
    ),
    "an image that is saved": lambda scene, by: services.take_image(
        placement=seen(by, scene.placement), by=by, how=Taken.SAVE,
        series=scene.image.series.uuid, instance=scene.image.uuid,
    ),
    "instances by their UIDs": lambda scene, by: _by_uid(scene, by),
}  # fmt: skip
TAKES: dict[str, Callable[[Scene, Actor], object]] = {
    "an original": _part(services.Part.ORIGINAL),
    "a download that is chosen": lambda scene, by: services.offer_download(
        placements=[scene.placement.uuid], by=by
    ),
    "a download": _download,
    "whole objects by their UIDs": lambda scene, by: _by_uid(scene, by, whole=True),
}
NEVER: dict[str, Callable[[Scene, Actor], object]] = {
    "a de-identified file": _part(services.Part.DEIDENTIFIED),
    "a list": lambda scene, by: _none_is_nothing(
        services.read_list(
            worklist=scene.cast.ct, by=by, question=selectors.Question(), order=selectors.Order()
        )
    ),
    "the audit trail": lambda scene, by: read_trail(
        placement=seen(by, scene.placement), by=by, filters=Filters()
    ),
}


def _none_is_nothing(answer: object) -> None:
    if answer is None:
        raise NothingThere


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.order_by("pk"))


@pytest.mark.parametrize("door", [*OPENS, *TAKES])
def test_a_guest_opens_every_door_of_the_links_study(scene: Scene, door: str) -> None:
    before = len(events())

    (OPENS | TAKES)[door](scene, scene.guest())

    told = events()[before:]
    assert len(told) == 1
    assert (told[0].by_id, told[0].by_label, told[0].role_label, told[0].ip_address) == (
        None, "Guest link for the family doctor", "Guest", IP_ADDRESS,
    )  # fmt: skip
    assert told[0].detail["authoriser_id"] == scene.cast.ana.pk
    assert told[0].placement_uuid == scene.placement.uuid


@pytest.mark.parametrize("door", [*OPENS, *TAKES])
@pytest.mark.parametrize("why", ["another study's link", "a maker without the right"])
def test_without_the_placement_or_the_makers_right_no_door_opens(scene: Scene, door: str, why: str) -> None:
    other = why == "another study's link"
    by = scene.guest(scene.cast.placement) if other else scene.guest(made_by=scene.cast.vera)
    before = len(events())

    with pytest.raises(NothingThere):
        (OPENS | TAKES)[door](scene, by)

    assert len(events()) == before


@pytest.mark.parametrize("door", [*OPENS, *TAKES])
def test_a_link_made_where_a_study_was_shared_ends_with_the_share(scene: Scene, door: str) -> None:
    cast, ana = scene.cast, acting(scene.cast.ana)
    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    share_studies(placements=[scene.placement.uuid], targets=to, by=ana)
    there = placement_of(scene.report.study, cast.emergency)
    scene = replace(scene, placement=there)
    link = replace(scene.guest(made_by=cast.ben).guest_link, worklist_id=cast.emergency.pk)
    by = Actor.guest(link, ip_address=IP_ADDRESS)
    (OPENS | TAKES)[door](scene, by)

    end_shares(shares=[each.uuid for each in Share.objects.all()], by=ana)

    with pytest.raises(NothingThere):
        (OPENS | TAKES)[door](scene, by)


@pytest.mark.parametrize("door", TAKES)
def test_nothing_is_taken_by_a_link_that_was_made_for_reading(scene: Scene, door: str) -> None:
    with pytest.raises(Refused, match="download studies"):
        TAKES[door](scene, scene.guest(may_download=False))


@pytest.mark.parametrize("door", OPENS)
def test_a_link_that_was_made_for_reading_opens_what_is_read(scene: Scene, door: str) -> None:
    OPENS[door](scene, scene.guest(may_download=False))


@pytest.mark.parametrize("door", NEVER)
def test_no_link_opens_any_other_door(scene: Scene, door: str) -> None:
    with pytest.raises((NothingThere, PermissionDenied)):
        NEVER[door](scene, scene.guest())


def test_beside_a_study_the_viewer_offers_the_links_other_studies_alone(scene: Scene) -> None:
    patient = {"patient_id": "OBJ9", "patient_name": "Objects^Olga"}
    here, within, outside = (make_study(scene.cast.ct, **patient) for _ in range(3))
    shown = [placement_of(study, scene.cast.ct) for study in (here, within)]
    by = scene.guest(*shown)

    opened = services.open_study(placement=seen(by, shown[0]), by=by, page="viewer")

    assert [other.study_id for other in opened.others] == [within.pk]
    reader = acting(scene.cast.ana)
    everything = services.open_study(placement=seen(reader, shown[0]), by=reader, page="viewer")
    assert {other.study_id for other in everything.others} == {within.pk, outside.pk}


def test_two_visits_of_a_link_are_told_apart(scene: Scene) -> None:
    by, before = scene.guest(), len(events())

    for session in (VISIT, VISIT, "another visit"):
        services.open_instance(
            placement=scene.placement.uuid, instance=scene.image.uuid, by=by, part=services.Part.FRAME,
            session=session,
        )  # fmt: skip

    assert len(events()) - before == 2
