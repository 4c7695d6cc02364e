"""The texts of the pages and mails of sharing go through their translation marks."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Invitation, OutboxMail, User
from audit.actor import OPERATOR
from sharing import mail, services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.common.test_marks import brackets, names, unmarked  # noqa: F401 - a fixture among them
from tests.factories import placement_of
from worklists.services import change_worklist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("brackets")]
NOTE = "Kindly compare"
URL = re.compile(r"https?://[^\s<\"⟧]*")


@pytest.fixture
def spread(cast: Cast, clock: Any) -> Cast:
    """To a group of the account, which asks for approval, and a location; onward; by email to two, one registered."""
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    targets = [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.EMAIL, cast.ed.email),
        Target(Method.EMAIL, "dora@example.net"),
    ]
    until = clock.now() + timedelta(days=3)
    services.share_studies(
        placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana), note=NOTE, expires_at=until
    )
    onward = placement_of(cast.study, cast.emergency)
    services.share_studies(
        placements=[onward.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ben)
    )
    return cast


def shares() -> dict[str, Any]:
    return {
        "share": [
            str(uuid) for uuid in Share.objects.filter(method="location").values_list("uuid", flat=True)
        ]
    }


GETS: dict[str, Callable[[Cast], tuple[str, dict[str, Any]]]] = {
    "access": lambda cast: (reverse("sharing:access", args=[cast.placement.uuid]), {}),
    "shared by me": lambda cast: (reverse("sharing:shared_by_me"), {}),
    "invitations": lambda cast: (reverse("sharing:invitations"), {}),
    "the change of a share": lambda cast: (
        reverse("sharing:change", args=[Share.objects.filter(shared_by=cast.ana)[0].uuid]),
        {},
    ),
    "the end of a share": lambda cast: (reverse("sharing:end"), shares()),
    "a deletion": lambda cast: (reverse("sharing:delete"), {"placement": str(cast.placement.uuid)}),
    "a withdrawal": lambda cast: (reverse("sharing:withdraw", args=[Invitation.objects.get().uuid]), {}),
}


@pytest.mark.parametrize("what", GETS)
def test_a_page(client: Client, spread: Cast, what: str) -> None:
    client.force_login(spread.ana)
    url, data = GETS[what](spread)

    answer = client.get(url, data)

    assert "⟦" in answer.content.decode()
    assert unmarked(answer, *known(spread)) == []


def test_access_from_a_shared_worklist(client: Client, spread: Cast) -> None:
    client.force_login(spread.ben)
    page = client.get(reverse("sharing:access", args=[placement_of(spread.study, spread.emergency).uuid]))

    assert unmarked(page, *known(spread)) == []


def test_a_removal_and_what_was_received(client: Client, spread: Cast) -> None:
    client.force_login(spread.ben)
    placement = placement_of(spread.study, spread.emergency)
    press = Share.objects.get(method="location").press

    assert (
        unmarked(client.get(reverse("sharing:remove"), {"placement": str(placement.uuid)}), *known(spread))
        == []
    )
    assert unmarked(client.get(reverse("sharing:received", args=[press])), *known(spread)) == []


def test_the_report_of_a_press_and_of_a_change(client: Client, spread: Cast) -> None:
    client.force_login(spread.ana)
    press = {
        "placement": str(spread.placement.uuid),
        "location": str(spread.emergency.uuid),
        "code": "NOSUCHCODE",
        "email": "dora@example.net",
    }
    page = client.post(reverse("sharing:share_studies"), {**press, "note": "Another", "until": "2199-01-31"})

    assert unmarked(page, *known(spread), "Another", "NOSUCHCODE") == []


def test_a_check_with_mistakes(client: Client, spread: Cast) -> None:
    client.force_login(spread.ana)
    typed = {
        "placement": str(spread.placement.uuid),
        "new_code": "NOSUCHCODE",
        "new_email": "nobody",
        "find": "Ed",
    }
    page = client.post(reverse("sharing:share_check"), typed)

    assert unmarked(page, *known(spread), "NOSUCHCODE", "nobody") == []


@pytest.mark.parametrize("kind", ["study_shared", "invitation"])
def test_a_mail(spread: Cast, kind: str) -> None:
    row = OutboxMail.objects.filter(kind=kind).order_by("pk")[0]
    message = getattr(mail, kind)(row)

    for text in (message.subject, message.text, message.html):
        assert unmarked(Answer(URL.sub("", text)), *known(spread)) == []


class Answer:
    """A text in the place of a page."""

    status_code = 200

    def __init__(self, text: str) -> None:
        self.content = text.encode()


def known(cast: Cast) -> list[str]:
    return [*names(cast), *User.objects.values_list("email", flat=True), "dora@example.net", NOTE]
