"""The Access tab about one person at a moment in the past."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from audit import clock as the_clock
from sharing import services
from sharing.models import Method
from tests.cast import acting
from tests.factories import placement_of
from tests.sharing.access_pages import answer, explain, noted, words
from tests.sharing.share_pages import share

__all__ = ["noted"]
pytestmark = pytest.mark.django_db


def then(client, placement, person, at, zone="UTC"):
    local = at.astimezone(ZoneInfo(zone))
    query = {"person": person.uuid, "day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    return explain(client, placement, **query)


def test_the_past_is_answered_from_the_trail(client, noted, clock):
    shared = share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid)
    clock.move(minutes=5)
    before = the_clock.now()
    services.end_shares(shares=[shared.uuid], by=acting(noted.ana))
    clock.move(minutes=5)
    client.force_login(noted.ana)

    earlier = words(then(client, noted.placement, noted.ben, before))
    later = words(then(client, noted.placement, noted.ben, the_clock.now()))

    assert "Could open this study" in earlier
    assert "Role Radiologist on Emergency (account role)" in earlier
    assert "Granted by Ana" in earlier
    assert "Could not open this study" in later
    assert "Member of Emergency, but the share to that worklist ended on" in later


def test_what_was_shared_beyond_a_share_by_email_is_not_told_of_now_nor_of_the_past(client, noted, clock):
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email)
    beyond = share(noted.ed, placement_of(noted.study, noted.ed.personal_worklist), Method.CODE, "NORTHGATE")
    clock.move(minutes=5)
    client.force_login(noted.ana)
    pages = [words(then(client, noted.placement, noted.ben, the_clock.now()))]
    services.end_shares(shares=[beyond.uuid], by=acting(noted.ed))
    clock.move(minutes=5)
    pages += [
        words(then(client, noted.placement, noted.ben, the_clock.now())),
        answer(client, noted.placement, noted.ben),
    ]

    for page in pages:
        assert "Not a member of any worklist where this study is." in page


def test_the_answer_about_the_past_lists_what_the_person_opened(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    clock.move(minutes=5)
    client.force_login(noted.ana)

    page = words(then(client, noted.placement, noted.vera, the_clock.now()))

    assert "Study opened CT Reporting" in page.partition("had opened until then")[2]


def test_before_rights_were_noted_it_is_not_known(client, noted, clock):
    client.force_login(noted.ana)

    page = words(then(client, noted.placement, noted.ben, the_clock.now() - timedelta(days=2)))

    assert "Not known" in page


def test_who_may_not_read_the_trail_may_not_ask_about_the_past(client, noted):
    client.force_login(noted.vera)

    assert then(client, noted.placement, noted.ana, the_clock.now()).status_code == 403
    assert "At a moment in the past" not in answer(client, noted.placement, noted.ana)


@pytest.mark.parametrize(
    "query", [{"day": "never"}, {"day": "2999-01-01", "time": "10:00"}, {"day": "0001-01-01", "time": ""}]
)
def test_a_moment_that_does_not_exist_is_refused_with_the_form(client, noted, query):
    client.force_login(noted.ana)

    page = explain(client, noted.placement, person=noted.ben.uuid, **query)

    assert page.status_code == 400
    assert "At a moment in the past" in words(page)
