"""What a list costs does not depend on how long it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import OPERATOR
from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_location, make_study, placement_of
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


def price(client, address):
    # The first visit of a session also writes the session itself.
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address)
    assert page.status_code == 200
    return len(asked), page.content.decode()


def press(cast, studies, *targets):
    placements = [placement_of(study, cast.ct).uuid for study in studies]
    return services.share_studies(placements=placements, targets=targets, by=acting(cast.ana))


def test_the_picker_of_worklists(client, cast):
    client.force_login(cast.ana)
    first, _ = price(client, reverse("studies:worklists"))

    for number in range(49):
        place = make_location(cast.northgate, f"Place {number}")
        add_worklist_member(worklist=place, user=cast.ana, role=None, by=OPERATOR)
    fifty, page = price(client, reverse("studies:worklists"))

    assert "Place 48" in page
    assert fifty == first <= 6


def test_what_was_received_in_a_press(client, cast):
    client.force_login(cast.ben)
    to_ben = Target(Method.PHYSICIAN, str(cast.ben.uuid))
    first = press(cast, [cast.study], to_ben)
    one, _ = price(client, reverse("sharing:received", args=[first.press]))

    second = press(
        cast, [make_study(cast.ct, patient_name=f"Long^List{number}") for number in range(50)], to_ben
    )
    fifty, page = price(client, reverse("sharing:received", args=[second.press]))

    assert page.count("Long") >= 50
    assert fifty == one <= 8


def test_the_invitations_one_made(client, cast):
    client.force_login(cast.ana)
    press(cast, [cast.study], Target(Method.EMAIL, "first@example.net"))
    first, _ = price(client, reverse("sharing:invitations"))

    for batch in range(0, 49, 20):
        addresses = [f"guest{number}@example.net" for number in range(batch, min(batch + 20, 49))]
        press(cast, [cast.study], *(Target(Method.EMAIL, email) for email in addresses))
    fifty, page = price(client, reverse("sharing:invitations"))

    assert "guest48@example.net" in page
    assert fifty == first <= 8
