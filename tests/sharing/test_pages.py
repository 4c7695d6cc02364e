"""The share dialog and its button, by hand and through the page."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Invitation
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.permissions import SENTENCES
from sharing.targets import Target
from studies.models import Placement
from tests.cast import SINGLE_METHODS, acting
from tests.factories import join, make_group, make_location, make_role, make_study, make_user, placement_of
from tests.sharing.dialog_pages import HTMX, METHOD_OF, legends, picks, share, text

pytestmark = pytest.mark.django_db


def test_the_dialog_has_the_five_labels_the_button_and_the_patient(client, cast):
    client.force_login(cast.ana)
    page = text(client.post(reverse("sharing:share_open"), {"placement": str(cast.placement.uuid)}))
    assert legends(page) == list(Method)
    assert ">Share Studies</span>" in page
    assert "Quill, Hazel" in page
    assert "20 Nov 2026" in page
    assert "<html" in page


def test_htmx_gets_the_dialog_alone(client, cast):
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}, headers=HTMX))
    assert legends(page) == list(Method)
    assert "<html" not in page


@pytest.mark.parametrize("name", METHOD_OF)
def test_a_role_with_one_method_is_offered_that_method_alone(client, cast, name):
    client.force_login(getattr(cast, name))
    page = text(client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}))
    assert legends(page) == [METHOD_OF[name]]


@pytest.mark.parametrize("method", list(Method))
def test_a_role_with_everything_but_a_method_cannot_use_it(client, cast, method):
    everything = {"list_studies", "share_study", *SINGLE_METHODS.values()}
    lacking = next(SINGLE_METHODS[name] for name, one in METHOD_OF.items() if one == method)
    person = make_user("Max")
    join(person, cast.northgate, make_role(cast.northgate, "All but one", everything - {lacking}), [cast.ct])
    client.force_login(person)

    page = text(client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}))
    assert legends(page) == [one for one in Method if one != method]
    # By hand, or in a dialog opened before the right was lost: refused, with the reason in the report.
    report = share(client, cast, **picks(cast)[method])
    assert report.status_code == 200
    assert SENTENCES[method] in text(report)
    assert not Share.objects.exists()
    assert AuditEvent.objects.filter(action=Action.REFUSED, by_id=person.pk).count() == 1


@pytest.mark.parametrize("method", list(Method))
def test_each_method_shares_through_the_page(client, cast, method):
    client.force_login(cast.ana)
    report = share(client, cast, **picks(cast)[method])
    assert "What was shared" in text(report)
    [made] = Share.objects.all()
    assert (made.method, made.study, made.shared_by) == (method, cast.study, cast.ana)


def test_five_methods_and_two_studies_go_in_one_press(client, cast):
    second = make_study(cast.ct, patient_name="Osei^Kofi")
    client.force_login(cast.ana)
    every = {name: value for fields in picks(cast).values() for name, value in fields.items()}
    ticked = [str(cast.placement.uuid), str(placement_of(second, cast.ct).uuid)]
    page = text(
        share(client, cast, **{**every, "placement": ticked, "note": "Please look", "until": "2199-01-31"})
    )
    assert Share.objects.count() == 10
    assert {share.note for share in Share.objects.all()} == {"Please look"}
    # Inclusive, in the worklist's zone: London.
    assert {share.expires_at.isoformat() for share in Share.objects.all()} == {"2199-02-01T00:00:00+00:00"}
    assert '<strong class="num">4 recipients</strong> shared' in page
    assert '<strong class="num">1 recipient</strong> invited; visible once the person registers' in page
    assert "The new shares end after 31 Jan 2199." in page
    assert "Osei, Kofi" in page


def test_the_same_press_again_is_answered_already_shared(client, cast):
    client.force_login(cast.ana)
    share(client, cast, location=str(cast.emergency.uuid))
    events = set(AuditEvent.objects.values_list("pk", flat=True))
    again = share(client, cast, location=str(cast.emergency.uuid))
    assert "already shared, nothing changed" in text(again)
    assert Share.objects.count() == 1
    # Nothing was done; its report was read.
    [event] = AuditEvent.objects.exclude(pk__in=events)
    assert (event.action, event.study_id) == (Action.DIALOG_READ, cast.study.pk)


def test_a_change_names_the_old_and_the_new_end_date_and_note(client, cast):
    client.force_login(cast.ana)
    to = {"location": str(cast.emergency.uuid)}
    share(client, cast, **to, note="For Friday")

    with_end = text(share(client, cast, **to, until="2199-01-31"))
    with_both = text(share(client, cast, **to, until="2199-02-28", note="For <b>Monday</b>"))

    assert '<strong class="num">1 recipient</strong> updated' in with_end
    assert "End date: none → 31 Jan 2199." in with_end
    assert "Note" not in with_end
    assert "End date: 31 Jan 2199 → 28 Feb 2199." in with_both
    assert "Note: “For Friday” → “For &lt;b&gt;Monday&lt;/b&gt;”." in with_both


def test_what_was_typed_and_not_read_back_is_not_shared_but_read_back(client, cast):
    client.force_login(cast.ana)

    answer = share(
        client, cast, location=str(cast.emergency.uuid), new_code="river side", new_email="dora@example.net"
    )

    page = text(answer)
    assert answer.status_code == 422
    assert "Check the 2 recipients that were added, then share." in page
    assert "Riverside Clinic — Riverside Imaging" in page
    assert 'name="email" value="dora@example.net"' in page
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"new_email": "john smith@practice.example"},
        {"new_email": "dora@example.net, john smith@practice.example"},
        {"new_email": "nobody"},
        {"new_code": "NOSUCHCODE"},
    ],
)
def test_an_entry_that_is_no_recipient_stays_in_its_field_and_nothing_is_done(client, cast, typed):
    client.force_login(cast.ana)

    answer = share(client, cast, location=str(cast.emergency.uuid), **typed)

    left = (
        {"new_code": "NOSUCHCODE"}
        if "new_code" in typed
        else {"new_email": typed["new_email"].split(", ")[-1]}
    )
    page = text(answer)
    assert answer.status_code == 422
    assert "Correct or clear the entries that are not recipients, then share." in page
    assert f'value="{next(iter(left.values()))}"' in page
    assert 'value="smith@practice.example"' not in page
    assert not Share.objects.exists()
    assert not Invitation.objects.exists()


def test_who_may_not_share_at_all_gets_a_sentence(client, cast):
    client.force_login(cast.vera)
    for answer in (
        client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}),
        share(client, cast, location=str(cast.emergency.uuid)),
    ):
        assert answer.status_code == 403
        assert "does not let you share" in text(answer)
    assert not Share.objects.exists()


@pytest.mark.parametrize("name", ["nolan", "ina", "ben", "sue", "caro", "ed"])
def test_what_one_does_not_see_cannot_be_told_from_what_is_not_there(client, cast, name):
    client.force_login(getattr(cast, name))
    for url in (
        "sharing:share_open",
        "sharing:share_check",
        "sharing:share_studies",
        "sharing:remove",
        "sharing:delete",
    ):
        real = client.post(reverse(url), {"placement": str(cast.placement.uuid), "email": "x@example.net"})
        made_up = client.post(reverse(url), {"placement": str(uuid4()), "email": "x@example.net"})
        assert (real.status_code, made_up.status_code) == (404, 404)
        assert real.content == made_up.content


def test_signed_out_a_page_leads_to_sign_in_and_a_part_is_refused(client, cast):
    url = f"{reverse('sharing:share')}?placement={cast.placement.uuid}"
    assert client.get(url).url.startswith(reverse("account_login"))
    assert client.get(url, headers=HTMX).status_code == 401
    assert share(client, cast, email="x@example.net").status_code == 302
    assert not Share.objects.exists()


def test_a_stale_study_is_a_refused_line_beside_the_others(client, cast):
    client.force_login(cast.ana)
    gone = str(uuid4())
    page = text(
        share(client, cast, placement=[str(cast.placement.uuid), gone], location=str(cast.emergency.uuid))
    )
    assert "This study is no longer on this worklist." in page
    assert Share.objects.count() == 1


def test_own_worklist_offers_what_the_incoming_shares_allow(client, cast):
    services.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid))],
        by=acting(cast.ana),
    )
    mine = Placement.objects.get(worklist=cast.ben.personal_worklist)
    client.force_login(cast.ben)
    page = text(client.get(reverse("sharing:share"), {"placement": str(mine.uuid)}))
    assert legends(page) == list(Method)
    assert "Cardiology MDT" in page
    assert "Riverside Orthopaedics" not in page


def test_an_outsider_may_pass_on_by_code_and_email_alone(client, cast):
    services.share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.EMAIL, cast.ed.email)], by=acting(cast.ana)
    )
    mine = Placement.objects.get(worklist=cast.ed.personal_worklist)
    client.force_login(cast.ed)
    page = text(client.get(reverse("sharing:share"), {"placement": str(mine.uuid)}))
    assert legends(page) == [Method.CODE, Method.EMAIL]


@pytest.mark.parametrize(("studies", "places"), [(1, 1), (50, 50)])
def test_the_dialog_asks_the_same_few_statements_at_any_size(
    client, cast, django_assert_num_queries, studies, places
):
    uuids = [str(placement_of(make_study(cast.ct), cast.ct).uuid) for _ in range(studies)]
    for _ in range(places):
        make_location(cast.northgate)
        make_group(cast.northgate)
    client.force_login(cast.ana)
    client.get(reverse("sharing:shared_by_me"))
    # session, user, studies, rights, the event in a transaction, own latest shares, locations, groups, who has them,
    # who was shared with before, what the account says of end dates, its rules, and the saved lists of recipients
    with django_assert_num_queries(15):
        client.post(reverse("sharing:share_open"), {"placement": uuids})
