"""Inviting people in the administration: one by a form, several by a list that is looked at first."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, Invitation, OutboxMail
from audit.actor import OPERATOR
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.administering import adam
from tests.administration.test_people import text_of
from tests.cast import acting
from tests.factories import join, make_group, make_location, make_role, make_user, role_of
from tests.fingerprint import AUDIT, fingerprint
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import MembershipOffer

__all__ = ["adam"]

pytestmark = pytest.mark.django_db

HEADER = "email,role,worklists,every_worklist\n"


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_invitation_{name}", args=args)


def invite(cast: Any, typed: str = "dora@example.net", role: str = "Viewer") -> InvitedMembership:
    offer = MembershipOffer(typed, role_of(cast.northgate, role), ((cast.ct, None),))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    return InvitedMembership.objects.get(invitation__email=typed)


def invite_riverside(cast: Any) -> InvitedMembership:
    offer = MembershipOffer("secret@elsewhere.example", role_of(cast.riverside, "Viewer"))
    services.invite_members(account=cast.riverside, offers=[offer], by=acting(cast.rita))
    return InvitedMembership.objects.get(invitation__email="secret@elsewhere.example")


# --- The list and one invitation


def test_the_list_says_who_to_what_in_which_state_until_when(adam, cast):
    invite(cast)

    text = text_of(adam.get(page("changelist")))

    assert re.search(r"dora@example.net Viewer 1 Waiting \d+ \w+ \d{4}, \d\d:\d\d Adam", text)


@pytest.mark.parametrize(
    "state, shown",
    [
        ("waiting", "dora"),
        ("expired", "erik"),
        ("withdrawn", "fred"),
        ("accepted", "gina"),
        ("declined", "hugo"),
    ],
)
def test_the_states_are_words_and_a_filter(adam, cast, state, shown):
    from sharing.services import withdraw_staff_invitation

    rows = {name: invite(cast, f"{name}@example.net") for name in ("dora", "erik", "fred", "gina", "hugo")}
    Invitation.objects.filter(email="erik@example.net").update(expires_at="2020-01-01T00:00Z")
    withdraw_staff_invitation(membership=rows["fred"], by=acting(cast.adam))
    gina, hugo = (make_user(name, email=f"{name}@example.net") for name in ("gina", "hugo"))
    offered = rows["gina"].invitation.uuid, rows["gina"].offered_at
    services.accept_offer(invitation=offered[0], offered_at=offered[1], by=acting(gina))
    services.decline_offer(invitation=rows["hugo"].invitation.uuid, by=acting(hugo))

    text = text_of(adam.get(f"{page('changelist')}?state={state}"))

    assert [name for name in rows if f"{name}@example.net" in text] == [shown]
    assert state.capitalize() in text


def test_neither_another_accounts_nor_a_clinicians_invitation_is_seen(adam, cast):
    theirs = invite_riverside(cast).invitation
    target = Target(Method.EMAIL, "patient@example.net")
    share = (
        share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana)).rows[0].share
    )
    before = fingerprint()

    text = text_of(adam.get(f"{page('changelist')}?q=e"))

    assert "secret@" not in text and "patient@" not in text
    for one in (theirs, share.invitation):
        for name in ("change", "history", "withdraw", "resend", "new_link", "delete"):
            assert adam.get(page(name, one.pk)).status_code == 404
            assert adam.post(page(name, one.pk)).status_code in (404, 405)
    assert fingerprint() == before


def test_an_invitation_is_sent_again_given_a_new_link_and_withdrawn(adam, cast):
    invitation = invite(cast).invitation
    where = page("change", invitation.pk)

    assert "Send a new link" in text_of(adam.get(where))
    assert "with the same link" in text_of(adam.post(page("resend", invitation.pk), follow=True))
    assert "The old link no longer works." in text_of(adam.post(page("new_link", invitation.pk), follow=True))
    assert "The link in the email stops working." in text_of(adam.get(page("withdraw", invitation.pk)))
    withdrawn = text_of(adam.post(page("withdraw", invitation.pk), follow=True))

    assert "was withdrawn. Its link no longer works." in withdrawn and "Send again" not in withdrawn
    invitation.refresh_from_db()
    assert (invitation.generation, invitation.withdrawn_by) == (2, cast.adam)
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 3
    assert "withdrawn in the meantime" in text_of(adam.post(page("resend", invitation.pk), follow=True))


def test_withdrawing_beside_a_clinicians_promise_says_that_the_link_goes_on(adam, cast):
    invitation = invite(cast).invitation
    target = Target(Method.EMAIL, "dora@example.net")
    share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))

    before = text_of(adam.get(page("withdraw", invitation.pk)))
    after = text_of(adam.post(page("withdraw", invitation.pk), follow=True))

    assert "The link keeps working, because a clinician has shared a study" in before
    assert "Its link still works for the studies that clinicians shared with this address." in after


@pytest.mark.parametrize("name", ["resend", "new_link"])
def test_a_deed_wants_a_post(adam, cast, name):
    assert adam.get(page(name, invite(cast).invitation.pk)).status_code == 405


# --- One person


def form(cast: Any, **more: Any) -> dict[str, Any]:
    return {
        "email": "dora@example.net", "role": role_of(cast.northgate, "Viewer").pk, "rows": "3",
        "place-0-worklist": cast.ct.pk, "place-0-role": role_of(cast.northgate, "Radiologist").pk,
        "place-1-worklist": cast.chest.pk, **more,
    }  # fmt: skip


def test_one_person_is_invited_with_worklists_and_roles(adam, cast):
    response = adam.post(page("add"), form(cast), follow=True)

    assert "dora@example.net has been invited by email." in text_of(response)
    row = InvitedMembership.objects.get()
    places = {
        (offered.worklist.name, offered.role.name if offered.role else None)
        for offered in row.worklists.all()
    }
    assert (row.role.name, places) == ("Viewer", {("CT Reporting", "Radiologist"), ("Chest Clinic", None)})


def test_who_is_registered_is_invited_like_anyone_else(adam, cast):
    response = adam.post(page("add"), form(cast, email=cast.ed.email), follow=True)

    assert f"{cast.ed.email} has been invited by email." in text_of(response)
    assert not AccountMembership.objects.filter(user=cast.ed, account=cast.northgate).exists()


@pytest.mark.parametrize(
    "more, sentence",
    [
        (
            {"email": "ana@example.org"},
            "Ana is already a member of the account.",
        ),
        ({"email": "nobody"}, "Enter an email address, such as name@example.org."),
        ({"role": ""}, "Choose a role."),
        ({"role": "999999999"}, "There is no such role in this account."),
        ({"place-0-worklist": "999999999"}, "There is no such worklist in this account."),
        ({"place-1-worklist": "{ct}"}, "A worklist is named twice for this person."),
        ({"rows": "9" * 40, "email": ""}, "Enter the email address."),
    ],
)
def test_what_cannot_be_brings_the_form_again_with_the_sentence(adam, cast, more, sentence):
    before = fingerprint()
    sent = form(cast, **{name: str(value).format(ct=cast.ct.pk) for name, value in more.items()})

    response = adam.post(page("add"), sent)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert fingerprint() == before


def test_roles_and_worklists_of_another_account_are_no_choices(adam, cast):
    theirs = role_of(cast.riverside, "Viewer")
    asked = text_of(adam.get(page("add")))
    response = adam.post(page("add"), form(cast, **{"role": theirs.pk, "place-0-worklist": cast.imaging.pk}))

    assert "Riverside Imaging" not in asked and "CT Reporting (location)" in asked
    assert "There is no such role in this account." in text_of(response)
    assert not Invitation.objects.exists()


def test_more_worklists_are_asked_for_without_script_and_nothing_is_lost(adam, cast):
    response = adam.post(page("add"), form(cast, more="1"))

    asked = response.content.decode()
    assert response.status_code == 200 and "place-5-worklist" in asked and "Problem: " not in asked
    assert f'<option value="{cast.ct.pk}" selected>' in asked and "dora@example.net" in asked


def test_what_the_inviters_role_lacks_is_said_on_the_form(cast, client):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account"])
    mina = make_user("Mina")
    join(mina, cast.northgate, clerk)
    client.force_login(mina)

    response = client.post(page("add"), form(cast))

    assert response.status_code == 422
    assert "your own role in this account does not have" in text_of(response)


# --- Several


def look(client: Client, text: str) -> Any:
    return client.post(page("batch"), {"pasted": text})


def agreed(response: Any) -> str:
    return re.search(r'name="agreed" value="([^"]+)"', response.content.decode())[1]


TEN = HEADER + (
    "p1@example.net,Viewer,CT Reporting,\n"
    "p2@example.net,viewer,CT Reporting = Radiologist; Chest Clinic,no\n"
    "p3@example.net,Radiologist,,yes\n"
    "ed@example.org,Viewer,Emergency,\n"
    "nobody,Viewer,,\n"
    "p6@example.net,Viewer,,\n"
    "p7@example.net,Chief,,\n"
    "p8@example.net,Viewer,,\n"
    "p9@example.net,Viewer,,\n"
    "p10@example.net,Viewer,,\n"
)


def test_two_bad_lines_of_ten_stop_nobody_else(adam, cast):
    before = fingerprint(but={AUDIT})

    looked = look(adam, TEN)

    text = text_of(looked)
    assert fingerprint(but={AUDIT}) == before
    assert "2 of 10 lines have a problem; the others are ready. No one has been invited yet." in text
    assert "6 nobody Will not be invited Enter an email address, such as name@example.org." in text
    assert "8 p7@example.net Will not be invited There is no role named “Chief” in this account." in text
    assert "5 ed@example.org Will be invited Viewer Emergency" in text
    assert "CT Reporting as Radiologist , Chest Clinic" in text and "Invite 8 people" in text

    done = text_of(adam.post(page("batch"), {"agreed": agreed(looked)}))

    assert "8 people were invited; 2 were not. Emails are being sent." in done
    assert "8 p7@example.net Not invited There is no role named “Chief”" in done
    assert Invitation.objects.count() == 8
    assert not AccountMembership.objects.filter(user=cast.ed, account=cast.northgate).exists()
    p2 = InvitedMembership.objects.get(invitation__email="p2@example.net")
    assert {
        (offered.worklist.name, offered.role.name if offered.role else "") for offered in p2.worklists.all()
    } == {
        ("CT Reporting", "Radiologist"),
        ("Chest Clinic", ""),
    }
    assert InvitedMembership.objects.get(invitation__email="p3@example.net").every_worklist


def test_pressing_twice_invites_once_and_says_so(adam, cast):
    token = agreed(look(adam, TEN))
    adam.post(page("batch"), {"agreed": token})
    before = fingerprint()

    again = text_of(adam.post(page("batch"), {"agreed": token}))

    assert fingerprint() == before
    assert "p1@example.net Already invited; nothing changes" in again
    assert "ed@example.org Already invited; nothing changes" in again
    assert "0 people were invited; 2 were not. 8 people were already invited to exactly this." in again
    assert "Emails are being sent" not in again


def test_exactly_what_was_shown_is_done(adam, cast):
    token = agreed(look(adam, TEN))
    services.change_role(role=role_of(cast.northgate, "Viewer"), name="Looker", by=acting(cast.adam))
    make_role(cast.northgate, "Viewer", ["list_studies", "delete_study"])
    services.invite_members(
        account=cast.northgate,
        offers=[MembershipOffer("p6@example.net", role_of(cast.northgate, "Radiologist"))],
        by=acting(cast.adam),
    )

    done = text_of(adam.post(page("batch"), {"agreed": token}))

    assert InvitedMembership.objects.get(invitation__email="p1@example.net").role.name == "Looker"
    assert "p6@example.net Not invited This has changed since you checked the list." in done
    assert not AccountMembership.objects.filter(user__email="p6@example.net").exists()


def test_a_role_or_worklist_deleted_since_is_said_and_stops_nobody_else(adam, cast):
    passing = make_role(cast.northgate, "Passing")
    token = agreed(look(adam, HEADER + "p1@example.net,Passing,,\np2@example.net,Viewer,,\n"))
    services.remove_role(role=passing, by=acting(cast.adam))

    done = text_of(adam.post(page("batch"), {"agreed": token}))

    assert (
        "p1@example.net Not invited The role or a worklist in this line was deleted after you checked the list."
        in done
    )
    assert list(Invitation.objects.values_list("email", flat=True)) == ["p2@example.net"]


def test_what_was_shown_to_one_cannot_be_used_by_another_or_changed(adam, cast):
    token = agreed(look(adam, TEN))
    rita = Client()
    rita.force_login(cast.rita)
    before = fingerprint()

    answers = [
        rita.post(page("batch"), {"agreed": token}),
        adam.post(page("batch"), {"agreed": token[:-3] + "abc"}),
        adam.post(page("batch"), {"agreed": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert "Check the list again." in text_of(answers[0])
    assert fingerprint() == before


def test_what_the_second_press_may_no_longer_do_it_does_not(adam, cast):
    join(make_user("Carl"), cast.northgate, "Administrator")
    token = agreed(look(adam, TEN))
    own = AccountMembership.objects.get(user=cast.adam)
    services.change_account_member(membership=own, role=role_of(cast.northgate, "Viewer"), by=OPERATOR)
    before = fingerprint(but={"audit_auditevent"})

    response = adam.post(page("batch"), {"agreed": token})

    assert response.status_code == 403
    assert fingerprint(but={"audit_auditevent"}) == before


READABLE = {
    "semicolons": "email;role;worklists\np@example.net;Viewer;CT Reporting|Chest Clinic\n",
    "semicolons and quotes": 'email;role;worklists\np@example.net;Viewer;"CT Reporting; Chest Clinic"\n',
    "tabs": "email\trole\tworklists\np@example.net\tViewer\tCT Reporting;Chest Clinic\n",
    "a byte order mark": "\ufeffemail,role,worklists\np@example.net,Viewer,CT Reporting;Chest Clinic\n",
    "another order, empty lines": "\nRole,Worklists,Email\n\nVIEWER, ct reporting ; chest clinic ,P@example.net\n,,\n",
    "every worklist named": "Email,Role,Worklists,Every worklist\np@example.net,Viewer,CT Reporting;Chest Clinic,NO\n",
}


@pytest.mark.parametrize("how", READABLE)
def test_lists_as_spreadsheets_write_them_are_read(adam, cast, how):
    file = SimpleUploadedFile("people.csv", READABLE[how].encode())

    looked = text_of(adam.post(page("batch"), {"file": file}))

    assert "Will be invited Viewer CT Reporting , Chest Clinic" in looked and "Invite 1 person" in looked


UNREADABLE = {
    "": "Paste a list or choose a file.",
    "p@example.net,Viewer,\n": "The first line must name the columns",
    "email,role\np@example.net,Viewer\n": "Missing: worklists.",
    "email,role,worklists,shoe size\n": "Unknown column “shoe_size”",
    "email,role,worklists,role\n": "A column is named twice.",
    HEADER: "The list has no people",
    HEADER + "p@example.net,Viewer,,\n" * 201: "The list has 201 people. You can invite up to 200 at once.",
    HEADER + "x" * 100_001: "larger than 100 kB",
    HEADER + "p\x00@example.net,Viewer,,\n": "This is not a text file.",
}


@pytest.mark.parametrize("text", UNREADABLE, ids=[sentence[:20] for sentence in UNREADABLE.values()])
@pytest.mark.parametrize("way", ["pasted", "file"])
def test_a_list_that_cannot_be_read_is_refused_in_words(adam, cast, text, way):
    before = fingerprint()
    sent = {"pasted": text} if way == "pasted" else {"file": SimpleUploadedFile("p.csv", text.encode())}

    response = adam.post(page("batch"), sent)

    said = text_of(response)
    assert response.status_code == 422
    assert (
        UNREADABLE[text] in said
        or (not text and way == "file" and "The file is empty." in said)
        or ("\x00" in text and "Null characters are not allowed." in said)
    )
    assert fingerprint() == before


def test_a_file_that_is_no_text_is_refused_in_words(adam, cast):
    response = adam.post(page("batch"), {"file": SimpleUploadedFile("p.csv", b"email\xff\xfe\x00")})

    assert response.status_code == 422
    assert "Save it as “CSV UTF-8” and choose it again." in text_of(response)


HARMLESS = {
    "=HYPERLINK(1),Viewer,,": "=HYPERLINK(1) Will not be invited Enter an email address, such as name@example.org.",
    "p@example.net,=1+1,,": "There is no role named “=1+1” in this account.",
    "p@example.net,Viewer,=CMD|calc,": "There is no worklist named “=CMD” in this account.",
    "p@example.net,Viewer,@SUM(A1),": "There is no worklist named “@SUM(A1)” in this account.",
    "p@example.net,Viewer,,=yes": "every_worklist must be yes or no, not “=yes”.",
    "<script>alert(1)</script>,Viewer,,": "Enter an email address, such as name@example.org.",
}


@pytest.mark.parametrize("line", HARMLESS)
def test_a_cell_that_looks_like_a_formula_or_markup_is_text(adam, cast, line):
    response = look(adam, HEADER + line + "\n")

    assert HARMLESS[line] in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_a_location_and_a_group_of_one_name_are_told_apart(adam, cast):
    make_location(cast.northgate, "Twin")
    make_group(cast.northgate, "Twin")
    lines = "p1@example.net,Viewer,Twin,\np2@example.net,Viewer,group: Twin,\n"

    looked = look(adam, HEADER + lines)

    assert "write “location: Twin” or “group: Twin”" in text_of(looked)
    adam.post(page("batch"), {"agreed": agreed(looked)})
    assert InvitedMembership.objects.get().worklists.get().worklist.kind == "group"


def test_names_of_another_account_are_unknown_names(adam, cast):
    make_role(cast.riverside, "Riverside Chief")
    lines = "p1@example.net,Riverside Chief,,\np2@example.net,Viewer,Riverside Imaging,\n"

    text = text_of(look(adam, HEADER + lines))

    assert "There is no role named “Riverside Chief” in this account." in text
    assert "There is no worklist named “Riverside Imaging” in this account." in text
    assert "Invite" not in text.split("Change the list")[0].split("Worklists")[-1]


def test_an_address_twice_in_the_list_is_refused_the_second_time(adam, cast):
    text = text_of(look(adam, HEADER + "p@example.net,Viewer,,\nP@EXAMPLE.NET,Radiologist,,\n"))

    assert "This email address is in the list twice. The first line is used." in text


def test_two_hundred_lines_cost_a_handful_of_statements(adam, cast, django_assert_max_num_queries):
    lines = "".join(f"p{number}@example.net,Viewer,CT Reporting,\n" for number in range(200))

    # With the event of the page that was read.
    with django_assert_max_num_queries(29):
        looked = look(adam, HEADER + lines)
    with django_assert_max_num_queries(45):
        adam.post(page("batch"), {"agreed": agreed(looked)})

    assert Invitation.objects.count() == 200


def test_a_superuser_on_the_whole_platform_chooses_an_account_first(cast, client):
    client.force_login(cast.sue)

    for name in ("add", "batch"):
        assert client.get(page(name))["Location"].startswith(reverse("admin:choose_account"))
    assert client.get(page("changelist")).status_code == 200
