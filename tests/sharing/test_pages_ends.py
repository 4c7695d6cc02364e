"""Ending shares, removing and deleting studies; what was received; what one shared."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Invitation, OutboxMail
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.permissions import AT_HOME, MAY_NOT_END, STAYS
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import acting
from tests.factories import join, make_location, make_role, make_study, make_user, placement_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def share(by, placement, method, value, **more):
    report = services.share_studies(
        placements=[placement.uuid], targets=[Target(method, str(value))], by=acting(by), **more
    )
    [row] = report.rows
    return row.share


def text(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def chain(cast):
    """CT Reporting → Emergency → Riverside by code and an address; the first one is ended in these tests."""
    join(make_user("Eve"), cast.northgate, "Radiologist", [cast.emergency])
    first = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    on_emergency = placement_of(cast.study, cast.emergency)
    share(cast.ben, on_emergency, Method.CODE, "RIVERSIDE")
    share(cast.ben, on_emergency, Method.GROUP, cast.chest.uuid)
    share(cast.ben, on_emergency, Method.EMAIL, "dora@example.net")
    return first


def end(client, *shares, **more):
    return client.post(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares], **more})


# Ending


def test_the_preview_says_in_numbers_what_ends_and_ends_nothing(client, cast, chain):
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": str(chain.uuid)}))
    assert "Shared with <bdi>Emergency</bdi>, <bdi>Northgate Hospital</bdi>" in page
    assert "study also disappears from Chest Clinic, where it was shared on" in page
    assert "worklist of other organisations loses it too, through onward shares" in page
    assert "share waiting for people who have not registered ends" in page
    assert "Riverside" not in page
    assert Share.objects.filter(ended_at=None).count() == 4


def test_ending_takes_everything_that_hung_on_it(client, cast, chain):
    client.force_login(cast.ana)
    answer = end(client, chain, back=reverse("sharing:shared_by_me"))
    assert answer.url == reverse("sharing:shared_by_me")
    assert "1 share ended, and 3 shares with it." in text(client.get(answer.url))
    assert not Share.objects.filter(ended_at=None).exists()
    client.force_login(cast.ben)
    assert client.get(reverse("studies:study", args=[_uuid(cast.study, cast.emergency)])).status_code == 404


def _uuid(study, worklist):
    """A placement's address is the same after it is gone and shared again."""
    found = Placement.objects.filter(study=study, worklist=worklist).first()
    return found.uuid if found else uuid4()


def test_several_shares_end_at_once(client, cast):
    shares = [
        share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid),
        share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid),
    ]
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))
    assert "2 shares of 1 study." in page
    end(client, *shares)
    assert not Share.objects.filter(ended_at=None).exists()


def test_the_preview_names_patient_study_and_recipient_of_each_share(client, cast):
    study = make_study(
        cast.ct,
        patient_name="Osei^Kofi",
        patient_id="N-77",
        description="CT HEAD PLAIN",
        modalities=["CT"],
        study_date="2026-11-22",
    )
    placement = placement_of(study, cast.ct)
    shares = [
        share(cast.ana, placement, Method.LOCATION, cast.emergency.uuid),
        share(cast.ana, placement, Method.PHYSICIAN, cast.ben.uuid),
        share(cast.ana, placement, Method.CODE, "RIVERSIDE"),
        share(cast.ana, placement, Method.EMAIL, "dora@example.net"),
    ]
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))

    lines = page.partition('class="ended-studies ended-shares"')[2].partition("</ul>")[0].split("</li>")[:-1]
    assert len(lines) == 4
    for line in lines:
        assert ("Osei, Kofi" in line, "N-77" in line, "CT HEAD PLAIN" in line) == (True, True, True)
        assert ("22 Nov 2026" in line, ">CT<" in line) == (True, True)
    [to_ben, to_emergency, to_riverside, to_dora] = sorted(
        lines, key=lambda line: line.partition("Shared with")[2].lower().replace("dora", "zora")
    )
    assert "<bdi>Ben</bdi>, <bdi>Northgate Hospital</bdi>" in to_ben
    assert "<bdi>Emergency</bdi>, <bdi>Northgate Hospital</bdi>" in to_emergency
    assert "2 people can see it there" in to_emergency
    assert "<bdi>Riverside Clinic — Riverside Imaging</bdi>" in to_riverside
    assert "people" not in to_riverside
    assert "<bdi>dora@example.net</bdi>" in to_dora


