"""The sheet with a guest link's code, for the person who made it, a short time after it was made."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.exceptions import NothingThere
from sharing.events import on_guest_link
from sharing.guest_mail import url_of
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.selectors.guest_links import links_seen_by, placements_of
from studies.models import Placement

# The link's URL opens the images: it is shown to its maker this long, and to no one else.
SHOWN_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Letter:
    """`studies` are empty where the sheet is not to name the patient."""

    link: GuestLink
    url: str
    studies: list[Placement]


@transaction.atomic
def read_letter(*, link: UUID, by: Actor, with_patient: bool = False) -> Letter:
    """The sheet of the person's own link, and an event in the trail of each of its studies.

    Raises NothingThere, and ValidationError where the link is over or its URL was made too long ago.
    """
    own = links_seen_by(by).filter(uuid=link, made_by=by.person)
    row = own.with_facts().with_names().first()
    if row is None:
        raise NothingThere
    now = clock.now()
    if row.state is not State.OPEN or now - (row.renewed_at or row.made_at) > SHOWN_FOR:
        raise ValidationError(
            _("The letter can be printed for an hour after the link was made. Make a new URL for the link.")
        )
    detail = {"with_patient": with_patient}
    record_all(event(Action.GUEST_LINK_PRINT, by=by, on=on) for on in on_guest_link(row, at=now, **detail))
    return Letter(row, url_of(row), list(placements_of(row)) if with_patient else [])
