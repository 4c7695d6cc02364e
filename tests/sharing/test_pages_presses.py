"""A press whose answer did not arrive: what became of it, for the person who made it."""

import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.urls import reverse

from sharing import services
from sharing.forms import press_of, sealed_press
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from tests.cast import acting
from tests.factories import make_study

pytestmark = pytest.mark.django_db


HTMX = {"HX-Request": "true"}


def text(response):
    return " ".join(response.content.decode().split())


def test_a_person_asks_what_became_of_their_own_press_and_of_no_other(client, cast):
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}, headers=HTMX))
    sealed = re.search(r'name="press" value="([^"]+)"', page)[1]
    asked = re.search(r'data-outcome="([^"]+)"', page)[1]
    assert client.get(asked).status_code == 204

    pressed = {
        "placement": str(cast.placement.uuid),
        "location": str(cast.emergency.uuid),
        "email": "dora@example.net",
        "press": sealed,
    }
    client.post(reverse("sharing:share_studies"), pressed)

    assert asked == reverse("sharing:pressed", args=[Share.objects.first().press])
    answer = text(client.get(asked))
    assert ("1 recipient</strong> shared" in answer, "1 recipient</strong> invited" in answer) == (True, True)
    client.force_login(cast.lois)
    assert client.get(asked).status_code == 204


@pytest.mark.parametrize("sent", ["", "nonsense", "\x00", "another's"])
def test_a_press_takes_no_uuid_that_is_not_its_person_s(client, cast, sent):
    forged = sealed_press(uuid4(), cast.lois.pk) if sent == "another's" else sent
    client.force_login(cast.ana)
    data = {"placement": str(cast.placement.uuid), "location": str(cast.emergency.uuid), "press": forged}
    client.post(reverse("sharing:share_studies"), data)
    made = Share.objects.get()
    assert press_of(QueryDict(urlencode({"press": forged})), cast.lois.pk) != made.press


def test_what_became_of_a_press_is_one_statement_beside_session_and_user(
    client, cast, django_assert_num_queries
):
    report = services.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )
    client.force_login(cast.ana)
    asked = reverse("sharing:pressed", args=[report.press])
    client.get(asked)
    with django_assert_num_queries(3):
        client.get(asked)


# The report


def test_the_report_names_each_study_in_the_order_of_the_dialog_and_counts_recipients(client, cast):
    for name, mrn in (("Zeta^Zoe", "N-1"), ("alpha^Abe", "N-2"), ("Maeve^Ann", "N-3"), ("Maeve^Ann", "N-4")):
        make_study(
            cast.ct, patient_name=name, patient_id=mrn, description=f"MR KNEE {mrn}", modalities=["MR"]
        )
    placements = [
        str(placement.uuid) for placement in Placement.objects.filter(worklist=cast.ct).order_by("?")
    ]
    client.force_login(cast.ana)
    shown = text(client.post(reverse("sharing:share"), {"placement": placements}))
    ticked = re.findall(r'name="placement" value="([^"]+)"', shown)

    report = text(
        client.post(
            reverse("sharing:share_studies"),
            {
                "placement": ticked,
                "location": str(cast.emergency.uuid),
                "group": str(cast.chest.uuid),
                "email": "dora@example.net",
                "note": "For <i>Monday</i>",
            },
        )
    )

    names = ["N-2", "N-3", "N-4", cast.study.patient_id, "N-1"]
    in_dialog = re.findall(r'"num">(N-\d|MRN\d+)<', shown)
    in_report = re.findall(r'"num">(N-\d|MRN\d+)<', report)
    assert in_dialog == names
    assert in_report == names * 3
    assert report.count("MR KNEE N-1") == 3
    assert "2 recipients</strong> shared" in report
    assert "1 recipient</strong> invited" in report
    assert ("The new shares have no end date." in report, "For &lt;i&gt;Monday&lt;/i&gt;" in report) == (
        True,
        True,
    )