def test_the_preview_counts_the_people_of_ones_own_organisation_on_worklists_that_lose_it(client, cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    for name in ("Mo", "Moa"):
        join(make_user(name), cast.northgate, "Viewer", [cast.chest])
    share(cast.ben, placement_of(cast.study, cast.emergency), Method.GROUP, cast.chest.uuid)
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:end"), {"share": str(made.uuid)}))

    assert "study also disappears from Chest Clinic, where it was shared on and 3 people can see it" in page


@pytest.mark.parametrize("number", [1, 40])
def test_the_preview_of_an_end_asks_the_same_few_statements(client, cast, django_assert_num_queries, number):
    shares = [
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
        for _ in range(number)
    ]
    client.force_login(cast.ana)
    client.get(reverse("sharing:end"), {"share": str(shares[0].uuid)})
    with django_assert_num_queries(16):
        page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))
    assert page.count("Shared with <bdi>Emergency") == number


def test_htmx_leaves_the_dialog_for_the_page_one_came_from(client, cast, chain):
    client.force_login(cast.ana)
    here = reverse("sharing:access", args=[cast.placement.uuid])
    answer = client.post(reverse("sharing:end"), {"share": str(chain.uuid), "back": here}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == here


@pytest.mark.parametrize(
    "back",
    ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b"],
)
def test_nobody_is_led_elsewhere(client, cast, chain, back):
    client.force_login(cast.ana)
    answer = client.post(reverse("sharing:end"), {"share": str(chain.uuid), "back": back}, headers=HTMX)
    assert answer.status_code == 200
    assert "elsewhere" not in answer.headers["HX-Redirect"]
    assert "javascript" not in answer.headers["HX-Redirect"]
    assert "Set-Cookie" not in answer.headers


def test_a_share_that_has_ended_is_gone(client, cast, chain):
    services.end_shares(shares=[chain.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)
    answer = client.get(reverse("sharing:end"), {"share": str(chain.uuid)})
    assert answer.status_code == 410
    assert "has already ended" in text(answer)
    assert "This share had already ended." in text(client.get(end(client, chain).url))


def test_who_sees_a_share_and_may_not_end_it_gets_a_sentence_and_one_line(client, cast, chain):
    client.force_login(cast.vera)
    for answer in (client.get(reverse("sharing:end"), {"share": str(chain.uuid)}), end(client, chain)):
        assert answer.status_code == 403
        assert MAY_NOT_END in text(answer)
    assert AuditEvent.objects.filter(action=Action.DENIED, by_id=cast.vera.pk).count() == 2
    chain.refresh_from_db()
    assert chain.ended_at is None


def test_the_recipient_may_not_end_the_share_that_brought_it(client, cast, chain):
    client.force_login(cast.ben)
    assert end(client, chain).status_code == 403


@pytest.mark.parametrize("name", ["caro", "nolan", "ina", "sue", "ed"])
def test_a_share_one_does_not_see_is_not_there(client, cast, name):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(getattr(cast, name))
    real = client.get(reverse("sharing:end"), {"share": str(made.uuid)})
    made_up = client.get(reverse("sharing:end"), {"share": str(uuid4())})
    assert (real.status_code, real.content) == (404, made_up.content)
    assert end(client, made).status_code == 404


def test_home_may_end_what_was_shared_from_elsewhere(client, cast, chain):
    onward = Share.objects.get(method=Method.CODE)
    client.force_login(cast.ana)
    end(client, onward)
    onward.refresh_from_db()
    assert onward.ended_by == cast.ana


def test_no_share_named_is_a_sentence(client, cast):
    client.force_login(cast.ana)
    assert "Select at least one share" in text(client.get(reverse("sharing:end"), {"share": "nonsense"}))


# Removing


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


# Deleting at home


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


# Received


def test_a_press_shows_its_reader_what_still_stands(client, cast):
    second = make_study(cast.ct, patient_name="Osei^Kofi")
    report = services.share_studies(
        placements=[cast.placement.uuid, placement_of(second, cast.ct).uuid],
        targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid))],
        by=acting(cast.ana),
        note="<b>Left hilum</b> \u202eplease",
    )
    url = reverse("sharing:received", args=[report.press])
    client.force_login(cast.ben)
    page = text(client.get(url))
    assert "2 studies shared with you" in page
    assert ("Ana" in page, "Quill, Hazel" in page, "Osei, Kofi" in page) == (True, True, True)
    assert "&lt;b&gt;Left hilum&lt;/b&gt; please" in page
    mine = Placement.objects.get(study=cast.study, worklist=cast.ben.personal_worklist)
    assert reverse("studies:study", args=[mine.uuid]) in page

    services.end_shares(
        shares=[row.share.uuid for row in report.rows if row.placement.study == second], by=acting(cast.ana)
    )
    assert "1 study shared with you" in text(client.get(url))
    services.end_shares(shares=[row.share.uuid for row in report.rows], by=acting(cast.ana))
    answer = client.get(url)
    assert answer.status_code == 410
    assert "The shares from Ana have ended." in text(answer)
    assert AuditEvent.objects.filter(action=Action.LIST_READ, by_id=cast.ben.pk).count() == 3


