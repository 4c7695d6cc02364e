"""What a person received, what they shared, and whom they invited."""

import re
from datetime import UTC, datetime
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import AccountMembership, Invitation, OutboxMail
from accounts.services.invitations import note_opening
from accounts.services.outbox import deliver_waiting
from accounts.services.registration import send_code
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from tests.cast import acting
from tests.factories import join, make_location, make_study, make_user, placement_of, role_of
from tests.sharing.share_pages import share, text
from worklists.services import change_role

pytestmark = pytest.mark.django_db


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
    # session, user, shares, now, the rights to end them, their deliveries, what still arrives; the role and the event
    with django_assert_num_queries(11):
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


@pytest.mark.parametrize("url", ["sharing:resend", "sharing:relink"])
@pytest.mark.parametrize("left", [{"list_studies", "open_study", "share_study"}, set()])
def test_without_the_right_to_share_by_email_an_invitation_is_not_renewed(client, cast, invited, left, url):
    change_role(role=role_of(cast.northgate, "Radiologist"), permissions=left, by=OPERATOR)
    client.force_login(cast.ana)
    before, mails = invited.generation, OutboxMail.objects.count()

    refused = client.post(reverse(url, args=[invited.uuid]))

    invited.refresh_from_db()
    assert (refused.status_code, invited.generation, OutboxMail.objects.count()) == (403, before, mails)


@pytest.mark.parametrize("url", ["sharing:resend", "sharing:relink"])
def test_who_has_left_the_account_renews_no_invitation_and_may_withdraw_it(client, cast, invited, url):
    member = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    services.leave_account(membership=member.pk, by=acting(cast.ana), remove=True)
    client.force_login(cast.ana)

    refused = client.post(reverse(url, args=[invited.uuid]))
    client.post(reverse("sharing:withdraw", args=[invited.uuid]))

    was = invited.generation
    invited.refresh_from_db()
    assert (refused.status_code, invited.generation, invited.withdrawn_by) == (403, was, cast.ana)


@pytest.mark.parametrize("url", ["sharing:resend", "sharing:relink"])
def test_whose_promises_have_ended_does_not_end_the_link_of_another_sender(client, cast, invited, url):
    share(cast.erin, cast.placement, Method.EMAIL, "dora@example.net")
    services.end_shares(shares=[Share.objects.get(shared_by=cast.ana).uuid], by=acting(cast.ana))
    client.force_login(cast.ana)
    before = invited.generation

    page = client.post(reverse(url, args=[invited.uuid]), follow=True)

    invited.refresh_from_db()
    assert "Nothing that you shared waits for this person any more." in text(page)
    assert invited.generation == before


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


def shown_of(client, user):
    """The cells of the one invitation, by their label, after signing in: sessions end while the clock moves."""
    client.logout()
    client.force_login(user)
    page = client.get(reverse("sharing:invitations")).content.decode()
    cells = re.findall(r'<td data-label="([^"]+)"[^>]*>(.*?)</td>', page, re.DOTALL)
    return {label: " ".join(re.sub("<[^>]+>", "", cell).split()) for label, cell in cells}


def test_an_invitation_says_when_it_was_last_emailed_and_whether_its_link_was_opened(client, cast, clock):
    clock.set(datetime(2031, 5, 24, 9, 0, tzinfo=UTC))
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    invited = Invitation.objects.get()
    before = shown_of(client, cast.ana)
    assert (before["Last emailed"], before["Link opened"]) == ("not yet", "not yet")

    clock.set(datetime(2031, 5, 24, 9, 15, tzinfo=UTC))
    deliver_waiting()
    clock.set(datetime(2031, 5, 24, 9, 30, tzinfo=UTC))
    note_opening(invitation=invited, by=Actor.stranger("203.0.113.7"))
    services.resend_invitation(invitation=invited.uuid, by=acting(cast.ana))
    clock.set(datetime(2031, 5, 24, 9, 45, tzinfo=UTC))
    assert shown_of(client, cast.ana)["Last emailed"] == "24 May 2031, 10:15"
    deliver_waiting()

    after = shown_of(client, cast.ana)
    assert (after["Last emailed"], after["Link opened"]) == ("24 May 2031, 10:45", "24 May 2031, 10:30")


def test_a_code_is_no_mail_of_the_invitation(cast, invited):
    OutboxMail.objects.all().delete()
    send_code(invitation=invited, by=Actor.stranger("203.0.113.7"))

    assert deliver_waiting() == 1
    invited.refresh_from_db()
    assert invited.mailed_at is None


def test_an_update_reads_from_the_outbox_when_invitations_were_mailed(cast, invited):
    forwards = import_module("accounts.migrations.0027_invitations_mailed_before").FORWARDS
    deliver_waiting()
    Invitation.objects.update(mailed_at=None)

    with connection.cursor() as cursor:
        cursor.execute(forwards)

    invited.refresh_from_db()
    assert invited.mailed_at == OutboxMail.objects.get(data__invitation=invited.pk).delivered_at
