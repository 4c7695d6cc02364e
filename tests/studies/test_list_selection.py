"""What is selected on a list, and what the menu offers to do with it."""

import re
from html import unescape

import pytest
from django.urls import reverse

from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import Placement
from tests.cast import acting
from tests.factories import join, make_role, make_study, make_user, placement_of
from tests.studies.lists import fill, list_of, search

pytestmark = pytest.mark.django_db


def boxes(page):
    return re.findall(r'name="placement" value="([0-9a-f-]+)"[^>]*checked', page.content.decode())


def test_all_that_match_are_selected_beyond_the_page(client, cast):
    fill(cast.ct, [f"Quill^{n}" for n in range(70)])
    fill(cast.ct, ["Other^One"] * 5)
    client.force_login(cast.ana)
    response = search(client, cast.ct, q="quill")
    everything = re.search(r'href="([^"]+select=all[^"]*)"', response.content.decode())[1]

    page = client.get(unescape(everything))

    quills = Placement.objects.filter(worklist=cast.ct, name_key__startswith="quill")
    assert sorted(boxes(page)) == sorted(str(quill.uuid) for quill in quills)
    assert "All 71 studies are selected." in page.content.decode()


def test_no_more_are_selected_than_one_share_takes(client, cast):
    fill(cast.ct, ["Row^One"] * 510)
    client.force_login(cast.ana)

    page = client.get(list_of(cast.ct), {"select": "all"})

    assert len(boxes(page)) == len(set(boxes(page))) == 500
    assert "The first 500 studies are selected" in page.content.decode()


@pytest.mark.parametrize(
    ("person", "share", "remove"),
    [
        ("ana", True, True),
        ("lois", True, False),
        ("erin", True, False),
        ("vera", False, False),
        ("adam", True, True),
    ],
)
def test_the_menu_offers_what_the_role_allows(client, cast, person, share, remove):
    # A study that can be removed: the original of another is not.
    own = make_study(cast.emergency)
    share_studies(
        placements=[placement_of(own, cast.emergency).uuid],
        targets=[Target(Method.LOCATION, str(cast.ct.uuid))],
        by=acting(cast.ben),
    )
    client.force_login(getattr(cast, person))

    page = client.get(list_of(cast.ct)).content.decode()

    assert (f'formaction="{reverse("sharing:share")}"' in page) == share
    assert (f'formaction="{reverse("sharing:remove")}"' in page) == remove
    assert ('name="placement"' in page) == (share or remove)


def test_who_may_share_but_by_no_method_is_offered_nothing(client, cast):
    role = make_role(cast.northgate, "Methodless", ["list_studies", "share_study"])
    mute = make_user("Mute")
    join(mute, cast.northgate, role, [cast.ct])
    client.force_login(mute)

    assert reverse("sharing:share") not in client.get(list_of(cast.ct)).content.decode()
