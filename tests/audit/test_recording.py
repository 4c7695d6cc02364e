"""Recording many events at once."""

import pytest

from audit.actions import Action
from audit.models import AuditEvent
from audit.services import BATCH, event, record_all
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
