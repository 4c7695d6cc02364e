"""Removing a study from a worklist, and deleting it at its home."""

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.permissions import AT_HOME, STAYS
from studies.models import Placement, Study
from tests.factories import join, make_study, make_user, placement_of
from tests.sharing.share_pages import HTMX, share, text
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def on_emergency(cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    other = make_study(cast.ct, patient_name="Osei^Kofi")
    share(cast.ana, placement_of(other, cast.ct), Method.LOCATION, cast.emergency.uuid)
    return list(Placement.objects.filter(worklist=cast.emergency))


def test_studies_are_removed_after_a_preview_and_stay_at_home(client, cast, on_emergency):
    client.force_login(cast.ben)
    named = {"placement": [str(one.uuid) for one in on_emergency]}
    page = text(client.post(reverse("sharing:remove"), named))
    assert "Remove 2 studies from this worklist" in page
    assert "2 shares to this worklist end" in page
    assert "Quill, Hazel" in page
    assert Share.objects.filter(ended_at=None).count() == 2
    answer = client.post(reverse("sharing:remove_studies"), named)
    assert answer.status_code == 302
    assert not Placement.objects.filter(worklist=cast.emergency).exists()
    assert Placement.objects.filter(worklist=cast.ct).count() == 2
    assert set(Share.objects.values_list("end_reason", flat=True)) == {"removed"}


def test_a_preview_of_several_worklists_is_an_event_on_each(client, cast, on_emergency):
    """Of each worklist its own studies, and nothing of the other."""
    add_worklist_member(worklist=cast.chest, user=cast.ben, role=None, by=OPERATOR)
    share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid)
    at_chest = placement_of(cast.study, cast.chest)
    client.force_login(cast.ben)
    before = AuditEvent.objects.count()

    named = {"placement": [str(one.uuid) for one in (*on_emergency, at_chest)]}
    assert client.post(reverse("sharing:remove"), named).status_code == 200

    events = {event.worklist_id: event for event in AuditEvent.objects.order_by("pk")[before:]}
    assert len(events) == AuditEvent.objects.count() - before == 2
    assert {event.action for event in events.values()} == {Action.DIALOG_READ}
    assert events[cast.emergency.pk].detail["study_ids"] == sorted(one.study_id for one in on_emergency)
    assert (events[cast.chest.pk].study_id, events[cast.chest.pk].detail["dialog"]) == (
        cast.study.pk,
        "remove",
    )


def test_a_study_is_not_removed_from_its_home(client, cast):
    client.force_login(cast.ana)
    for url in ("sharing:remove", "sharing:remove_studies"):
        answer = client.post(reverse(url), {"placement": str(cast.placement.uuid)})
        assert answer.status_code == 400
        assert AT_HOME in answer.content.decode()
    assert Placement.objects.filter(worklist=cast.ct).exists()


def test_of_a_mixed_selection_the_preview_lists_what_is_removed_and_what_stays_and_why(client, cast):
    own = make_study(cast.emergency, patient_name="Lund^Ida", description="CHEST PA")
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    shared = placement_of(cast.study, cast.emergency)
    client.force_login(cast.ben)

    named = {"placement": [str(shared.uuid), str(placement_of(own, cast.emergency).uuid)]}
    answer = client.post(reverse("sharing:remove"), named)

    page = text(answer)
    assert answer.status_code == 200
    assert "Remove 1 study from this worklist" in page
    removed, _, stays = page.partition("Cannot be removed: 1 study")
    assert ("Quill, Hazel" in removed, "Lund, Ida" in removed) == (True, False)
    assert ("Lund, Ida" in stays, "CHEST PA" in stays, STAYS in stays) == (True, True, True)
    assert "elete the study" not in page
    assert page.count('name="placement"') == 1
    assert f'name="placement" value="{shared.uuid}"' in page


def test_removing_is_offered_where_something_can_be_removed(client, cast):
    client.force_login(cast.ana)
    here = reverse("studies:worklist", args=[cast.ct.uuid])
    assert "Remove from this worklist" not in text(client.get(here))
    make_study(cast.emergency)
    share(cast.ben, Placement.objects.get(worklist=cast.emergency), Method.LOCATION, cast.ct.uuid)
    page = text(client.get(here))
    assert ("Remove from this worklist" in page, page.count("data-original")) == (True, 1)


def test_removing_needs_the_right(client, cast, on_emergency):
    person = make_user("Vic")
    join(person, cast.northgate, "Viewer", [cast.emergency])
    client.force_login(person)
    for url in ("sharing:remove", "sharing:remove_studies"):
        assert client.post(reverse(url), {"placement": str(on_emergency[0].uuid)}).status_code == 403
    assert Placement.objects.filter(worklist=cast.emergency).count() == 2


def test_after_removing_one_comes_back_to_the_list_as_it_was(client, cast, on_emergency):
    client.force_login(cast.ben)
    here = reverse("studies:worklist", args=[cast.emergency.uuid])
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{here}?sort=name&way=up"}
    page = client.post(reverse("sharing:remove"), {"placement": str(on_emergency[0].uuid)}, headers=headers)
    assert f'name="back" value="{here}?sort=name&amp;way=up"' in page.content.decode()


def test_a_study_is_deleted_at_home_with_a_reason_after_a_preview(client, cast, chain):
    client.force_login(cast.ana)
    named = {"placement": str(cast.placement.uuid)}
    page = text(client.post(reverse("sharing:delete"), named))
    assert "This deletes the original study." in page
    assert "share with Emergency ends" in page
    assert ("Riverside" in page, "dora@" in page) == (False, False)
    empty = client.post(reverse("sharing:delete_study"), named)
    assert empty.status_code == 422
    assert "Nothing was deleted." in text(empty)
    assert Placement.objects.exists()
    long = client.post(reverse("sharing:delete_study"), {**named, "why": "w" * 600})
    assert (long.status_code, "w" * 600 in text(long)) == (422, True)
    client.post(reverse("sharing:delete_study"), {**named, "why": "Wrong patient"})
    study = Study.objects.get(pk=cast.study.pk)
    assert (study.deleted_by, study.deleted_because, study.patient_name) == (cast.ana, "Wrong patient", "")
    assert not Share.objects.filter(ended_at=None).exists()


def test_a_recipient_with_every_right_never_deletes_the_original(client, cast, on_emergency):
    join(make_user("Ada"), cast.northgate, "Administrator", [cast.emergency])
    client.force_login(cast.adam)
    for url in ("sharing:delete", "sharing:delete_study"):
        answer = client.post(reverse(url), {"placement": str(on_emergency[0].uuid), "why": "because"})
        assert answer.status_code == 403
        assert "Only the original can be deleted." in text(answer)
    assert Study.objects.filter(deleted_at=None).count() == 3


def test_who_may_not_delete_gets_a_sentence(client, cast):
    client.force_login(cast.vera)
    for url in ("sharing:delete", "sharing:delete_study"):
        assert (
            client.post(reverse(url), {"placement": str(cast.placement.uuid), "why": "because"}).status_code
            == 403
        )
    assert client.post(reverse("sharing:delete")).status_code == 404
