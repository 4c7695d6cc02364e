"""What ends with a share, as numbered lines: each has its number, and a text without it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.nouns import counted
from sharing.selectors import WhatEnds
from sharing.selectors.previews import Loses

MOST_LINES = 12

Consequence = tuple[int | None, str]


def consequences_of(preview: WhatEnds) -> list[Consequence]:
    """A line for each recipient, and what ends with their shares."""
    return [*_recipients(preview), *what_follows(preview)]


def what_follows(preview: WhatEnds) -> list[Consequence]:
    """A line for each worklist that loses studies with the recipients, and for what is only counted."""
    others = (
        (preview.elsewhere, _lost_elsewhere(preview.elsewhere)),
        (preview.beyond, _onward_shares(preview.beyond)),
        (preview.promises, waiting_shares_of_people(preview.promises)),
        (preview.links, _guest_links(preview.links)),
    )
    return [
        *_worklists(preview),
        *((number, text) for number, text in others if number),
    ]


def _recipients(preview: WhatEnds) -> list[Consequence]:
    lines: list[Consequence] = [
        (number, ngettext("share with %(name)s ends", "shares with %(name)s end", number) % {"name": name})
        for name, number in preview.recipients[:MOST_LINES]
    ]
    if (more := len(preview.recipients) - MOST_LINES) > 0:
        lines.append((more, _("more recipients")))
    if preview.kept:
        kept = ngettext(
            "study stays there through another share", "studies stay there through other shares", preview.kept
        )
        lines.append((preview.kept, kept))
    return lines


def _worklists(preview: WhatEnds) -> list[Consequence]:
    lines: list[Consequence] = [
        (loses.studies, _disappears(loses)) for loses in preview.worklists[:MOST_LINES]
    ]
    if (more := len(preview.worklists) - MOST_LINES) > 0:
        lines.append((more, _("more worklists lose studies, where they were shared on")))
    return lines


def _disappears(loses: Loses) -> str:
    words = {"name": loses.worklist, "people": counted(loses.people, "person")}
    if not loses.people:
        return (
            ngettext(
                "study also disappears from %(name)s, where it was shared on",
                "studies also disappear from %(name)s, where they were shared on",
                loses.studies,
            )
            % words
        )
    return (
        ngettext(
            "study also disappears from %(name)s, where it was shared on and %(people)s can see it",
            "studies also disappear from %(name)s, where they were shared on and %(people)s can see them",
            loses.studies,
        )
        % words
    )


def _lost_elsewhere(number: int) -> str:
    return ngettext(
        "worklist of other organisations loses it too, through onward shares",
        "worklists of other organisations lose it too, through onward shares",
        number,
    )


def _onward_shares(number: int) -> str:
    return ngettext(
        "onward share outside your organisation ends", "onward shares outside your organisation end", number
    )


def _guest_links(number: int) -> str:
    return ngettext("guest link no longer shows the study", "guest links no longer show the studies", number)


def waiting_shares_of_people(number: int) -> str:
    return ngettext(
        "share waiting for people who have not registered ends",
        "shares waiting for people who have not registered end",
        number,
    )


def waiting_shares_of_person(number: int) -> str:
    return ngettext("share waiting for this person ends", "shares waiting for this person end", number)
