"""A call of every service about urgent shares, for `service_calls`."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

import sharing.services
from audit import clock
from sharing.models import Method, Share
from sharing.services.urgent import escalate_urgent
from sharing.targets import Target
from sharing.urgency import Deadline
from tests.cast import acting
from tests.everything import World
from tests.product.call_parts import Call
from worklists.services import set_urgent_contacts


def _escalate(w: World) -> Any:
    """A share whose time has passed, and then the sweep; all of it in one transaction."""
    with transaction.atomic():
        made = Share.objects.filter(pk=w.on_emergency.pk)
        made.update(shared_at=F("shared_at") - timedelta(hours=2))
        passed = clock.now() - timedelta(hours=1)
        made.update(open_by=passed, escalate_at=passed)
        return escalate_urgent()


URGENT: dict[str, Call] = {
    "changes.change_share to urgent": lambda w: sharing.services.change_share(
        share=w.on_emergency.uuid,
        by=acting(w.cast.ana),
        expires_at=None,
        note=None,
        deadline=Deadline(clock.now() + timedelta(hours=1)),
    ),
    "shares.share_studies as urgent": lambda w: sharing.services.share_studies(
        placements=[w.at_home.uuid],
        targets=[Target(Method.GROUP, str(w.cast.chest.uuid))],
        by=acting(w.cast.ana),
        open_by=clock.now() + timedelta(hours=1),
    ),
    "urgent.escalate_urgent": _escalate,
}

URGENT_CONTACTS: dict[str, Call] = {
    "urgent_contacts.set_urgent_contacts": lambda w: set_urgent_contacts(
        worklist=w.cast.emergency, emails=[w.cast.ben.email], wait=15, by=acting(w.cast.adam)
    ),
}
