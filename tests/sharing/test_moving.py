"""Moving a study's original to another worklist of its account: who may, what its shares become, and the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.test import Client

from audit import clock
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.models import Method, Share
from sharing.services import move_home, preview_move, share_studies
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(cast: Cast) -> Study:
    return make_study(cast.ct, patient_name="Quill^Hazel")


def share(cast: Cast, study: Study, worklist: Any, target: Target, by: Any = None, **more: Any) -> Any:
    placement = placement_of(study, worklist).uuid
    report = share_studies(placements=[placement], targets=[target], by=acting(by or cast.adam), **more)
    return report.rows[0].share


def to_emergency(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def to_cardiology(cast: Cast) -> Target:
    return Target(Method.GROUP, str(cast.cardiology.uuid))


def move(cast: Cast, study: Study, to: Any, by: Any = None, at: Any = None) -> Any:
    return move_home(
        placement=placement_of(study, at or cast.ct).uuid,
        worklist=to.uuid,
        by=acting(by or cast.adam),
        why="theirs",
    )


def on(study: Study) -> dict[str, bool]:
    return {each.worklist.label: each.is_home for each in Placement.objects.filter(study=study)}


def lawful() -> None:
    call_command("check_placements")


def test_the_shares_go_on_from_the_new_home(cast: Cast, study: Study) -> None:
    onward = share(cast, study, cast.ct, to_cardiology(cast))
    emailed = share(cast, study, cast.ct, Target(Method.EMAIL, "dora@example.net"))

    moved = move(cast, study, cast.emergency)

    study.refresh_from_db()
    assert study.home == cast.emergency and moved.shares == 2
    assert on(study) == {"Emergency": True, "Cardiology MDT": False}
    for each in (onward, emailed):
        each.refresh_from_db()
        assert (each.ended_at, each.from_worklist) == (None, cast.emergency)
    lawful()
    event = AuditEvent.objects.get(action=Action.STUDY_MOVE)
    assert sentence(event) == "Adam moved the original from CT Reporting to Emergency; reason: theirs"
    assert (event.study_id, event.in_original) == (study.pk, True)


def test_shares_into_the_new_home_end_and_what_went_on_from_there_stays(cast: Cast, study: Study) -> None:
    into = share(cast, study, cast.ct, to_emergency(cast))
    onward = share(cast, study, cast.emergency, to_cardiology(cast))

    move(cast, study, cast.emergency)

    into.refresh_from_db()
    onward.refresh_from_db()
    assert into.end_reason == "moved" and into.ended_by == cast.adam and onward.ended_at is None
    assert on(study) == {"Emergency": True, "Cardiology MDT": False}
    assert "moved to the worklist" in sentence(AuditEvent.objects.get(action=Action.SHARE_END))
    lawful()


def test_of_two_that_become_the_same_the_longer_stays(cast: Cast, study: Study) -> None:
    share(cast, study, cast.ct, to_emergency(cast))
    longer = share(cast, study, cast.ct, to_cardiology(cast))
    shorter = share(
        cast, study, cast.emergency, to_cardiology(cast), expires_at=clock.now() + timedelta(days=2)
    )

    shown = preview_move(
        placement=placement_of(study, cast.ct).uuid, worklist=cast.emergency.uuid, by=acting(cast.adam)
    )
    move(cast, study, cast.emergency)

    longer.refresh_from_db()
    shorter.refresh_from_db()
    assert (shown.n_moved, shown.n_into, shown.n_duplicates) == (1, 1, 1)
    assert shorter.end_reason == "duplicate" and longer.ended_at is None
    assert longer.from_worklist == cast.emergency
    lawful()


def test_there_and_back_again(cast: Cast, study: Study) -> None:
    move(cast, study, cast.emergency)
    share(cast, study, cast.emergency, Target(Method.LOCATION, str(cast.ct.uuid)))
    assert on(study) == {"Emergency": True, "CT Reporting": False}

    move(cast, study, cast.ct, at=cast.emergency)

    assert on(study) == {"CT Reporting": True} and not Share.objects.unended().exists()
    lawful()


def test_a_uid_that_is_at_home_there_is_refused(cast: Cast, study: Study) -> None:
    make_study(cast.emergency, study_instance_uid=study.study_instance_uid)
    before = fingerprint()

    with pytest.raises(ValidationError, match="cannot be merged"):
        move(cast, study, cast.emergency)
    assert fingerprint() == before


def test_who_may_and_whereto(cast: Cast, study: Study) -> None:
    before = fingerprint()
    for person in (cast.vera, cast.erin):
        with pytest.raises(PermissionDenied):
            move(cast, study, cast.emergency, by=person)
    with pytest.raises(NothingThere):
        move(cast, study, cast.emergency, by=cast.rita)
    for target in (cast.imaging, cast.ana.personal_worklist, cast.ct):
        with pytest.raises(ValidationError):
            move(cast, study, target)
    # A radiologist may delete at home and has no right to upload elsewhere.
    with pytest.raises(ValidationError):
        move(cast, study, cast.emergency, by=cast.ana)
    assert fingerprint() == before
    role = cast.northgate.roles.get(name="Radiologist")
    add_worklist_member(worklist=cast.chest, user=cast.ana, role=role, by=acting(cast.adam))
    assert move(cast, study, cast.chest, by=cast.ana).worklist == cast.chest


def test_only_the_original_is_moved(cast: Cast, study: Study) -> None:
    share(cast, study, cast.ct, to_emergency(cast))

    with pytest.raises(PermissionDenied, match="original"):
        move(cast, study, cast.cardiology, at=cast.emergency)


def test_the_pages_show_before_and_after(cast: Cast, study: Study) -> None:
    client = Client()
    client.force_login(cast.adam)
    url = f"/placements/{placement_of(study, cast.ct).uuid}/move/"
    assert (
        b"Move to another worklist" in client.get(f"/placements/{placement_of(study, cast.ct).uuid}/").content
    )
    assert b"Emergency" in client.get(url).content
    assert client.post(f"{url}check/").status_code == 422
    shown = client.post(f"{url}check/", {"worklist": str(cast.emergency.uuid)})
    assert shown.status_code == 200 and b"The study disappears from" in shown.content
    again = client.post(f"{url}study/", {"worklist": str(cast.emergency.uuid), "why": ""})
    assert again.status_code == 422 and b"Say why you are moving" in again.content

    done = client.post(f"{url}study/", {"worklist": str(cast.emergency.uuid), "why": "theirs"})

    assert done["Location"] == f"/placements/{placement_of(study, cast.emergency).uuid}/"
    assert client.get(done["Location"]).status_code == 200 and client.get(url).status_code == 404
