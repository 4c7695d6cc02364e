"""Events of images that a machine adds object by object: counted in the transaction that stores each, written as one.

A PACS sends a study in hundreds of messages; an event for each would bury the trail of the study.
"""

import json
from collections.abc import Iterable
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from audit.models import AuditEvent
from audit.services import record_all
from audit.services.recording import COPIED
from studies.models import ReceivedBurst

# A burst is over when nothing was added for so long, or after so long in any case.
SILENCE, LONGEST = timedelta(minutes=1), timedelta(minutes=10)
COUNT = """
    INSERT INTO studies_receivedburst (key, event, count) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET
        count = studies_receivedburst.count + excluded.count, event = excluded.event, last_at = statement_timestamp()
"""


def gather(events: Iterable[AuditEvent]) -> None:
    """In place of recording them now: each has the number of its instances in its detail."""
    for event in events:
        kept = {name: getattr(event, name) for name in (*COPIED, "detail")}
        who = (event.by_id, event.by_label, event.ip_address)
        key = json.dumps([*who, event.action, event.worklist_id, event.study_id])
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT, [key, json.dumps(kept, cls=DjangoJSONEncoder), event.detail.get("instances", 1)]
            )


@transaction.atomic
def record_received() -> int:
    """One event for each burst that is over; returns their number."""
    over = ReceivedBurst.objects.filter(Q(last_at__lte=Now() - SILENCE) | Q(began_at__lte=Now() - LONGEST))
    # What is being counted at this moment waits for the next time.
    bursts = list(over.select_for_update(skip_locked=True).order_by("began_at", "key"))
    ReceivedBurst.objects.filter(pk__in=[burst.pk for burst in bursts]).delete()
    record_all(
        AuditEvent(**{**burst.event, "detail": {**burst.event["detail"], "instances": burst.count}})
        for burst in bursts
    )
    return len(bursts)
