"""An approver opens what waits for the decision: in the viewer alone, recorded as such, and no longer than it waits."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor, Token
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import services
from sharing.models import Method
from sharing.targets import Target
from studies.models import Placement
from studies.selectors import placements_to_decide_on, placements_visible_to
from studies.services import Part, open_instance
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_series, make_user, placement_of, role_of
from tests.sharing.share_pages import text
from tests.sharing.test_approvals import waiting
from tests.studies.pages import prepared
from tests.studies.test_manifest import make_copy
from worklists.models import Worklist
from worklists.services import add_worklist_member, change_role, change_worklist

pytestmark = pytest.mark.django_db


class Scene:
    """A study with a prepared image and a view copy, shared with Chest Clinic, where it waits for Adam."""

    def __init__(self, cast: Cast) -> None:
        series = make_series(cast.study)
        self.cast, self.instance = cast, prepared(series)
        self.copy = make_copy(series, cover=self.instance.uuid)
        [self.share] = waiting(cast)
        self.placement = Placement.objects.get(study=cast.study, worklist=cast.chest)

    def viewer_urls(self) -> list[str]:
        here, image = self.placement.uuid, self.instance.uuid
        return [
            reverse("studies:viewer", args=[here]),
            reverse("studies:viewer_manifest", args=[here]),
            reverse("studies:pixels", args=[here, self.copy.uuid]),
            reverse("studies:frame", args=[here, image, 1]),
            reverse("studies:thumbnail", args=[here, image]),
        ]

    def other_urls(self) -> list[str]:
        here, image, study = self.placement.uuid, self.instance.uuid, self.cast.study
        return [
            reverse("studies:study", args=[here]),
            reverse("studies:details", args=[here]),
            reverse("studies:original", args=[here, image]),
            reverse("studies:trail", args=[here]),
            reverse("studies:correct", args=[here]),
            reverse("studies:download", args=[here]),
            reverse("sharing:access", args=[here]),
            f"/dicomweb/{self.cast.chest.uuid}/studies/{study.study_instance_uid}/metadata",
        ]


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def statuses(client: Any, urls: list[str]) -> list[int]:
    return [client.get(url).status_code for url in urls]


def test_an_approver_opens_the_images_in_the_viewer_from_the_list(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)

    listed = client.get(reverse("sharing:approvals")).content.decode()
    page = text(client.get(scene.viewer_urls()[0]))

    assert scene.viewer_urls()[0] in listed
    assert statuses(client, scene.viewer_urls()) == [200] * 5
    assert ("Quill" in page, "Awaiting approval" in page, "Save this image" in page) == (True, True, False)


def test_nothing_else_of_what_waits_is_there(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)

    taken = client.post(
        reverse("studies:viewer_saved", args=[scene.placement.uuid]),
        {"what": "save", "series": scene.instance.series.uuid, "instance": scene.instance.uuid, "frame": 1},
    )
    listed = text(client.get(reverse("studies:worklist", args=[scene.cast.chest.uuid])))
    found = client.get(f"/dicomweb/{scene.cast.chest.uuid}/studies")

    assert statuses(client, scene.other_urls()) == [404] * 8
    assert (taken.status_code, "Quill" in listed, found.content) == (404, False, b"[]")


def test_what_waits_is_not_shared_on_or_downloaded(scene: Scene) -> None:
    by = acting(scene.cast.adam)

    with pytest.raises(NothingThere):
        services.share_studies(
            placements=[scene.placement.uuid],
            targets=[Target(Method.GROUP, str(scene.cast.cardiology.uuid))],
            by=by,
        )
    for part in (Part.ORIGINAL, Part.DEIDENTIFIED):
        with pytest.raises(NothingThere):
            open_instance(placement=scene.placement.uuid, instance=scene.instance.uuid, by=by, part=part)

    assert not placements_visible_to(by).filter(pk=scene.placement.pk).exists()


@pytest.mark.parametrize("missing", ["approve_study", "list_studies", "open_study"])
def test_each_of_the_three_rights_is_needed(client: Any, scene: Scene, missing: str) -> None:
    rights = {"approve_study", "list_studies", "open_study", "download_study", "view_study_audit"}
    user = make_user("Olga")
    join(user, scene.cast.northgate, make_role(scene.cast.northgate, "Approves", rights - {missing}))
    add_worklist_member(worklist=scene.cast.chest, user=user, by=acting(scene.cast.adam))
    client.force_login(user)

    assert statuses(client, scene.viewer_urls()) == [404] * 5
    assert scene.viewer_urls()[0] not in client.get(reverse("sharing:approvals")).content.decode()


@pytest.mark.parametrize("person", ["ana", "ben", "vera", "caro", "sue", "rita"])
def test_nobody_else_opens_it_there(client: Any, scene: Scene, person: str) -> None:
    client.force_login(getattr(scene.cast, person))

    assert statuses(client, scene.viewer_urls()) == [404] * 5


def test_it_ends_with_the_share(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)
    before = statuses(client, scene.viewer_urls())
    services.end_shares(shares=[scene.share.uuid], by=acting(scene.cast.ana))

    assert (before, statuses(client, scene.viewer_urls())) == ([200] * 5, [404] * 5)


def test_it_ends_when_the_share_is_declined(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)
    services.decide_share(share=scene.share.uuid, by=acting(scene.cast.adam), approve=False, message="no")

    assert statuses(client, scene.viewer_urls()) == [404] * 5


def test_it_ends_with_the_end_date_without_a_task(scene: Scene, clock: Any) -> None:
    by, to = acting(scene.cast.adam), [Target(Method.GROUP, str(scene.cast.chest.uuid))]
    end = the_clock.now() + timedelta(days=1)
    services.share_studies(
        placements=[scene.cast.placement.uuid], targets=to, by=acting(scene.cast.ana), expires_at=end
    )
    before = placements_to_decide_on(by).count()
    clock.move(days=2)

    with pytest.raises(NothingThere):
        open_instance(placement=scene.placement.uuid, instance=scene.instance.uuid, by=by, part=Part.FRAME)

    assert (before, placements_to_decide_on(by).count()) == (1, 0)


def test_it_ends_with_the_right(client: Any, scene: Scene) -> None:
    role = role_of(scene.cast.northgate, "Administrator")
    held = set(role.permissions.values_list("codename", flat=True))
    client.force_login(scene.cast.adam)
    change_role(role=role, permissions=held - {"approve_study"}, by=OPERATOR)

    assert statuses(client, scene.viewer_urls()) == [404] * 5


def test_after_the_approval_it_is_there_as_any_other(client: Any, scene: Scene) -> None:
    services.decide_share(share=scene.share.uuid, by=acting(scene.cast.adam), approve=True)
    client.force_login(scene.cast.adam)

    page = text(client.get(scene.viewer_urls()[0]))

    assert ("Awaiting approval" in page, "Save this image" in page) == (False, True)


def opened(cast: Cast) -> list[tuple[str, bool, bool]]:
    """What Adam opened: the action, whether it is in the original's trail, and whether it says that it was before."""
    events = AuditEvent.objects.filter(
        by_id=cast.adam.pk, action__in=[Action.STUDY_OPEN, Action.IMAGES_SERVED]
    ).order_by("pk")
    return [(event.action, event.in_original, event.detail.get("before_approval", False)) for event in events]


