"""The audited read of the studies of a pasted list of MRN and accession numbers."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from common.text import as_drawn
from studies.selectors.by_number import MOST_SHOWN, Hit, placements_by_numbers
from studies.selectors.listing import StudiesPage, rows_seen_at
from studies.services.all_lists import AllListing, record_shown
from worklists import access
from worklists.models import Worklist

MOST_NUMBERS = 100
# As long as a column of numbers is.
LONGEST_NUMBER = 200
_BETWEEN = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029\t,;\x00]+")


@dataclass(frozen=True)
class Number:
    """A pasted number with its studies; `has_more` where it names more than are shown."""

    text: str
    hits: list[Hit]
    has_more: bool = False

    @property
    def has_space(self) -> bool:
        """Whether it may be several numbers that spaces were meant to separate."""
        return len(as_drawn(self.text).split()) > 1

    @property
    def issuers(self) -> list[str]:
        """Who issued the MRNs that it is, each once; empty where no issuer is recorded."""
        issuers = {hit.placement.study.issuer_of_patient_id for hit in self.hits if "mrn" in hit.kinds}
        return sorted(filter(None, issuers))


@dataclass(frozen=True)
class Numbered:
    """The numbers in the order they were pasted, each once; how many were pasted again; and what may be done."""

    numbers: list[Number]
    repeated: int
    listing: AllListing


@transaction.atomic
def read_by_numbers(*, text: str, by: Actor, worklist: Worklist | None = None) -> Numbered:
    """The studies of the numbers in a text, on one worklist or on all that the person may see.

    A number is an MRN or an accession number as a whole, and may have spaces in it. Where nothing but spaces is in the
    text, it is one number if that has a study, else they separate numbers. Raises ValidationError for none and for too
    many. The events are those of a search; they hold no number.
    """
    texts = [as_written for each in _BETWEEN.split(text) if as_drawn(as_written := each.strip())]
    whole = texts[0] if len(texts) == 1 else ""
    if whole:
        texts = [each for each in whole.split() if as_drawn(each)]
    pasted = list({as_drawn(each).upper(): each for each in reversed(texts)}.values())[::-1]
    if not pasted:
        raise ValidationError(_("Paste at least one number."), code="empty")
    if len(pasted) > MOST_NUMBERS:
        sentence = _("You can look up at most %(most)s numbers at once. You pasted %(number)s.")
        raise ValidationError(
            sentence % {"most": MOST_NUMBERS, "number": f"{len(pasted):,}"}, code="too_many"
        )
    asked = [whole, *pasted] if whole else pasted
    hits = placements_by_numbers(by, worklist, [_keys(each) for each in asked])
    if whole and hits[0]:
        texts, pasted, hits = [whole], [whole], hits[:1]
    elif whole:
        hits = hits[1:]
    numbers = [
        Number(each, its_hits[:MOST_SHOWN], len(its_hits) > MOST_SHOWN)
        for each, its_hits in zip(pasted, hits, strict=True)
    ]
    rows = list({hit.placement.pk: hit.placement for number in numbers for hit in number.hits}.values())
    worklists = {row.worklist_id: row.worklist for row in rows}
    rights = access.rights_on(by, worklists.values())
    record_shown(Action.LIST_SEARCH, rows, {"fields": ["numbers"]}, by=by, otherwise=worklist)
    listing = AllListing(StudiesPage(rows, now=rows_seen_at(rows)), worklists, rights, [])
    return Numbered(numbers, len(texts) - len(pasted), listing)


def _keys(text: str) -> list[str]:
    """What a number that reads like this is stored as."""
    forms = (text, unicodedata.normalize("NFKC", text), as_drawn(text))
    return list(dict.fromkeys(form.strip().upper() for form in forms if len(form) <= LONGEST_NUMBER))
