"""Guest links as pages list them: each with its studies, its state in words, and what the reader may do with it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor
from common.nouns import counted
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import GuestLinkQuerySet, State
from sharing.selectors.guest_links import links_seen_by
from sharing.selectors.guest_policy import shown_end
from sharing.selectors.pages import SentPage, page_of
from studies.models import Placement
from worklists import access

# Enough to recognise the patient by; the link's own page has no more.
STUDIES_SHOWN = 3
# Beside the shares of a study; the study's own list of links has the others.
MOST_BESIDE_SHARES = 200

# The word, its tone, and why.
WORDS: dict[State, tuple[str, str, str]] = {
    State.OPEN: (gettext_noop("Open"), "good", ""),
    State.USED_UP: (gettext_noop("Used up"), "warn", gettext_noop("opened as often as allowed")),
    State.LOCKED: (gettext_noop("Locked"), "warn", gettext_noop("no try at the password is left")),
    State.EXPIRED: (gettext_noop("Ended"), "neutral", str(GuestLink.EndReason.EXPIRED)),
    State.NO_STUDY: (gettext_noop("Ended"), "neutral", str(GuestLink.EndReason.NO_STUDY)),
    State.NO_RIGHT: (gettext_noop("Ended"), "neutral", str(GuestLink.EndReason.NO_RIGHT)),
    State.ENDED: (gettext_noop("Ended"), "neutral", ""),
}
ALIVE = (State.OPEN, State.USED_UP, State.LOCKED)


@dataclass(frozen=True)
class LinkRow:
    """A link; its placements while they are on the worklist, a few of them."""

    link: GuestLink
    placements: list[Placement]
    is_own: bool
    may_extend: bool

    @property
    def may_end(self) -> bool:
        return self.link.state in ALIVE

    @property
    def may_renew(self) -> bool:
        """Whether its maker is offered a new URL."""
        return self.is_own and self.may_extend and self.link.state is State.OPEN

    @property
    def more(self) -> int:
        """How many of its studies are not listed, though on the worklist."""
        return max(len(self.placements) - STUDIES_SHOWN, 0)

    @property
    def shown(self) -> list[Placement]:
        return self.placements[:STUDIES_SHOWN]

    @property
    def state(self) -> str:
        return _(WORDS[self.link.state][0])

    @property
    def tone(self) -> str:
        return WORDS[self.link.state][1]

    @property
    def why(self) -> str:
        link = self.link
        if link.state is not State.ENDED:
            word = WORDS[link.state][2]
            if word in GuestLink.EndReason:
                return str(GuestLink.EndReason(word).label)
            return _(word) if word else ""
        if link.ended_by is None:
            return str(GuestLink.EndReason(link.end_reason).label)
        return _("by %(name)s") % {"name": link.ended_by.name}

    @property
    def opened(self) -> str:
        """How often it was opened, of how often it may be."""
        link = self.link
        if link.most_openings is None:
            return counted(link.openings, "time")
        words = {"openings": link.openings, "times": counted(link.most_openings, "time")}
        return _("%(openings)s of %(times)s") % words

    @property
    def until(self) -> str:
        return shown_end(self.link)


def link_seen_by(by: Actor, link: UUID) -> LinkRow | None:
    """One of the links that the person sees."""
    return next(iter(_rows(list(_read(by).filter(uuid=link)), by)), None)


def links_page(
    by: Actor, *, everyones: bool = False, before: UUID | None = None, after: UUID | None = None
) -> SentPage[LinkRow]:
    """The person's own links, or all that they see, newest first. Raises NoSuchPage."""
    links = links_seen_by(by)
    rows, newer, older = page_of(links if everyones else links.filter(made_by=by.person), before, after)
    # What a row names is read for the page alone: the list may have thousands.
    named = GuestLink.objects.with_facts().with_names().in_bulk([row.pk for row in rows])
    return SentPage(_rows([named[row.pk] for row in rows], by), newer, older)


def links_of_study(placement: Placement, by: Actor) -> list[LinkRow]:
    """Those that show the study from this worklist, or did; newest first, the newest hundred."""
    links = _read(by).filter(worklist=placement.worklist_id, studies__study=placement.study_id)
    return _rows(list(links.order_by("-pk")[:100]), by)


def live_links_on(study: int, worklists: Collection[int], by: Actor) -> dict[int, list[LinkRow]]:
    """Those that show the study on these worklists now, as far as the person sees them, by worklist, newest first.

    The links that name the study are read first: most studies have none, and the statement for those the person sees
    takes PostgreSQL long to plan. Without the placements: the reader has the study before them.
    """
    rows: dict[int, list[LinkRow]] = defaultdict(list)
    keys = GuestLinkStudy.objects.standing().unended_links(study)
    if not keys:
        return rows
    seen = links_seen_by(by).live().with_names().filter(pk__in=keys, worklist__in=worklists)
    for link in seen.order_by("-pk")[:MOST_BESIDE_SHARES]:
        row = LinkRow(link=link, placements=[], is_own=link.made_by_id == by.user_id, may_extend=False)
        rows[link.worklist_id].append(row)
    return rows


def sees_everyones(by: Actor) -> bool:
    """Whether there is a worklist on which the person sees the links of all its members."""
    return access.worklists_for(by, "view_guest_links").exists()


def _read(by: Actor) -> GuestLinkQuerySet:
    return links_seen_by(by).with_facts().with_names()


def _rows(links: Sequence[GuestLink], by: Actor) -> list[LinkRow]:
    """Two statements more, however many links."""
    placements = _placements(links)
    worklists = {link.worklist_id for link in links}
    makes = set(
        access.worklists_for(by, "create_guest_links").filter(pk__in=worklists).values_list("pk", flat=True)
    )
    return [
        LinkRow(
            link=link,
            placements=placements[link.pk],
            is_own=link.made_by_id == by.user_id,
            may_extend=link.state in ALIVE and link.worklist_id in makes,
        )
        for link in links
    ]


def _placements(links: Sequence[GuestLink]) -> dict[int, list[Placement]]:
    standing = GuestLinkStudy.objects.standing().filter(link__in=[link.pk for link in links])
    pairs = list(standing.values_list("link", "placement_key"))
    by_key = Placement.objects.select_related("study").in_bulk({key for _link, key in pairs})
    by_link: dict[int, list[Placement]] = defaultdict(list)
    for link, key in pairs:
        by_link[link].append(by_key[key])
    for listed in by_link.values():
        listed.sort(
            key=lambda placement: (placement.study_date, placement.study_time, placement.pk), reverse=True
        )
    return by_link
