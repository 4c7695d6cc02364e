"""Several people invited by a list, pasted or from a file, which is shown before anyone is invited."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AccountMembership, Invitation
from audit.actor import OPERATOR
from tests.administering import adam
from tests.administration.test_people import text_of
from tests.administration.test_people_invitations import page
from tests.cast import acting
from tests.factories import join, make_group, make_location, make_role, make_user, role_of
from tests.fingerprint import AUDIT, fingerprint
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import MembershipOffer

__all__ = ["adam"]

pytestmark = pytest.mark.django_db

HEADER = "email,role,worklists,every_worklist\n"


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
