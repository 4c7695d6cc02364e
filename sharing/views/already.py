"""The marks beside a recipient, in words: who has the ticked studies already, who is new, who is outside."""

from typing import Any

from django.utils.translation import gettext as _

from common import formats
from common.nouns import counted
from sharing.selectors.already import Held, Shown, already_shared
from sharing.selectors.history import History, acquaintance
from sharing.services.dialog import Offer
from worklists.models import Worklist


def outside_words(worklist: Worklist) -> str:
    """The mark of a recipient outside the account of the ticked studies."""
    if worklist.account is None:
        return _("Outside your organisation")
    return _("Outside %(account)s") % {"account": worklist.account.name}


def mark(offer: Offer, history: History, sections: dict[str, Any]) -> None:
    """Give each recipient of the dialog's sections its marks: one statement for `already`, another for the rest."""
    rows = {
        row["worklist"].pk: row for name in ("locations", "groups") for row in _of(sections, name, "rows")
    }
    people = {chip["person"].uuid: chip for chip in _of(sections, "physicians", "chips") if chip["person"]}
    codes = {chip["code"]: chip for chip in _of(sections, "codes", "chips") if chip["name"]}
    emails = {chip["email"]: chip for chip in _of(sections, "emails", "chips")}
    shown = Shown(rows.keys(), people.keys(), codes.keys(), emails.keys())
    study_ids = [placement.study_id for placement in offer.placements]
    held = already_shared(study_ids, offer.worklist, shown)
    before = acquaintance(history, shown)
    for recipients in (rows, people, codes, emails):
        for key, recipient in recipients.items():
            recipient["already"] = already_words(held.get(key), len(study_ids))
            recipient["is_new"] = key not in before.known
    for code in before.outside & codes.keys():
        codes[code]["outside"] = outside_words(offer.worklist)


def invalid_in(sections: dict[str, Any]) -> tuple[int, int]:
    """How many of the picked recipients cannot be shared with, and how many typed entries are not recipients."""
    picked = 0
    for name, chips, is_valid in (
        ("physicians", "chips", lambda chip: chip["person"]),
        ("codes", "chips", lambda chip: True),
        ("emails", "chips", lambda chip: True),
    ):
        refused = bool(sections.get(name, {}).get("refusal"))
        picked += sum(refused or not is_valid(chip) for chip in _of(sections, name, chips))
    for name in ("locations", "groups"):
        section = sections.get(name, {})
        picked += len(section.get("unknown", ()))
        picked += sum(row["checked"] for row in _of(sections, name, "rows") if section["refusal"])
    typed = sum(sections.get(name, {}).get("typed_wrong", 0) for name in ("codes", "emails"))
    return picked, typed


def _of(sections: dict[str, Any], section: str, name: str) -> list[dict[str, Any]]:
    recipients: list[dict[str, Any]] = sections.get(section, {}).get(name, [])
    return recipients


def already_words(held: Held | None, studies: int) -> str:
    """Whether all of the ticked studies are shared or how many, and until when; empty where none is."""
    if held is None:
        return ""
    words = {"some": f"{held.studies:,}", "studies": counted(studies, "study"), "until": _until(held)}
    if held.studies < studies:
        return _("%(some)s of %(studies)s already shared, %(until)s") % words
    return _("already shared, %(until)s") % words


def _until(held: Held) -> str:
    if held.last_day is None:
        return _("no end date")
    day = {"day": formats.day(held.last_day)}
    return _("until %(day)s or later") % day if held.differs else _("until %(day)s") % day
