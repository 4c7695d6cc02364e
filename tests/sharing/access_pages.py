"""The pages about who can see a study, now and at a moment in the past, as their tests ask for and read them."""

import re
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accounts.models import User
from audit import clock as the_clock
from sharing.models import Method
from studies.models import Placement
from tests.factories import placement_of
from tests.sharing.share_pages import share
from worklists.services.noting import note_rights


@pytest.fixture
def spread(cast):
    """The study shared from CT Reporting by location, physician and email; two of the recipients share it onward."""
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.ben, on(cast.study, cast.emergency), Method.CODE, "RIVERSIDE")
    share(cast.caro, on(cast.study, cast.imaging), Method.GROUP, cast.orthopaedics.uuid)
    share(cast.ana, cast.placement, Method.PHYSICIAN, cast.ben.uuid)
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    share(cast.ed, own(cast.study, cast.ed), Method.EMAIL, "far@example.net")
    share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    return cast


@pytest.fixture
def noted(cast, clock):
    """The cast some minutes after the audit trail recorded roles and memberships."""
    note_rights()
    clock.move(minutes=5)
    User.objects.update(timezone="UTC")
    return cast


def on(study, worklist):
    return placement_of(study, worklist)


def own(study, person):
    return Placement.objects.get(study=study, worklist__owner=person)


def words(response):
    """The page as it is read: tags out, space made single."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def people(client, placement, **query):
    return client.get(reverse("sharing:access_people", args=[placement.uuid]), query)


def explain(client, placement, **query):
    return client.get(reverse("sharing:access_explain", args=[placement.uuid]), query)


def answer(client, placement, person):
    return words(explain(client, placement, person=person.uuid))


# A moment in the past


def typed(at, **more):
    local = at.astimezone(ZoneInfo("UTC"))
    return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", **more}


def ask(client, placement, at, page="sharing:access_then", **more):
    return client.get(reverse(page, args=[placement.uuid]), typed(at, **more))


def names(page):
    return [each.shown.name for each in page.context["then"].people]


def openers(page):
    return {each.who: each for each in page.context["then"].openers}


def later(clock):
    """A moment of the minute that has just begun: the form knows minutes."""
    clock.move(minutes=5)
    return the_clock.now()
