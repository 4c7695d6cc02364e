"""The page on which a person is added to worklists: what it offers, what it shows before, and what it does."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccountMembership
from tests.administering import adam, text
from tests.cast import Cast
from tests.factories import make_location, role_of
from tests.fingerprint import fingerprint
from worklists.models import WorklistMembership

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def page_of(person, name="worklists"):
    membership = AccountMembership.objects.get(user=person)
    return reverse(f"admin:accounts_accountmembership_{name}", args=[membership.pk])


def test_the_page_of_a_person_leads_there_and_it_offers_the_worklists_they_are_not_on(
    adam: Client, cast: Cast
) -> None:
    assert page_of(cast.vera) in adam.get(page_of(cast.vera, "change")).content.decode()

    shown = text(adam.get(page_of(cast.vera)))

    assert "Chest Clinic" in shown and "Emergency" in shown
    assert "3 worklists" in shown
    assert "CT Reporting" not in shown and "Orthopaedics" not in shown
    found = text(adam.get(page_of(cast.vera), {"q": "chest\x00"}))
    assert "Chest Clinic" in found and "Emergency" not in found
    assert "No worklist found" in text(adam.get(page_of(cast.vera), {"q": "Orthopaedics"}))


def test_ticked_worklists_and_a_role_are_added_and_the_page_says_so(adam: Client, cast: Cast) -> None:
    viewer = role_of(cast.northgate, "Viewer")
    ticked = {"worklist": [str(cast.chest.uuid), str(cast.emergency.uuid)], "role": str(viewer.pk)}

    answer = adam.post(page_of(cast.vera), ticked, follow=True)

    assert answer.redirect_chain == [(page_of(cast.vera, "change"), 302)]
    assert "Vera was added to 2 worklists." in text(answer)
    added = WorklistMembership.objects.filter(user=cast.vera, worklist__in=[cast.chest, cast.emergency])
    assert set(added.values_list("role", flat=True)) == {viewer.pk} and added.count() == 2


@pytest.mark.parametrize("key", ["ct", "imaging", "nothing", ""])
def test_what_cannot_be_added_is_said_on_the_form(adam: Client, cast: Cast, key: str) -> None:
    adam.get(page_of(cast.vera))
    before = fingerprint()
    worklist = getattr(cast, key, None)

    answer = adam.post(page_of(cast.vera), {"worklist": [str(worklist.uuid) if worklist else key]})

    assert answer.status_code == 422 and "There is a problem" in text(answer)
    assert fingerprint() == before


def test_before_it_is_saved_the_page_says_which_studies_the_person_gains(adam: Client, cast: Cast) -> None:
    ticked = {"worklist": [str(cast.ct.uuid), str(cast.chest.uuid)], "_effect": "1"}
    before = WorklistMembership.objects.count()

    part = adam.post(page_of(cast.ben), ticked, headers={"HX-Request": "true"})

    assert "Ben" in text(part) and "CT Reporting" in text(part)
    assert WorklistMembership.objects.count() == before


def test_an_inactive_person_is_not_offered_worklists(adam: Client, cast: Cast) -> None:
    assert page_of(cast.ina) not in adam.get(page_of(cast.ina, "change")).content.decode()


def test_the_page_costs_the_same_for_any_number_of_worklists(adam: Client, cast: Cast) -> None:
    def price() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert adam.get(page_of(cast.vera)).status_code == 200
        return len(asked)

    price()
    few = price()
    for number in range(40):
        make_location(cast.northgate, f"Ward {number}")

    assert price() == few <= 13
