"""Recording many events at once, and an event with the read it tells of."""

from typing import Any

import pytest
from django.db import DataError, transaction

from audit.actions import Action
from audit.models import AuditEvent
from audit.services import BATCH, On, event, read_and_record, record_all
from common.copying import FEW
from tests.cast import Cast, acting
from worklists.events import on_worklist

pytestmark = pytest.mark.django_db


def test_events_of_several_worklists_go_in_together_each_with_its_role(cast: Cast) -> None:
    # More than fifty are copied in; the last worklists' roles are not known before.
    places = [cast.ct] * (FEW + 10) + [cast.emergency, cast.imaging]
    by = acting(cast.ben)

    record_all(event(Action.LIST_READ, by=by, on=on_worklist(place)) for place in places)

    roles = list(AuditEvent.objects.filter(action=Action.LIST_READ).values_list("worklist_id", "role_label"))
    assert len(roles) == len(places)
    assert set(roles) == {
        (cast.ct.pk, "Radiologist"), (cast.emergency.pk, "Radiologist"), (cast.imaging.pk, "Personal"),
    }  # fmt: skip


def test_more_than_a_batch_is_recorded_whole_and_in_order(cast: Cast) -> None:
    by = acting(cast.ana)

    record_all(
        event(Action.LIST_READ, by=by, on=on_worklist(cast.ct, number=number)) for number in range(BATCH + 3)
    )

    events = AuditEvent.objects.filter(action=Action.LIST_READ).order_by("pk")
    assert [event.detail["number"] for event in events] == list(range(BATCH + 3))


def test_a_read_and_its_event_are_one_statement(cast: Cast, django_assert_num_queries: Any) -> None:
    by, on = acting(cast.ana), on_worklist(cast.ct, fields=["PatientName"])
    by.role_label(on.account_id, on.worklist_id)

    with django_assert_num_queries(1):
        rows = read_and_record(
            "SELECT number FROM generate_series(1, %s) AS number",
            [3],
            action=Action.LIST_SEARCH,
            by=by,
            on=on,
        )

    assert rows == [(1,), (2,), (3,)]
    written = AuditEvent.objects.get(action=Action.LIST_SEARCH)
    assert (written.by_id, written.worklist_id, written.role_label) == (
        cast.ana.pk,
        cast.ct.pk,
        "Radiologist",
    )
    assert written.detail["fields"] == ["PatientName"]


def test_a_read_of_no_rows_has_its_event(cast: Cast) -> None:
    rows = read_and_record(
        "SELECT 1 WHERE %s", [False], action=Action.LIST_READ, by=acting(cast.ana), on=On()
    )

    assert rows == []
    assert AuditEvent.objects.filter(action=Action.LIST_READ).count() == 1


def test_a_read_that_fails_leaves_no_event(cast: Cast) -> None:
    with pytest.raises(DataError), transaction.atomic():
        read_and_record("SELECT 1 / %s::int", [0], action=Action.LIST_READ, by=acting(cast.ana), on=On())

    assert not AuditEvent.objects.filter(action=Action.LIST_READ).exists()
