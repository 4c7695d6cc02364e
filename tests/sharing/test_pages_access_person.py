"""The Access tab about one person: whether they can open the study, and why, as far as the reader may know."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AccountMembership, Role
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from tests.cast import acting
from tests.factories import join, membership_of
from tests.sharing.access_pages import answer, explain, spread
from tests.sharing.share_pages import share
from worklists.services import change_role, change_worklist, change_worklist_member, set_active

__all__ = ["spread"]
pytestmark = pytest.mark.django_db


def test_the_answer_for_who_can_names_role_path_and_ends(client, spread):
    client.force_login(spread.ana)

    page = answer(client, spread.placement, spread.ben)

    assert "Can open this study" in page
    assert "Role Radiologist on Emergency (account role)" in page
    assert "Granted by Ana" in page


def test_the_answer_for_who_cannot_names_the_role_that_may_not(client, cast):
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)
    client.force_login(cast.ana)

    page = answer(client, cast.placement, cast.vera)

    assert "Cannot open this study here" in page
    assert "Member of CT Reporting, but the role Viewer may not open images." in page


def test_the_answer_names_a_share_that_waits(client, cast):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=OPERATOR)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)

    decides = answer(client, cast.placement, cast.ben)
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_worklist_member(membership=membership_of(cast.ben, cast.emergency), role=viewer, by=OPERATOR)

    assert "Awaiting approval: may open images to decide" in decides
    assert "is awaiting approval." in answer(client, cast.placement, cast.ben)


def test_the_answer_names_a_share_that_was_ended(client, cast):
    ended = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.end_shares(shares=[ended.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    page = answer(client, cast.placement, cast.ben)

    assert "Member of Emergency, but the share to that worklist ended on" in page
    assert "ended by a person." in page


def test_the_answer_names_the_last_day_of_a_share_that_expired(client, cast, clock):
    end = the_clock.now() + timedelta(days=2)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid, expires_at=end)
    clock.move(days=3)
    client.force_login(cast.ana)

    assert "its end date." in answer(client, cast.placement, cast.ben)


def test_the_answer_says_that_a_colleague_is_nowhere_where_the_study_is(client, cast):
    client.force_login(cast.ana)

    assert "Not a member of any worklist where this study is." in answer(client, cast.placement, cast.ben)


def test_what_happened_on_worklists_of_others_is_not_told(client, spread):
    """Ben is a member of Riverside Imaging too, which only Riverside may know."""
    join(spread.ben, spread.riverside, "Radiologist", [spread.imaging])
    AccountMembership.objects.filter(user=spread.ben, account=spread.northgate).update(active=True)
    spread.ben.worklist_memberships.filter(worklist=spread.emergency).delete()
    client.force_login(spread.ana)

    page = answer(client, spread.placement, spread.ben)

    assert "Riverside" not in page


@pytest.mark.parametrize("name", ["caro", "rita", "ed", "sue"])
def test_people_of_other_organisations_cannot_be_asked_about(client, cast, name):
    client.force_login(cast.ana)

    real = explain(client, cast.placement, person=getattr(cast, name).uuid)
    made_up = explain(client, cast.placement, person=uuid4())

    assert (real.status_code, real.content) == (404, made_up.content)


def test_who_left_can_be_asked_about_by_administrators_alone(client, cast):
    client.force_login(cast.ana)
    assert explain(client, cast.placement, person=cast.ina.uuid).status_code == 404

    client.force_login(cast.adam)
    page = answer(client, cast.placement, cast.ina)
    assert "Member of CT Reporting, but the membership of Northgate Hospital is not active." in page


def test_a_deactivated_person_can_be_asked_about_by_administrators_alone(client, cast):
    set_active(user=cast.vera, active=False, by=acting(cast.sue))
    client.force_login(cast.ana)
    assert explain(client, cast.placement, person=cast.vera.uuid).status_code == 404

    client.force_login(cast.adam)
    assert "This person is deactivated and cannot sign in." in answer(client, cast.placement, cast.vera)


@pytest.mark.parametrize(
    ("text", "hits"), [("ver", ["Vera"]), ("Dr Vera", ["Vera"]), ("caro", []), ("v", [])]
)
def test_a_search_finds_people_of_ones_own_organisations(client, cast, text, hits):
    client.force_login(cast.ana)

    page = explain(client, cast.placement, find=text)

    assert [hit.name for hit in page.context["hits"]] == hits


@pytest.mark.parametrize("query", [{"person": "nonsense"}, {"person": "1" * 5000}])
def test_a_person_who_does_not_exist_is_not_found(client, cast, query):
    client.force_login(cast.ana)

    assert explain(client, cast.placement, **query).status_code == 404


@pytest.mark.parametrize("text", ["\x00", "%_", "x" * 5000, "'; --"])
def test_hostile_searches_find_no_one(client, cast, text):
    client.force_login(cast.ana)

    page = explain(client, cast.placement, find=text)

    assert (page.status_code, page.context.get("hits", [])) == (200, [])


@pytest.mark.parametrize("url", ["sharing:access_people", "sharing:access_explain"])
@pytest.mark.parametrize("name", ["nolan", "ina", "ben", "sue", "caro", "ed"])
def test_who_does_not_see_the_study_learns_nothing(client, cast, url, name):
    client.force_login(getattr(cast, name))

    real = client.get(reverse(url, args=[cast.placement.uuid]))
    made_up = client.get(reverse(url, args=[uuid4()]))

    assert (real.status_code, real.content) == (404, made_up.content)
    assert not AuditEvent.objects.filter(action=Action.ACCESS_READ).exists()


def test_each_answer_is_recorded_in_the_trail(client, cast):
    client.force_login(cast.ana)
    answer(client, cast.placement, cast.vera)

    [event] = AuditEvent.objects.filter(action=Action.ACCESS_READ)

    assert (event.by_id, event.placement_uuid) == (cast.ana.pk, cast.placement.uuid)
    assert event.detail["explained"] == "Vera"
