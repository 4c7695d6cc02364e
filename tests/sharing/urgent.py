"""What tests of urgent shares have in common: sharing, opening, and what people were notified of."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import OutboxMail, User
from audit import clock as now_of
from audit.actions import Action
from audit.services import record
from sharing.models import Method, Notice, Share
from sharing.selectors.deliveries import deliveries_of
from sharing.selectors.notices import notices_of
from sharing.selectors.urgent import urgent_lines
from sharing.services import share_studies
from sharing.targets import Target
from sharing.urgency import UrgentState
from studies.events import on_placement
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import join, make_user
from worklists.models import Worklist
from worklists.services import set_urgent_contacts

WAIT = 30


def location(worklist: Worklist) -> Target:
    return Target(Method.LOCATION, str(worklist.uuid))


def group(worklist: Worklist) -> Target:
    return Target(Method.GROUP, str(worklist.uuid))


def physician(person: User) -> Target:
    return Target(Method.PHYSICIAN, str(person.uuid))


def email(typed: str) -> Target:
    return Target(Method.EMAIL, typed)


def in_minutes(minutes: float) -> datetime:
    return now_of.now() + timedelta(minutes=minutes)


def share_urgent(
    cast: Cast, *targets: Target, minutes: float = 60, placements: list[UUID] | None = None, **more: Any
) -> list[Share]:
    """By Ana, from CT Reporting; with Emergency where no recipient is named."""
    report = share_studies(
        placements=placements or [cast.placement.uuid],
        targets=targets or [location(cast.emergency)],
        by=acting(cast.ana),
        open_by=in_minutes(minutes),
        **more,
    )
    return [row.share for row in report.rows if row.share is not None]


def set_contacts(cast: Cast, *people: User, wait: int = WAIT) -> None:
    """The contacts of Emergency, in this order."""
    set_urgent_contacts(
        worklist=cast.emergency, emails=[person.email for person in people], wait=wait, by=acting(cast.adam)
    )


def new_colleague(cast: Cast, name: str) -> User:
    """A radiologist on Emergency."""
    person = make_user(name)
    join(person, cast.northgate, "Radiologist", [cast.emergency])
    return person


def open_as(person: User, share: Share, action: Action = Action.IMAGES_SERVED, page: str = "") -> None:
    """The event that opening the study there writes."""
    worklist = share.to_worklist_id
    placement = Placement.objects.with_names().get(study=share.study_id, worklist=worklist)
    record(action, by=acting(person), on=on_placement(placement, at=now_of.now(), detail={"page": page}))


def mailed() -> Counter[str]:
    """The urgent mails by recipient."""
    return Counter(
        OutboxMail.objects.filter(kind="notice", data__notice__in=urgent_notices()).values_list(
            "recipient", flat=True
        )
    )


def urgent_notices() -> list[int]:
    return list(Notice.objects.filter(event="urgent").values_list("pk", flat=True))


def notified(person: User) -> list[str]:
    rows = notices_of(acting(person)).lines
    return [row.sentence for row in rows if row.notice.event == "urgent"]


def state(share: Share) -> UrgentState:
    """As a page shows it."""
    share.refresh_from_db()
    return urgent_lines([share], deliveries_of([share]), now_of.now())[share.pk].urgency.state