@pytest.mark.parametrize("name", ["caro", "vera", "ana", "sue", "ed"])
def test_a_press_to_others_is_not_there(client, cast, name):
    made = share(cast.ana, cast.placement, Method.PHYSICIAN, cast.ben.uuid)
    client.force_login(getattr(cast, name))
    real = client.get(reverse("sharing:received", args=[made.press]))
    made_up = client.get(reverse("sharing:received", args=[uuid4()]))
    assert (real.status_code, real.content) == (404, made_up.content)


# Shared by me


def test_what_one_shared_with_its_state_by_word(client, cast, clock):
    live = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    ended = share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid)
    services.end_shares(shares=[ended.uuid], by=acting(cast.adam))
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    share(cast.ana, cast.placement, Method.LOCATION, asks.uuid)
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")
    share(cast.lois, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:shared_by_me")))
    assert page.count("<tr>") == 7
    assert 'Ended</span></span> <span class="muted">by Adam</span>' in page
    assert "not yet registered" in page
    assert "Awaiting approval" in page
    assert "Riverside Clinic — Riverside Imaging" in page
    assert (cast.ed.email in page, ">Ed<" in page) == (True, False)
    assert str(live.uuid) in page
    assert str(ended.uuid) not in page
    # Not by moving the clock: nobody stays signed in for so long.
    Invitation.objects.update(expires_at=clock.now())
    assert "Invitation expired" in text(client.get(reverse("sharing:shared_by_me")))


def test_a_study_one_no_longer_sees_is_not_named(client, cast):
    person = make_user("Max")
    membership = join(person, cast.northgate, "Radiologist", [cast.ct])
    share(person, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.leave_account(membership=membership.pk, by=OPERATOR)
    client.force_login(person)
    page = text(client.get(reverse("sharing:shared_by_me")))
    assert "A study you can no longer see" in page
    assert "Quill" not in page
    assert 'name="share"' not in page


@pytest.mark.parametrize("number", [1, 50])
def test_the_list_asks_the_same_few_statements(client, cast, django_assert_num_queries, number):
    for _ in range(number):
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)
    client.get(reverse("sharing:shared_by_me"))
    # session, user, shares, now, the rights to end them; the role and the event, in a transaction
    with django_assert_num_queries(9):
        page = text(client.get(reverse("sharing:shared_by_me")))
    assert page.count("<tr>") == number + 1


def test_pages_are_reached_by_a_line_not_a_number(client, cast):
    shares = [
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
        for _ in range(51)
    ]
    client.force_login(cast.ana)
    url = reverse("sharing:shared_by_me")
    first = text(client.get(url))
    assert (f'value="{shares[50].uuid}"' in first, f'value="{shares[0].uuid}"' in first) == (True, False)
    older = text(client.get(url, {"before": str(shares[1].uuid)}))
    assert (f'value="{shares[0].uuid}"' in older, older.count('name="share"')) == (True, 1)
    newer = text(client.get(url, {"after": str(shares[0].uuid)}))
    assert newer.count('name="share"') == 50
    for wrong in ("nonsense", str(uuid4())):
        answer = client.get(url, {"before": wrong})
        assert answer.status_code == 400
        assert "These are the newest entries." in text(answer)


# Invitations


@pytest.fixture
def invited(cast):
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    return Invitation.objects.get()


def test_an_invitation_is_sent_again_and_given_a_new_link(client, cast, invited):
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:invitations")))
    assert ("dora@example.net" in page, "Pending" in page) == (True, True)
    mails = OutboxMail.objects.filter(kind="invitation")
    before = mails.count()
    client.post(reverse("sharing:resend", args=[invited.uuid]))
    assert mails.count() == before + 1
    client.post(reverse("sharing:relink", args=[invited.uuid]))
    invited.refresh_from_db()
    assert (mails.count(), invited.generation) == (before + 2, 2)


def test_an_invitation_is_withdrawn_after_a_preview(client, cast, invited):
    client.force_login(cast.ana)
    url = reverse("sharing:withdraw", args=[invited.uuid])
    page = text(client.get(url))
    assert ("share waiting for this person ends" in page, "The link stops working." in page) == (True, True)
    client.post(url)
    invited.refresh_from_db()
    assert invited.withdrawn_by == cast.ana
    assert Share.objects.get().end_reason == "withdrawn"
    again = client.post(url, follow=True)
    assert "withdrawn in the meantime" in text(again)
    assert "Withdrawn" in text(again)


@pytest.mark.parametrize("name", ["vera", "caro", "adam", "sue", "ed"])
def test_the_invitations_of_others_are_not_there(client, cast, invited, name):
    client.force_login(getattr(cast, name))
    for url in ("sharing:resend", "sharing:relink", "sharing:withdraw"):
        real = client.post(reverse(url, args=[invited.uuid]))
        made_up = client.post(reverse(url, args=[uuid4()]))
        assert (real.status_code, real.content) == (404, made_up.content)
    assert client.get(reverse("sharing:withdraw", args=[invited.uuid])).status_code == 404
    assert "dora@" not in text(client.get(reverse("sharing:invitations")))


@pytest.mark.parametrize("url", ["resend", "relink"])
def test_mails_are_sent_by_post_alone(client, cast, invited, url):
    client.force_login(cast.ana)
    assert client.get(reverse(f"sharing:{url}", args=[invited.uuid])).status_code == 405


def test_a_role_that_only_lists_shares_nothing_and_ends_nothing(client, cast):
    person = make_user("Lin")
    join(person, cast.northgate, make_role(cast.northgate, "Lister", ["list_studies"]), [cast.ct])
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(person)
    assert end(client, made).status_code == 403
    page = text(client.get(reverse("sharing:access", args=[cast.placement.uuid])))
    assert str(made.uuid) not in page


def test_the_preview_says_who_keeps_the_study_by_another_share(client, cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.lois, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": str(made.uuid)}))
    assert "keeps the study through another share" in page


def test_the_preview_of_a_deletion_counts_what_lies_beyond_an_outsider(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    own = Placement.objects.get(worklist=cast.ed.personal_worklist)
    share(cast.ed, own, Method.EMAIL, "far@example.net")
    client.force_login(cast.ana)
    page = text(client.post(reverse("sharing:delete"), {"placement": str(cast.placement.uuid)}))
    assert "onward share outside your organisation ends" in page
    assert "far@" not in page
