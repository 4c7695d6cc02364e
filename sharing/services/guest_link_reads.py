"""Audited reads of guest links: the dialog that makes them, and their lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import permissions
from sharing.events import on_guest_link
from sharing.models import ShareRule
from sharing.selectors.guest_link_rows import LinkRow, link_seen_by, links_of_study, links_page
from sharing.selectors.guest_policy import Policy
from sharing.selectors.pages import SentPage
from sharing.selectors.rules import ruling_for
from sharing.services.guest_links import OVER, chosen_for_a_link, policy_of
from sharing.services.previews import record_studies
from studies.events import on_placement
from studies.models import Placement
from worklists.events import on_worklist
from worklists.models import Worklist


@dataclass(frozen=True)
class LinkOffer:
    """What the dialog shows: the studies, how long a link may last, and whether it may let its holder download."""

    placements: list[Placement]
    worklist: Worklist
    policy: Policy
    may_download: bool


@transaction.atomic
def offer_guest_link(*, placements: Sequence[UUID], by: Actor) -> LinkOffer:
    """The studies for a new link. Raises as `make_guest_link`."""
    chosen = chosen_for_a_link(placements, by)
    worklist = chosen[0].worklist
    permissions.check_make_link(by, worklist, may_download=False)
    if refusal := ruling_for(worklist).refuses_all(ShareRule.Way.GUEST_LINK):
        raise ValidationError(refusal, code="ruled_out")
    record_studies("link", chosen, by)
    policy = Policy.of(worklist, chosen, clock.now())
    return LinkOffer(chosen, worklist, policy, by.may("download_study", worklist))


@transaction.atomic
def preview_guest_link(*, link: UUID, by: Actor) -> tuple[LinkRow, Policy]:
    """A link before it is extended or ended, and how long it may last.

    Raises NothingThere, and ValidationError where it has ended.
    """
    row = link_seen_by(by, link)
    if row is None:
        raise NothingThere
    if not row.may_end:
        raise ValidationError(_(OVER), code="ended")
    record_all(
        event(Action.DIALOG_READ, by=by, on=on)
        for on in on_guest_link(row.link, at=clock.now(), dialog="link")
    )
    return row, policy_of(row.link)


@transaction.atomic
def read_guest_links(
    *, by: Actor, everyones: bool = False, before: UUID | None = None, after: UUID | None = None
) -> SentPage[LinkRow]:
    """A page of the person's own links, or of all that they see, with an event for each worklist in it."""
    page = links_page(by, everyones=everyones, before=before, after=after)
    listed: dict[Worklist, int] = {}
    for row in page.lines:
        listed[row.link.worklist] = listed.get(row.link.worklist, 0) + 1
    record_all(
        event(Action.GUEST_LINKS_READ, by=by, on=on_worklist(worklist, links=number))
        for worklist, number in listed.items()
    )
    return page


@transaction.atomic
def read_links_of_study(*, placement: Placement, by: Actor) -> list[LinkRow]:
    """The links that show the study from this worklist, or did, as far as the person sees them."""
    rows = links_of_study(placement, by)
    on = on_placement(placement, at=clock.now(), detail={"links": len(rows)})
    record(Action.GUEST_LINKS_READ, by=by, on=on)
    return rows
