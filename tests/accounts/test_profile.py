"""A person's own page."""

from uuid import uuid4

import pytest

from accounts.models import User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.factories import PASSWORD
from worklists.models import MailTick, Worklist
from worklists.selectors import people_wanting_mail

DETAILS = "/profile/details/"


@pytest.fixture
def ana(client, cast):
    client.post("/sign-in/login/", {"login": cast.ana.email, "password": PASSWORD})
    return cast.ana


def events(action):
    return AuditEvent.objects.filter(action=action).count()


def test_a_person_changes_name_and_time_zone_and_the_trail_says_from_what(client, ana):
    assert client.post(DETAILS, {"name": " Dr  Ana\u202e Reed", "timezone": "Asia/Tokyo"}).url == "/profile/"
    user = User.objects.get(pk=ana.pk)
    assert (user.name, user.timezone) == ("Dr Ana Reed", "Asia/Tokyo")
    event = AuditEvent.objects.get(action=Action.USER_CHANGE)
    assert event.detail["before"] == {"name": "Ana", "timezone": "Europe/London"}


def test_saving_what_stands_already_writes_nothing(client, ana):
    client.post(DETAILS, {"name": ana.name, "timezone": ana.timezone})
    assert events(Action.USER_CHANGE) == 0


@pytest.mark.parametrize(
    ("name", "zone"),
    [("", "UTC"), ("Ana", "Mars/Olympus"), ("x" * 201, "UTC"), ("\u200f", "UTC"), ("Ana", "")],
)
def test_bad_details_come_back_with_a_sentence(client, ana, name, zone):
    answer = client.post(DETAILS, {"name": name, "timezone": zone})
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert User.objects.get(pk=ana.pk).name == "Ana"


def test_a_personal_share_code_is_made_replaced_and_removed_by_its_owner(client, ana):
    codes = []
    for act in ("new", "new", "removal"):
        assert client.post(f"/profile/share-code/{act}/").url == "/profile/"
        codes.append(Worklist.objects.get(owner=ana).share_code)
    first, second, none = codes
    assert first != second
    assert none is None
    assert events(Action.CODE_CHANGE) - _codes_of_the_cast() == 3
    assert (
        Worklist.objects.exclude(owner=ana).filter(owner__isnull=False, share_code__isnull=False).count() == 0
    )


def _codes_of_the_cast():
    return AuditEvent.objects.filter(action=Action.CODE_CHANGE, by_id=None).count()


def test_mail_is_on_for_the_own_worklist_and_off_elsewhere_until_the_person_says_otherwise(client, ana, cast):
    own = Worklist.objects.get(owner=ana)
    assert (list(people_wanting_mail([own.pk])), list(people_wanting_mail([cast.ct.pk]))) == ([ana], [])
    client.post(f"/profile/worklists/{own.uuid}/mail/", {"wanted": "no"})
    client.post(f"/profile/worklists/{cast.ct.uuid}/mail/", {"wanted": "yes"})
    assert (list(people_wanting_mail([own.pk])), list(people_wanting_mail([cast.ct.pk]))) == ([], [ana])
    assert events(Action.MAIL_TICK) == 2


@pytest.mark.parametrize("wanted", ["", "maybe", None])
def test_a_tick_that_says_neither_yes_nor_no_is_answered_with_a_sentence(client, ana, cast, wanted):
    form = {} if wanted is None else {"wanted": wanted}
    answer = client.post(f"/profile/worklists/{cast.ct.uuid}/mail/", form)
    assert answer.status_code == 422
    assert "yes or no" in answer.content.decode()
    assert not MailTick.objects.exists()


def test_another_accounts_worklist_does_not_exist_here(client, ana, cast):
    theirs, nobodys = (client.get(f"/profile/worklists/{uuid}/") for uuid in (cast.imaging.uuid, uuid4()))
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert client.post(f"/profile/worklists/{cast.imaging.uuid}/mail/", {"wanted": "yes"}).status_code == 404
    assert not MailTick.objects.exists()


def test_a_worklists_page_says_what_the_person_may_do_there(client, ana, cast):
    page = client.get(f"/profile/worklists/{cast.ct.uuid}/")
    held = {label for label, has in page.context["rights"] if has}
    assert "Studies: Share a study" in held
    assert page.context["role"].name == "Radiologist"


def test_the_page_asks_as_often_at_fifty_worklists_as_at_two(
    client, ana, cast, django_assert_max_num_queries
):
    def count():
        with django_assert_max_num_queries(20) as asked:
            assert client.get("/profile/").status_code == 200
        return len(asked)

    before = count()
    for number in range(48):
        _join(ana, cast, number)
    assert count() == before


def _join(ana, cast, number):
    from tests.factories import make_location
    from worklists.services import add_worklist_member

    add_worklist_member(
        worklist=make_location(cast.northgate, f"Ward {number}"), user=ana, role=None, by=OPERATOR
    )


@pytest.mark.parametrize(
    "path",
    ["/profile/details/", "/profile/share-code/new/", "/profile/share-code/removal/", "/register/code/new/"],
)
def test_acts_are_posted_never_fetched(client, ana, path):
    assert client.get(path).status_code == 405


def test_a_name_with_html_is_shown_as_text(client, ana):
    client.post(DETAILS, {"name": "<img src=x onerror=alert(1)>", "timezone": "UTC"})
    page = client.get("/profile/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
