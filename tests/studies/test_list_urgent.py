"""Searching a list for what is urgent: the studies whose row is marked so, and no other."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.services import end_shares, share_studies
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.sharing.urgent import email, in_minutes, location, open_as, share_urgent
from tests.studies.lists import list_of, rows_in, search, statements
from worklists.services import add_worklist_member, change_worklist

pytestmark = pytest.mark.django_db

ALL = "/worklists/all/studies/"


def search_all(client, **typed):
    return client.get(client.post(reverse("studies:search_all"), typed)["Location"])


def shared(cast, *targets, minutes=60, **study):
    """A new study of CT Reporting, shared as urgent with Emergency unless with another recipient."""
    made = make_study(cast.ct, **study)
    [share] = share_urgent(cast, *targets, minutes=minutes, placements=[placement_of(made, cast.ct).uuid])
    return made, share


def there(cast, *studies):
    return {str(placement_of(study, cast.emergency).uuid) for study in studies}


def marked_in(page):
    """The placements of the rows that carry the mark."""
    rows = page.content.decode().split("<tr>")[1:]
    return {row.partition('<a href="/placements/')[2][:36] for row in rows if "urgent-mark" in row}


def test_what_is_urgent_and_unopened_is_found_and_is_what_the_rows_mark(client, cast, clock):
    waits, _ = shared(cast)
    overdue, _ = shared(cast, minutes=5)
    opened, share = shared(cast)
    _ended, its = shared(cast)
    open_as(cast.ben, share)
    open_as(cast.ana, its)
    end_shares(shares=[its.uuid], by=acting(cast.ana))
    own, again = shared(cast)
    # Who shared it cannot open it for others.
    open_as(cast.ana, again)
    clock.move(minutes=10)
    client.force_login(cast.ben)

    page = search(client, cast.emergency, urgent="on")

    assert set(rows_in(page)) == there(cast, waits, overdue, own)
    assert set(rows_in(page)) == marked_in(client.get(list_of(cast.emergency)))
    assert set(rows_in(client.get(list_of(cast.emergency)))) >= there(cast, opened)
    assert not set(rows_in(search(client, cast.ct, urgent="on")))


def test_a_study_that_two_shares_bring_is_found_while_one_of_them_is_unopened(client, cast):
    made, first = shared(cast)
    open_as(cast.ben, first)
    client.force_login(cast.ben)
    assert rows_in(search(client, cast.emergency, urgent="on")) == []

    share_studies(
        placements=[placement_of(made, cast.ct).uuid],
        targets=[location(cast.emergency)],
        by=acting(cast.adam),
        open_by=in_minutes(90),
    )

    found = set(rows_in(search(client, cast.emergency, urgent="on")))
    assert found == there(cast, made) == marked_in(client.get(list_of(cast.emergency)))


def test_it_is_asked_together_with_all_else(client, cast):
    ct, _ = shared(cast, patient_name="Ash^Ada", modalities=["CT"], study_date="2026-03-01")
    mr, _ = shared(cast, patient_name="Birch^Bo", modalities=["MR"], study_date="2025-03-01", patient_id="77")
    client.force_login(cast.ben)

    for typed, found in (
        ({"q": "ash"}, [ct]),
        ({"q": "77"}, [mr]),
        ({"q": "oak"}, []),
        ({"modality": "MR"}, [mr]),
        ({"modality": "MR", "q": "ash"}, []),
        ({"study_from": "2026-01-01"}, [ct]),
        ({"arrived": "1"}, [ct, mr]),
    ):
        page = search(client, cast.emergency, urgent="on", **typed)
        assert set(rows_in(page)) == there(cast, *found), typed
        assert set(rows_in(search_all(client, urgent="on", **typed))) == there(cast, *found), typed


def test_on_all_worklists_it_is_found_where_it_is_urgent_and_nowhere_else(client, cast):
    made, _ = shared(cast)
    add_worklist_member(worklist=cast.ct, user=cast.ben, role=None, by=OPERATOR)
    client.force_login(cast.ben)

    page = search_all(client, urgent="on")

    assert set(rows_in(page)) == there(cast, made) == marked_in(client.get(ALL))
    client.force_login(cast.caro)
    assert rows_in(search_all(client, urgent="on")) == []


def test_what_waits_for_approval_is_not_on_the_list(client, cast):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=OPERATOR)
    shared(cast)
    client.force_login(cast.ben)

    assert rows_in(search(client, cast.emergency, urgent="on")) == []


def test_a_share_by_email_is_found_by_its_recipient_until_it_is_opened(client, cast):
    made, share = shared(cast, email(cast.caro.email))
    place = placement_of(made, cast.caro.personal_worklist)
    client.force_login(cast.caro)
    assert rows_in(search_all(client, urgent="on")) == [str(place.uuid)]

    open_as(cast.caro, share, Action.STUDY_OPEN)

    assert rows_in(search_all(client, urgent="on")) == []


def test_the_tick_is_kept_and_the_trail_has_its_name(client, cast):
    shared(cast)
    client.force_login(cast.ben)

    page = search(client, cast.emergency, urgent="on").content.decode()

    tick = page.partition('name="urgent"')[2].partition(">")[0]
    assert "checked" in tick
    detail = AuditEvent.objects.get(action=Action.LIST_SEARCH).detail
    assert (detail["fields"], detail["hits"]) == (["urgent"], 1)


@pytest.mark.parametrize("url", ["one", "all"])
def test_it_costs_as_many_statements_as_another_search(client, cast, url):
    shared(cast)
    client.force_login(cast.ben)
    where = (
        reverse("studies:search_all")
        if url == "all"
        else reverse("studies:search", args=[cast.emergency.uuid])
    )
    pages = [client.post(where, typed)["Location"] for typed in ({"arrived": "1"}, {"urgent": "on"})]
    for page in pages:
        client.get(page)

    counts = []
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        counts.append(len(statements(queries.captured_queries)))

    assert counts[0] == counts[1]
