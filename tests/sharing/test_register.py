"""The register of an account and the role Auditor: what they show, and what they leave to others."""

import csv
import io

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing import services
from sharing.forms.share_filters import MADE
from sharing.models import Method, RegisteredShare, Share
from sharing.selectors.register import register_page
from sharing.selectors.share_filters import ShareFilters
from studies.models import Placement
from studies.selectors import placement_for
from studies.services import open_study
from tests.cast import acting
from tests.factories import join, make_location, make_study, make_user, placement_of
from tests.sharing.share_pages import share, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(cast):
    person = make_user("Otto")
    join(person, cast.northgate, "Auditor")
    return person


def url(cast, name="register_of_shares", *more):
    return reverse(f"sharing:{name}", args=[cast.northgate.uuid, *more])


def registered(account):
    return set(Share.objects.filter(registered__account=account))


def lines(account, by, **filters):
    return register_page(account, acting(by), filters=ShareFilters(**filters)).lines


def test_a_share_is_in_the_registers_of_both_accounts(cast):
    inside = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    across = share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")
    emailed = share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    theirs = share(cast.caro, cast.other_placement, Method.GROUP, cast.orthopaedics.uuid)

    assert registered(cast.northgate) == {inside, across, emailed}
    assert registered(cast.riverside) == {across, theirs}
    outside = RegisteredShare.objects.filter(account=cast.northgate, is_outside=True)
    assert set(outside.values_list("share", flat=True)) == {across.pk, emailed.pk}


def test_onward_shares_are_in_the_register_of_the_home_while_they_are_inside(cast):
    share(cast.ana, cast.placement, Method.PHYSICIAN, cast.ben.uuid)
    at_ben = Placement.objects.get(worklist=cast.ben.personal_worklist)
    onward = share(cast.ben, at_ben, Method.EMAIL, cast.ed.email)
    at_ed = Placement.objects.get(worklist=cast.ed.personal_worklist)
    beyond = share(cast.ed, at_ed, Method.EMAIL, "far@example.net")

    assert onward in registered(cast.northgate)
    assert beyond not in registered(cast.northgate)
    assert not RegisteredShare.objects.filter(share=beyond).exists()


def test_the_auditor_sees_the_register_without_patients(client, cast, auditor):
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net", note="Quill wants a second opinion")
    client.force_login(auditor)

    page = text(client.get(url(cast)))

    assert ("dora@example.net" in page, "Ana" in page, "Invited" in page) == (True, True, True)
    assert ("Quill" in page, cast.study.patient_id in page) == (False, False)
    assert 'name="share"' not in page
    last = AuditEvent.objects.latest("pk")
    assert (last.action, last.account_id, last.detail["rows"]) == (
        Action.REGISTER_READ,
        cast.northgate.pk,
        1,
    )
    assert sentence(last) == "Otto viewed the register of shares"


def test_the_auditor_reads_trails_and_reaches_no_study(client, cast, auditor):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(auditor)

    trail = client.get(url(cast, "register_study_trail", cast.placement.uuid))
    account = client.get(url(cast, "register_trail"))
    refused = {
        client.get(reverse(f"studies:{name}", args=[cast.placement.uuid])).status_code
        for name in ("study", "viewer", "trail", "download")
    }

    assert "Ana shared the study" in text(trail)
    assert (trail.status_code, account.status_code) == (200, 200)
    assert "Quill" not in text(trail) + text(account)
    assert refused == {404}
    assert client.get(reverse("studies:worklist", args=[cast.ct.uuid])).status_code == 404
    assert client.post(reverse("sharing:end"), {"share": str(made.uuid)}).status_code == 404
    assert Share.objects.get(pk=made.pk).ended_at is None
    assert client.get("/admin/", follow=True).status_code in {403, 404}