def test_the_viewing_is_recorded_as_such_in_the_originals_trail(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)
    statuses(client, scene.viewer_urls())

    client.force_login(scene.cast.ana)
    trail = text(client.get(reverse("studies:trail", args=[scene.cast.placement.uuid])))

    assert opened(scene.cast) == [(Action.STUDY_OPEN, True, True), (Action.IMAGES_SERVED, True, True)]
    assert "Adam opened the study before deciding on its approval" in trail


def test_viewing_before_and_after_the_approval_are_two_viewings(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.adam)
    statuses(client, scene.viewer_urls()[3:])
    services.decide_share(share=scene.share.uuid, by=acting(scene.cast.adam), approve=True)
    statuses(client, scene.viewer_urls()[3:])

    assert opened(scene.cast) == [(Action.IMAGES_SERVED, True, True), (Action.IMAGES_SERVED, True, False)]


def test_of_what_came_by_email_the_originals_trail_has_no_viewing(client: Any, cast: Cast) -> None:
    change_worklist(worklist=cast.imaging, needs_approval=True, by=OPERATOR)
    services.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.EMAIL, cast.ed.email)],
        by=acting(cast.ana),
    )
    on_eds = placement_of(cast.study, Worklist.objects.get(owner=cast.ed))
    services.share_studies(
        placements=[on_eds.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ed)
    )
    client.force_login(cast.rita)

    page = client.get(reverse("studies:viewer", args=[placement_of(cast.study, cast.imaging).uuid]))

    event = AuditEvent.objects.get(action=Action.STUDY_OPEN, by_id=cast.rita.pk)
    assert (page.status_code, event.in_original) == (200, False)


def test_a_token_and_the_system_decide_on_nothing(scene: Scene) -> None:
    token = Token(uuid=uuid4(), name="PACS", worklist_ids=frozenset({scene.cast.chest.pk}))
    through = Actor.through(token, owner=scene.cast.adam)
    system = Actor.system("approve_study", "list_studies", "open_study")

    for by in (through, system):
        assert not placements_to_decide_on(by).exists()
        with pytest.raises(NothingThere):
            open_instance(
                placement=scene.placement.uuid, instance=scene.instance.uuid, by=by, part=Part.FRAME
            )


def test_the_page_names_who_may_open_it_to_decide(client: Any, scene: Scene) -> None:
    client.force_login(scene.cast.ana)

    page = text(
        client.get(
            reverse("sharing:access_explain", args=[scene.cast.placement.uuid]),
            {"person": scene.cast.adam.uuid},
        )
    )

    assert "Awaiting approval: may open images to decide" in page


def readers(client: Any, scene: Scene) -> str:
    client.force_login(scene.cast.ana)
    return text(client.get(reverse("sharing:receipt", args=[scene.share.press])))


def test_the_receipt_of_what_was_withdrawn_before_the_decision_names_the_approver(
    client: Any, scene: Scene
) -> None:
    client.force_login(scene.cast.adam)
    statuses(client, scene.viewer_urls())
    services.withdraw_press(press=scene.share.press, by=acting(scene.cast.ana))

    receipt = readers(client, scene)

    assert "opened the study to decide on its approval" in receipt
    assert "No one opened the study." not in receipt


def test_what_was_withdrawn_unseen_says_so(client: Any, scene: Scene) -> None:
    services.withdraw_press(press=scene.share.press, by=acting(scene.cast.ana))

    assert "No one opened the study." in readers(client, scene)
