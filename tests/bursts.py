"""A burst of refusals, for tests that need one."""

from datetime import timedelta

from django.db.models.functions import Now

from accounts.models import User
from audit.actions import Action
from audit.models import RefusalBurst
from audit.services import record_bursts
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