def test_the_files_of_the_auditor(client, cast, auditor):
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")
    client.force_login(auditor)

    answer = client.get(url(cast, "register_csv"), {"method": "email"})
    [row] = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))

    assert (row["With"], row["Patient"], row["MRN"]) == ("dora@example.net", "", "")
    assert row["Study UID"] == cast.study.study_instance_uid
    last = AuditEvent.objects.latest("pk")
    assert (last.action, last.detail["file"], last.detail["rows"]) == (Action.REGISTER_READ, "csv", 1)
    for name, more in (("register_trail_csv", []), ("register_study_trail_csv", [cast.placement.uuid])):
        assert client.get(url(cast, name, *more)).status_code == 200
        assert AuditEvent.objects.latest("pk").action == Action.AUDIT_EXPORT


def test_the_administrator_sees_patients_and_ends_shares_from_the_register(client, cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.adam)

    page = text(client.get(url(cast)))
    client.post(reverse("sharing:end"), {"share": str(made.uuid), "back": url(cast) + "?method=location"})

    assert ("Quill, Hazel" in page, f'value="{made.uuid}"' in page) == (True, True)
    assert Share.objects.get(pk=made.pk).ended_by == cast.adam


def test_of_a_share_by_email_the_register_shows_moments_alone(client, cast, auditor):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    there = Placement.objects.get(worklist=cast.ed.personal_worklist)
    open_study(placement=placement_for(acting(cast.ed), there.uuid), by=acting(cast.ed))
    client.force_login(auditor)

    [line] = lines(cast.northgate, auditor)

    assert [(each.label, each.who) for each in line.delivered] == [("Accepted", ""), ("First opened", "")]


def test_what_the_other_account_received_is_marked_as_theirs(cast):
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")

    [received] = lines(cast.riverside, cast.rita)
    [sent] = lines(cast.northgate, cast.adam)

    assert received.about_sharer == f"example.org · P{cast.ana.pk}"
    assert sent.about_sharer == ""
    assert (received.may_end, sent.may_end) == (False, True)


@pytest.fixture
def some(cast):
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    for method, value in (
        (Method.LOCATION, asks.uuid),
        (Method.EMAIL, "dora@example.net"),
        (Method.EMAIL, cast.ed.email),
        (Method.CODE, "RIVERSIDE"),
        (Method.GROUP, cast.chest.uuid),
    ):
        share(cast.ana, cast.placement, method, value)
    ended = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.end_shares(shares=[ended.uuid], by=acting(cast.ana))


@pytest.mark.parametrize("state", MADE)
def test_each_state_is_filtered_as_it_is_shown(cast, auditor, some, state):
    shown = {each.share for each in lines(cast.northgate, auditor) if each.standing.state == state}

    assert {each.share for each in lines(cast.northgate, auditor, state=state)} == shown


def test_the_states_of_the_register(cast, auditor, some):
    shown = sorted(each.standing.state for each in lines(cast.northgate, auditor))

    assert shown == ["awaiting", "ended", "invited", "not_opened", "not_opened", "not_opened"]
    assert {each.share.method for each in lines(cast.northgate, auditor, outside=True)} == {"email", "code"}


@pytest.mark.parametrize("number", [1, 30])
def test_the_register_asks_the_same_few_statements(client, cast, auditor, django_assert_num_queries, number):
    for _ in range(number):
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
    client.force_login(auditor)
    client.get(url(cast))

    with django_assert_num_queries(14):
        page = text(client.get(url(cast)))
    assert page.count("<tr>") == number + 1


@pytest.mark.parametrize("name", ["vera", "ana", "ben"])
def test_others_of_the_account_are_refused_with_a_sentence(client, cast, name):
    client.force_login(getattr(cast, name))

    answer = client.get(url(cast))

    assert answer.status_code == 403
    assert "does not let you view its register of shares" in text(answer)
    assert ">Register<" not in text(client.get(reverse("sharing:shared_by_me")))


def test_the_navigation_leads_to_the_register(client, cast, auditor):
    client.force_login(auditor)

    page = text(client.get(reverse("sharing:shared_by_me")))

    assert reverse("sharing:registers") in page
    assert client.get(reverse("sharing:registers"))["Location"] == url(cast)
