"""The one door to what is stored of an instance, for every kind of actor."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Role
from accounts.services.people import change_details
from audit.actions import Action
from audit.actor import OPERATOR, SYSTEM, Actor, GuestLink, Token
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from sharing.selectors import invitations_of
from studies.models import Blob, Instance, Placement
from studies.services import Part, StoredFile, open_instance
from tests.cast import IP_ADDRESS, Cast, acting
from tests.factories import make_instance, make_series
from worklists import access
from worklists.services import change_role


@pytest.fixture
def instance(cast: Cast) -> Instance:
    made = make_instance(make_series(cast.study), frames=2)
    Blob.objects.filter(pk=made.blob_id).update(preview=Blob.Preview.READY)
    return made


def token(*worklists: Any, may_store: bool = False) -> Token:
    ids = frozenset(worklist.pk for worklist in worklists)
    return Token(uuid=uuid.uuid4(), name="PACS", worklist_ids=ids, may_store=may_store)


def link(
    cast: Cast, *placements: Placement, made_by: Any = None, worklist: Any = None, may_download: bool = True
) -> GuestLink:
    return GuestLink(
        uuid=uuid.uuid4(),
        name="for the family doctor",
        worklist_id=(worklist or cast.ct).pk,
        placements=frozenset(placement.uuid for placement in placements),
        made_by=made_by or cast.adam,
        may_download=may_download,
    )


def opened(
    by: Actor, placement: Placement, instance: Instance, part: Part = Part.FRAME, **more: Any
) -> StoredFile:
    return open_instance(placement=placement.uuid, instance=instance.uuid, by=acting(by), part=part, **more)


def served() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.IMAGES_SERVED).order_by("pk"))


@pytest.mark.parametrize(
    ("part", "ends", "media_type"),
    [
        (Part.ORIGINAL, ".dcm", "application/dicom"),
        (Part.FRAME, ".1.full.png", "image/png"),
        (Part.THUMBNAIL, ".1.thumb.png", "image/png"),
    ],
)
def test_each_part_is_a_stored_file(
    cast: Cast, instance: Instance, part: Part, ends: str, media_type: str
) -> None:
    file = opened(acting(cast.ana), cast.placement, instance, part, session="a session")

    assert file.key.endswith(f"{instance.blob.sha256}{ends}")
    assert file.media_type == media_type
    assert instance.blob.sha256 not in file.etag


def test_the_original_needs_the_right_to_download(cast: Cast, instance: Instance) -> None:
    opened(acting(cast.vera), cast.placement, instance)
    with pytest.raises(Refused, match="download studies") as refusal:
        opened(acting(cast.vera), cast.placement, instance, Part.ORIGINAL)

    assert refusal.value.on.placement_uuid == cast.placement.uuid


@pytest.mark.parametrize("person", ["sue", "caro", "ben", "ina", "nolan", "ed", "anonymous"])
def test_who_does_not_see_the_study_finds_nothing(cast: Cast, instance: Instance, person: str) -> None:
    for part in Part:
        with pytest.raises(NothingThere):
            opened(acting(getattr(cast, person)), cast.placement, instance, part)

    assert served() == []


@pytest.mark.parametrize(
    "by", [SYSTEM, OPERATOR, Actor.system("list_studies", "open_study")], ids=["none", "operator", "given"]
)
def test_the_system_looks_at_no_images_by_this_door(cast: Cast, instance: Instance, by: Actor) -> None:
    with pytest.raises(NothingThere):
        opened(by, cast.placement, instance)


def test_a_frame_that_is_not_there_or_not_prepared_is_not_there(cast: Cast, instance: Instance) -> None:
    for frame in (0, 3):
        with pytest.raises(NothingThere):
            opened(acting(cast.ana), cast.placement, instance, frame=frame)
    Blob.objects.update(preview=Blob.Preview.WAITING)
    with pytest.raises(NothingThere):
        opened(acting(cast.ana), cast.placement, instance)


# Tokens


def test_a_token_reads_what_its_owner_may_on_its_worklists(cast: Cast, instance: Instance) -> None:
    by = Actor.through(token(cast.ct), owner=cast.ana, ip_address=IP_ADDRESS)

    opened(by, cast.placement, instance)
    opened(by, cast.placement, instance, Part.ORIGINAL)

    [event] = served()
    assert (event.by_id, event.role_label, event.ip_address) == (cast.ana.pk, "Radiologist", IP_ADDRESS)
    # This actor has a token.
    assert (event.detail["token"], event.detail["token_name"]) == (str(by.token.uuid), "PACS")  # type: ignore[union-attr]


def test_a_token_of_another_worklist_finds_nothing(cast: Cast, instance: Instance) -> None:
    with pytest.raises(NothingThere):
        opened(Actor.through(token(cast.emergency), owner=cast.ana), cast.placement, instance)


def test_a_token_is_no_more_than_its_owner(cast: Cast, instance: Instance) -> None:
    with pytest.raises(NothingThere):
        opened(Actor.through(token(cast.ct), owner=cast.caro), cast.placement, instance)
    with pytest.raises(Refused, match="download studies"):
        opened(Actor.through(token(cast.ct), owner=cast.vera), cast.placement, instance, Part.ORIGINAL)


def test_a_tokens_rights_are_its_scope_and_never_more(cast: Cast) -> None:
    reads, stores = token(cast.ct), token(cast.ct, may_store=True)

    assert Actor.through(reads, owner=cast.ana).rights(cast.ct) == {
        "list_studies",
        "open_study",
        "download_study",
    }
    assert Actor.through(stores, owner=cast.ana).rights(cast.ct) - Actor.through(
        reads, owner=cast.ana
    ).rights(cast.ct) == {"upload_study"}
    assert Actor.through(stores, owner=cast.ana).rights(cast.emergency) == frozenset()


def test_a_tokens_day_is_recorded_once(cast: Cast, instance: Instance, clock: Any) -> None:
    by = Actor.through(token(cast.ct), owner=cast.ana)

    for session in ("", "another"):
        opened(by, cast.placement, instance, session=session)
    assert len(served()) == 1
    clock.move(days=1)
    opened(by, cast.placement, instance)

    assert len(served()) == 2


# Guest links


def test_a_guest_link_opens_its_own_placements_under_the_role_guest(cast: Cast, instance: Instance) -> None:
    by = Actor.guest(link(cast, cast.placement), ip_address=IP_ADDRESS)

    opened(by, cast.placement, instance, session="link session")
    opened(by, cast.placement, instance, session="link session")

    [event] = served()
    assert (event.by_id, event.by_label, event.role_label) == (
        None,
        "Guest link for the family doctor",
        "Guest",
    )
    assert event.detail["authoriser_id"] == cast.adam.pk
    assert event.ip_address == IP_ADDRESS


def test_a_guest_link_shows_nothing_else_of_its_worklist(cast: Cast, instance: Instance) -> None:
    with pytest.raises(NothingThere):
        opened(Actor.guest(link(cast)), cast.placement, instance)


def test_a_guest_link_dies_with_the_right_of_its_maker(cast: Cast, instance: Instance) -> None:
    by = Actor.guest(link(cast, cast.placement, made_by=cast.vera))
    with pytest.raises(NothingThere):
        opened(by, cast.placement, instance)


def test_a_guest_link_does_what_the_role_guest_allows(cast: Cast, instance: Instance) -> None:
    by = Actor.guest(link(cast, cast.placement))
    opened(by, cast.placement, instance, Part.ORIGINAL)

    change_role(role=Role.objects.get(platform_key="guest"), permissions=["open_study"], by=acting(cast.sue))

    with pytest.raises(Refused, match="download studies"):
        opened(by, cast.placement, instance, Part.ORIGINAL)
    assert by.rights(cast.ct) == {"open_study"}
    assert by.rights(cast.emergency) == frozenset()


def test_a_link_is_never_wider_than_it_was_made(cast: Cast, instance: Instance) -> None:
    by = Actor.guest(link(cast, cast.placement, may_download=False))
    guest = Role.objects.get(platform_key="guest")
    every_right = ["open_study", "download_study", "list_studies", "share_study", "edit_study"]
    change_role(role=guest, permissions=every_right, by=acting(cast.sue))

    opened(by, cast.placement, instance)

    with pytest.raises(Refused, match="download studies"):
        opened(by, cast.placement, instance, Part.ORIGINAL)
    assert by.rights(cast.ct) == {"open_study"}
    assert Actor.guest(link(cast, cast.placement)).rights(cast.ct) == {"open_study", "download_study"}
    for codename in ("list_studies", "share_study", "download_study"):
        assert not access.worklists_for(by, codename).exists()


@pytest.mark.parametrize("kind", ["token", "guest link", "system", "stranger"])
def test_only_a_user_in_person_has_anything_of_their_own(cast: Cast, kind: str) -> None:
    actors = [
        Actor.through(token(cast.ct), owner=cast.ana), Actor.guest(link(cast)), SYSTEM, Actor.stranger(IP_ADDRESS),
    ]  # fmt: skip
    by = {str(actor.kind): actor for actor in actors}[kind]

    with pytest.raises(PermissionDenied, match="signed in"):
        invitations_of(by)
    with pytest.raises(PermissionDenied, match="signed in"):
        change_details(user=cast.ana, name="Mallory", timezone="UTC", by=by)
