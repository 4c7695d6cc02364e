"""A burst of refusals, and one of received images, for tests that need one."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.actions import Action
from audit.models import RefusalBurst
from audit.services import record_bursts
from studies.models import ReceivedBurst
from studies.services import record_received
from tests.cast import IP_ADDRESS


def record_a_burst(person: User) -> int:
    """Three refusals of a person, an hour ago: the two that are not in the trail are recorded."""
    by = {"by_id": person.pk, "by_label": person.name, "role_label": "Radiologist", "ip_address": IP_ADDRESS}
    RefusalBurst.objects.update_or_create(
        key="a burst",
        defaults={
            "who": f"user {person.pk}",
            "count": 3,
            "began_at": Now() - timedelta(hours=1),
            "first": {"action": Action.DENIED, "outcome": "refused", "detail": {}, **by},
        },
    )
    return record_bursts()


def record_a_received_burst(person: User) -> int:
    """Three images that were added an hour ago, now recorded."""
    by = {"by_id": person.pk, "by_label": person.name, "role_label": "Radiologist", "ip_address": IP_ADDRESS}
    with transaction.atomic():
        ReceivedBurst.objects.create(
            key="a burst",
            count=3,
            began_at=Now() - timedelta(hours=1),
            event={"action": Action.STUDY_ADD_IMAGES, "outcome": "success", "detail": {}, **by},
        )
        return record_received()
