"""The dialog reads back codes and emails; physicians are searched by name."""

import pytest
from django.urls import reverse

from accounts.services import limits
from audit.actions import Action
from audit.models import AuditEvent
from common.text import NOT_AN_EMAIL
from sharing.models import Method, Share
from sharing.permissions import SENTENCES
from sharing.targets import NO_SUCH
from sharing.views.dialog import NOT_CHOSEN
from tests.sharing.dialog_pages import HTMX, check, share, text

pytestmark = pytest.mark.django_db


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
    assert page.count("Outside Northgate Hospital") == 1
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


def test_search_among_5000_people_is_eleven_statements(client, cast, django_assert_num_queries):
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
    # session, user, worklist, rights, sharing rules, search; the account, the role and the event, in a transaction
    with django_assert_num_queries(11):
        page = text(find(client, cast, "son 12"))
    assert page.count('name="add_physician"') == 20
    assert "More than 20 people match" in page
