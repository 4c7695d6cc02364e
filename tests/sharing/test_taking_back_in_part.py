"""A press of which the person may end some shares only: those end, and the others are named."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from audit.actor import OPERATOR
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import join, make_study, make_user, placement_of, role_of
from tests.sharing.share_pages import share, text
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


class Scene:
    """From Emergency, Ben shared a study of CT Reporting and one of Emergency with Chest Clinic. Otto may share on CT
    Reporting and only list on Emergency."""

    def __init__(self, cast: Cast) -> None:
        share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
        theirs = make_study(cast.emergency, patient_name="Osei^Kofi")
        studies = (cast.study, theirs)
        report = services.share_studies(
            placements=[placement_of(study, cast.emergency).uuid for study in studies],
            targets=[Target(Method.GROUP, str(cast.chest.uuid))],
            by=acting(cast.ben),
        )
        self.press = report.press
        self.made = {row.share.study_id: row.share for row in report.rows if row.share is not None}
        self.ours, self.theirs = (self.made[study.pk] for study in studies)
        self.otto = make_user("Otto")
        join(self.otto, cast.northgate, "Radiologist", [cast.ct])
        viewer = role_of(cast.northgate, "Viewer")
        add_worklist_member(worklist=cast.emergency, user=self.otto, role=viewer, by=OPERATOR)
        self.url = reverse("sharing:withdraw_press", args=[self.press])


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def unended(scene: Scene) -> set[int]:
    return set(Share.objects.filter(press=scene.press, ended_at=None).values_list("pk", flat=True))


def test_those_that_may_be_ended_end_and_the_others_are_counted(scene: Scene) -> None:
    done = services.withdraw_press(press=scene.press, by=acting(scene.otto))

    assert (done.ended, done.kept, unended(scene)) == (1, 1, {scene.theirs.pk})


def test_the_page_the_answer_and_the_receipt_say_what_stays(client: Any, scene: Scene) -> None:
    client.force_login(scene.otto)

    page = text(client.get(scene.url))
    answer = client.post(scene.url)
    receipt = text(client.get(answer.url))

    assert "1 share of 1 study." in page
    assert "You may not end these shares" in page
    assert "Osei" in page
    assert "You may not end 1 share of what was shared at the same time." in receipt
    assert "Not yours to end" in receipt


def test_who_may_end_all_is_told_of_no_other(client: Any, scene: Scene, cast: Cast) -> None:
    client.force_login(cast.adam)

    page = text(client.get(scene.url))

    assert ("2 shares of 2 studies." in page, "You may not end" in page) == (True, False)


def test_who_may_end_none_is_refused(scene: Scene, cast: Cast) -> None:
    viewer = make_user("Vita")
    join(viewer, cast.northgate, "Viewer", [cast.ct, cast.emergency])

    with pytest.raises(PermissionDenied):
        services.withdraw_press(press=scene.press, by=acting(viewer))

    assert len(unended(scene)) == 2
