"""Who opened a study up to a moment in the past, beside who could."""

from datetime import timedelta

import pytest
from django.urls import reverse

from audit import clock as the_clock
from audit.actor import Actor, Token
from sharing import services
from sharing.models import Method
from sharing.services import guest_visits
from studies.selectors import placement_for
from studies.services import open_study
from tests.cast import acting
from tests.factories import join
from tests.sharing.access_pages import ask, later, noted, openers, own, words
from tests.sharing.guests import made
from tests.sharing.share_pages import share

__all__ = ["noted"]
pytestmark = pytest.mark.django_db


def test_what_each_person_opened_stands_beside_them_with_first_and_last(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    clock.move(minutes=10)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment)

    [vera] = [each for each in page.context["then"].people if each.shown.name == "Vera"]
    [opened] = vera.opened
    assert (opened.label, opened.times) == ("Study opened", 2)
    assert opened.last - opened.first >= timedelta(minutes=10)
    [ana] = [each for each in page.context["then"].people if each.shown.name == "Ana"]
    assert list(ana.opened) == []


def test_who_opened_it_and_has_no_access_any_more_is_named_so(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    later(clock)
    services.leave_account(
        membership=noted.vera.account_memberships.get().pk, by=acting(noted.adam), remove=True
    )
    moment = later(clock)
    client.force_login(noted.adam)

    vera = openers(ask(client, noted.placement, moment))["Vera"]

    assert (vera.could, vera.can) == (False, False)


def test_who_opened_it_through_a_link_and_a_token_is_named_beside_people(client, noted, clock):
    link = made(noted, recipient_name="Dr Marsh")
    guest_visits.open_link(link=link)
    token = Token(uuid=link.uuid, name="Laptop", worklist_ids=frozenset({noted.ct.pk}))
    by = Actor.through(token, owner=noted.ana)
    open_study(placement=placement_for(by, noted.placement.uuid), by=by)
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment)

    by_link = openers(page)["Guest link Dr Marsh"]
    assert (by_link.link, by_link.could, by_link.can) == (link.uuid, True, True)
    assert openers(page)["Ana"].token == "Laptop"
    assert "through the access token “Laptop”" in words(page)


def test_the_period_bounds_who_opened_it(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    day = the_clock.now().date()
    clock.move(days=3)
    moment = later(clock)
    client.force_login(noted.adam)

    within = ask(client, noted.placement, moment, since=str(day), until=str(day))
    beyond = ask(client, noted.placement, moment, since=str(day + timedelta(days=1)))

    assert list(openers(within)) == ["Vera"]
    assert openers(beyond) == {}
    assert "Nothing that the audit trail of the original has recorded." in words(beyond)


def test_what_an_external_recipient_opened_is_not_told(client, noted, clock):
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email)
    client.force_login(noted.ed)
    client.get(reverse("studies:study", args=[own(noted.study, noted.ed).uuid]))
    moment = later(clock)
    client.force_login(noted.adam)

    assert openers(ask(client, noted.placement, moment)) == {}


def test_that_a_member_opens_it_through_another_organisation_now_is_not_told(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    moment = later(clock)
    share(noted.ana, noted.placement, Method.CODE, "RIVERSIDE")
    join(noted.vera, noted.riverside, "Radiologist", [noted.imaging])
    services.leave_account(
        membership=noted.vera.account_memberships.get(account=noted.northgate).pk, by=acting(noted.adam)
    )
    client.force_login(noted.adam)

    assert openers(ask(client, noted.placement, moment))["Vera"].can is False
