"""The share dialog and its button, by hand and through the page."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Invitation
from accounts.services import limits
from audit.actions import Action
from audit.models import AuditEvent
from common.text import NOT_AN_EMAIL
from sharing import services
from sharing.models import Method, Share
from sharing.permissions import SENTENCES
from sharing.targets import NO_SUCH, Target
from sharing.views.dialog import NOT_CHOSEN
from studies.models import Placement
from tests.cast import SINGLE_METHODS, acting
from tests.factories import join, make_group, make_location, make_role, make_study, make_user, placement_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LEGENDS = {
    Method.LOCATION: "Locations",
    Method.GROUP: "Groups",
    Method.PHYSICIAN: "Physicians",
    Method.CODE: "Share Code",
    Method.EMAIL: "Email",
}
METHOD_OF = {
    "lois": Method.LOCATION,
    "gus": Method.GROUP,
    "phil": Method.PHYSICIAN,
    "cody": Method.CODE,
    "erin": Method.EMAIL,
}


def picks(cast):
    """For each method the form field that picks somebody by it."""
    return {
        Method.LOCATION: {"location": str(cast.emergency.uuid)},
        Method.GROUP: {"group": str(cast.chest.uuid)},
        Method.PHYSICIAN: {"physician": str(cast.ben.uuid)},
        Method.CODE: {"code": "RIVERSIDE"},
        Method.EMAIL: {"email": "dora@example.net"},
    }


def share(client, cast, **fields):
    return client.post(reverse("sharing:share_studies"), {"placement": str(cast.placement.uuid), **fields})


def legends(page):
    return [method for method, legend in LEGENDS.items() if f">{legend}</legend>" in page]


def text(response):
    return response.content.decode()


# The dialog


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


# Reading back


def check(client, cast, part="", **fields):
    headers = {**HTMX, "HX-Target": part} if part else {}
    return client.post(
        reverse("sharing:share_check"), {"placement": str(cast.placement.uuid), **fields}, headers=headers
    )


def test_a_code_is_read_back_once_and_recorded(client, cast):
    client.force_login(cast.ana)
    page = text(check(client, cast, "share-codes", new_code="river side, nosuchcode"))
    assert "Riverside Clinic — Riverside Imaging" in page
    assert NO_SUCH[Method.CODE] in page
    assert 'value="nosuchcode"' in page
    looks = AuditEvent.objects.filter(action=Action.CODE_LOOK_UP).order_by("pk")
    assert list(looks.values_list("outcome", "other_worklist_label")) == [
        ("success", "Riverside Clinic — Riverside Imaging"),
        ("failed", ""),
    ]
    # The chip carries its name: nothing is looked up again.
    sealed = page.partition('name="code" value="')[2].partition('"')[0]
    again = text(check(client, cast, "share-codes", code=sealed))
    assert "Riverside Clinic — Riverside Imaging" in again
    assert looks.count() == 2
    share(client, cast, code=sealed)
    assert Share.objects.get().to_worklist == cast.imaging


def test_a_chip_with_a_name_we_did_not_give_is_only_a_code(client, cast):
    client.force_login(cast.ana)
    page = text(share(client, cast, code='["RIVERSIDE","Somewhere else"]'))
    assert NO_SUCH[Method.CODE] in page


def test_code_look_ups_are_limited_and_what_was_read_back_before_is_shared(client, cast):
    client.force_login(cast.ana)
    read = text(check(client, cast, "share-codes", new_code="RIVERSIDE"))
    sealed = read.partition('name="code" value="')[2].partition('"')[0]
    for number in range(19):
        check(client, cast, "share-codes", new_code=f"WRONG{number}")
    page = text(check(client, cast, "share-codes", new_code="RIVERSIDE"))
    assert limits.TOO_MANY_CODES in page
    assert "Riverside Imaging" not in page
    assert 'value="RIVERSIDE"' in page
    assert AuditEvent.objects.filter(action=Action.CODE_LOOK_UP).count() == 20
    assert limits.TOO_MANY_CODES_TRIED in text(share(client, cast, code="RIVERSIDE"))
    assert not Share.objects.exists()
    share(client, cast, code=sealed)
    assert Share.objects.get().to_worklist == cast.imaging


def test_the_addresses_a_person_names_in_an_hour_are_limited(client, cast):
    client.force_login(cast.ana)
    for press in range(10):
        share(client, cast, email=[f"person{press}x{number}@example.net" for number in range(20)])
    assert Share.objects.count() == 200
    page = text(share(client, cast, email="one.more@example.net", note="For Friday"))
    assert limits.TOO_MANY_EMAILS in page
    assert "one.more@example.net" in page
    assert "For Friday" in page
    assert Share.objects.count() == 200


def test_who_may_not_share_by_code_looks_up_none(client, cast):
    client.force_login(cast.lois)
    page = text(check(client, cast, new_code="RIVERSIDE"))
    assert "Riverside Imaging" not in page
    assert SENTENCES[Method.CODE] in page
    assert 'value="RIVERSIDE"' in page


def test_addresses_are_marked_unless_a_colleague_has_them(client, cast):
    client.force_login(cast.ana)
    page = text(
        check(
            client,
            cast,
            "share-emails",
            new_email="ben@example.org caro@example.org, nobody, ana@example.org",
        )
    )
    assert page.count("Outside your organisation") == 1
    assert ">Ben</bdi>" in page
    assert "Caro" not in page
    assert f"nobody: {NOT_AN_EMAIL}" in page
    assert "ana@example.org: This is you" in page
    assert 'value="nobody, ana@example.org"' in page


def test_a_chip_is_taken_off(client, cast):
    client.force_login(cast.ana)
    page = text(
        check(
            client, cast, "share-emails", email=["a@example.net", "b@example.net"], drop="email:a@example.net"
        )
    )
    assert 'name="email" value="b@example.net"' in page
    assert 'name="email" value="a@example.net"' not in page
    assert "1 recipient<" in page


def test_without_script_check_brings_the_whole_page_with_everything_kept(client, cast):
    client.force_login(cast.ana)
    page = text(
        check(
            client,
            cast,
            location=str(cast.emergency.uuid),
            find="be",
            new_code="RIVERSIDE",
            new_email="dora@example.net",
            note="Left hilum?",
            until="2199-01-31",
        )
    )
    assert "<html" in page
    assert f'name="location" value="{cast.emergency.uuid}" checked' in page
    assert f'name="add_physician" value="{cast.ben.uuid}:{cast.northgate.uuid}"' in page
    assert "Left hilum?" in page
    assert 'value="2199-01-31"' in page
    assert "Riverside Clinic — Riverside Imaging" in page


# Physicians


def find(client, cast, text_, **more):
    return client.get(
        reverse("sharing:physicians"), {"worklist": str(cast.ct.uuid), "find": text_, **more}, headers=HTMX
    )


def test_a_physician_is_found_added_and_shared_to(client, cast):
    client.force_login(cast.ana)
    hit = f"{cast.ben.uuid}:{cast.northgate.uuid}"
    assert hit in text(find(client, cast, "be"))
    page = text(check(client, cast, "share-physicians", find="be", add_physician=hit))
    assert f'name="physician" value="{hit}"' in page
    assert 'name="add_physician"' not in page
    share(client, cast, physician=hit)
    assert Share.objects.get().to_worklist == cast.ben.personal_worklist


def test_the_search_knows_the_account_alone_and_not_oneself(client, cast):
    client.force_login(cast.ana)
    assert "caro@" not in text(find(client, cast, "car"))
    assert "ana@" not in text(find(client, cast, "ana"))
    assert "ina@" not in text(find(client, cast, "ina"))
    assert "Type at least 2 letters" in text(find(client, cast, "b"))
    assert "No one found for" in text(find(client, cast, "%_"))


def test_who_may_not_share_with_physicians_searches_none(client, cast):
    client.force_login(cast.lois)
    assert find(client, cast, "be").status_code == 403
    client.force_login(cast.caro)
    assert find(client, cast, "be").status_code == 404
    assert client.get(reverse("sharing:physicians"), {"worklist": "x", "find": "be"}).status_code == 404


def test_from_ones_own_worklist_only_directories_where_ones_role_has_the_right(client, cast):
    client.force_login(cast.ana)
    own = str(cast.ana.personal_worklist.uuid)
    both = [str(cast.northgate.uuid), str(cast.riverside.uuid)]
    page = text(find(client, cast, "be", worklist=own, account=both))
    assert "ben@" in page
    assert "caro@" not in text(find(client, cast, "car", worklist=own, account=both))


def test_a_name_typed_and_nobody_chosen_shares_nothing(client, cast):
    client.force_login(cast.ana)
    answer = share(client, cast, location=str(cast.emergency.uuid), find="Ben")
    assert answer.status_code == 422
    assert NOT_CHOSEN in text(answer)
    assert not Share.objects.exists()


def test_search_among_5000_people_is_ten_statements(client, cast, django_assert_num_queries):
    from accounts.models import AccountMembership, Role, User

    people = User.objects.bulk_create(
        User(email=f"p{n}@example.org", name=f"Person {n:04}", password="!") for n in range(5000)
    )
    role = Role.objects.get(account=cast.northgate, name="Viewer")
    AccountMembership.objects.bulk_create(
        AccountMembership(user=person, account=cast.northgate, role=role) for person in people
    )
    client.force_login(cast.ana)
    find(client, cast, "per")
    # session, user, worklist, rights, search; the account, the role and the event, in a transaction
    with django_assert_num_queries(10):
        page = text(find(client, cast, "son 12"))
    assert page.count('name="add_physician"') == 20
    assert "More than 20 people match" in page


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
    # session, user, studies, rights, the event in a transaction, locations, groups, who has the studies
    with django_assert_num_queries(10):
        client.post(reverse("sharing:share_open"), {"placement": uuids})


# Bad input


@pytest.mark.parametrize(
    "fields",
    [
        {"location": "not-a-uuid"},
        {"location": str(uuid4())},
        {"group": "'; DROP TABLE"},
        {"physician": "x:y"},
        {"code": "\x00"},
        {"code": "A" * 5000},
        {"email": "not an address"},
        {"email": f"{'a' * 300}@example.net"},
    ],
)
def test_a_target_that_means_nothing_is_a_refused_line(client, cast, fields):
    client.force_login(cast.ana)
    answer = share(client, cast, **fields)
    assert answer.status_code == 200
    assert "Nothing was shared." in text(answer)
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose at least one study and one recipient."),
        ({"note": "n" * 100_000}, "A note can have at most 2,000 characters. This one has 100,000."),
        ({"until": "31 Febuary"}, "Enter the date as day, month and year"),
        ({"until": "9999-12-31"}, "too far in the future"),
        ({"until": "0001-01-01"}, "must be today or later"),
        ({"email": [f"p{n}@example.net" for n in range(21)]}, "You can choose at most 20 recipients"),
    ],
)
def test_what_cannot_stand_comes_back_with_everything_typed(client, cast, fields, sentence):
    client.force_login(cast.ana)
    kept = {} if not fields else {"location": str(cast.emergency.uuid), "code": "RIVERSIDE"}
    answer = share(client, cast, **{**kept, **fields})
    page = text(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert all(f'value="{value}"' in page for value in kept.values())  # allowed: a case types nothing
    for typed in fields.values():
        assert (typed if isinstance(typed, str) else typed[-1]) in page
    assert not Share.objects.exists()


def test_501_studies_are_too_many_and_nothing_typed_is_lost(client, cast):
    client.force_login(cast.ana)
    ticked = [str(cast.placement.uuid), *(str(uuid4()) for _ in range(500))]
    answer = share(client, cast, placement=ticked, email="dora@example.net", note="Please look")
    page = text(answer)
    assert answer.status_code == 422
    assert "You can share at most 500 studies at once. You selected 501." in page
    assert page.count('name="placement"') == 501
    assert "Please look" in page
    opened = client.post(reverse("sharing:share_open"), {"placement": ticked})
    assert opened.status_code == 400
    assert "You can share at most 500 studies" in text(opened)


def test_nothing_ticked_is_a_sentence(client, cast):
    client.force_login(cast.ana)
    assert "Select at least one study" in text(client.post(reverse("sharing:share_open")))
    assert client.post(reverse("sharing:share_open"), {"placement": "nonsense"}).status_code == 404


def test_markup_in_names_and_notes_stays_text(client, cast):
    study = make_study(cast.ct, patient_name="<script>alert(1)</script>^A", description="<img src=x>")
    placement = str(placement_of(study, cast.ct).uuid)
    client.force_login(cast.ana)
    page = text(client.post(reverse("sharing:share_open"), {"placement": placement}))
    page += text(share(client, cast, placement=placement, new_email="<b>x</b>"))
    page += text(share(client, cast, placement=placement, until="<i>soon</i>", note="</textarea><script>"))
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "<b>x</b>" not in page
    assert "<i>soon</i>" not in page
    assert "</textarea><script>" not in page


@pytest.mark.parametrize(
    "url", ["share_check", "share_studies", "share_open", "remove_studies", "delete_study"]
)
def test_deeds_want_a_token(cast, url, settings):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ana)
    assert client.post(reverse(f"sharing:{url}"), {"placement": str(cast.placement.uuid)}).status_code == 403
    assert not Share.objects.exists()


@pytest.mark.parametrize("url", ["share_check", "share_studies", "remove_studies", "delete_study"])
def test_deeds_are_posted(client, cast, url):
    client.force_login(cast.ana)
    assert client.get(reverse(f"sharing:{url}")).status_code == 405
