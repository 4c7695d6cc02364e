"""A person's own page."""

from uuid import uuid4

import pytest

from accounts.models import User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.factories import PASSWORD
from worklists.models import NoticeChoice, NoticeEvent, Worklist
from worklists.selectors import people_to_tell

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


def told(*worklists):
    return list(people_to_tell("shared_here", [worklist.pk for worklist in worklists]))


def chosen(**times):
    """The form of a worklist's notifications as it is sent: every event."""
    return {**dict.fromkeys(NoticeEvent.values, "daily"), **times}


def test_shares_are_told_on_the_own_worklist_and_not_elsewhere_until_the_person_says_otherwise(
    client, ana, cast
):
    own = Worklist.objects.get(owner=ana)
    assert (told(own), told(cast.ct)) == ([ana.pk], [])
    client.post(f"/profile/worklists/{own.uuid}/notifications/", chosen(shared_here="off"))
    client.post(f"/profile/worklists/{cast.ct.uuid}/notifications/", chosen(shared_here="now"))
    assert (told(own), told(cast.ct)) == ([], [ana.pk])
    assert events(Action.NOTICE_CHOICE) == 2


def test_the_profile_says_how_much_of_each_worklist_is_told(client, ana, cast):
    client.post(f"/profile/worklists/{cast.ct.uuid}/notifications/", chosen(shared_here="now"))
    assert "1 at once, 6 once a day" in client.get("/profile/").content.decode()


@pytest.mark.parametrize("time", ["", "maybe", None])
def test_an_unknown_choice_is_refused_with_a_sentence(client, ana, cast, time):
    form = {name: each for name, each in chosen(shared_here=time).items() if each is not None}
    answer = client.post(f"/profile/worklists/{cast.ct.uuid}/notifications/", form)
    assert answer.status_code == 422
    assert "at once, once a day, or not" in answer.content.decode()
    assert not NoticeChoice.objects.exists()


def test_another_accounts_worklist_does_not_exist_here(client, ana, cast):
    theirs, nobodys = (client.get(f"/profile/worklists/{uuid}/") for uuid in (cast.imaging.uuid, uuid4()))
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert client.post(f"/profile/worklists/{cast.imaging.uuid}/notifications/", chosen()).status_code == 404
    assert not NoticeChoice.objects.exists()


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
