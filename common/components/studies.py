"""Patients, studies, shares: each is shown in the same way on every page."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from common import formats, nouns
from common.components.library import register
from common.components.words import day_or_moment, icon, modality, not_recorded, pill
from common.markup import escaped, format_html
from common.translated import translated, translated_into

MRN, OWN_MRN, BORN = gettext_noop("MRN"), gettext_noop("Own MRN"), gettext_noop("Born")
CHECK_PATIENT = gettext_noop("Check the patient")
NO_DESCRIPTION = gettext_noop("No description")


def identity(study: Any) -> dict:
    """The patient of a study: the same words in the banner, in rows and in dialogs."""
    return {
        "name": formats.patient_name(study.patient_name),
        "born": study.patient_birth_date or study.patient_birth_date_raw,
        "sex": formats.sex_word(study.patient_sex),
        "mrn": study.patient_id,
    }


def examination(study: Any) -> dict:
    return {
        "study_day": study_day(study),
        "description": study.description or translated(NO_DESCRIPTION),
        "modalities": study.modalities,
        "accession": study.accession_number,
        "images": study.n_instances,
    }


@register.simple_tag
def study_day(study: Any) -> SafeString:
    """study_day study — when it was made: the day, and the time where it is recorded"""
    if not (at := formats.study_clock(study)):
        return day_or_moment(study.study_date or study.study_date_raw)
    day = formats.as_date(study.study_date)
    return format_html('<time class="date" datetime="{}T{}">{}, {}</time>', day, at, formats.day(day), at)


@register.inclusion_tag("components/patient_banner.html")
def patient_banner(study: Any, place: str = "", note: str = "", href: str = "", own_mrn: str = "") -> dict:
    shown = {**identity(study), **examination(study), "not_recorded": not_recorded()}
    issuer = study.issuer_of_patient_id
    return {**shown, "place": place, "note": note, "href": href, "own_mrn": own_mrn, "issuer": issuer}


@register.simple_tag
def patient_line(study: Any, href: str = "", own_mrn: str = "", with_issuer: bool = False) -> SafeString:
    """patient_line study href="" own_mrn="" with_issuer=False — the banner's identity, compact, for rows and dialogs"""
    shown, language = identity(study), get_language()
    sex = format_html(' <span class="fact">{}</span>', shown["sex"]) if shown["sex"] else ""
    by = study.issuer_of_patient_id if with_issuer else ""
    issuer = format_html(' <bdi class="muted">({})</bdi>', by) if by else ""
    mrn = _number(language, MRN, shown["mrn"], issuer) if shown["mrn"] else ""
    own = _number(language, OWN_MRN, own_mrn) if own_mrn else ""
    return format_html(
        '<span class="patient patient--line"> <span class="patient-name"><bdi>{}</bdi></span> '
        '<span class="patient-facts"><span class="fact"><span class="fact-term">{}</span> {}</span>{}{}{}</span> '
        "</span>",
        format_html('<a href="{}">{}</a>', href, shown["name"]) if href else shown["name"],
        translated_into(language, BORN),
        day_or_moment(shown["born"]),
        sex,
        mrn,
        own,
    )


def _number(language: str | None, term: str, number: str, more: SafeString | str = "") -> SafeString:
    return format_html(
        ' <span class="fact"><span class="fact-term">{}</span> <bdi class="num">{}</bdi>{}</span>',
        translated_into(language, term),
        number,
        more,
    )


@register.simple_tag
def check_patient() -> SafeString:
    """check_patient — beside a study that disagrees with others under its MRN"""
    return pill(translated(CHECK_PATIENT), tone="danger")


@register.simple_tag
def urgent_mark(text: str, at: datetime, tone: str = "danger", more: str = "") -> SafeString:
    """urgent_mark text at tone="danger" more="" — how an urgent share is, and by when it is to be opened"""
    about = format_html(_("to be opened by {moment}"), moment=day_or_moment(at, time=True))
    more = format_html("; {}", more) if more else ""
    return format_html(
        '<span class="urgent-mark">{} <span>{}{}</span></span>', pill(text, tone=tone), about, more
    )


@register.simple_tag
def study_line(study: Any, images: bool = True) -> SafeString:
    """study_line study images=True — modality, description, date: the other half of a row"""
    shown = examination(study)
    number = ""
    if images and shown["images"] is not None:
        counted = nouns.counted(shown["images"], "image")
        number = format_html(' <span class="fact muted num">{}</span>', counted)
    return format_html(
        '<span class="study-line">{}<span class="fact"><bdi>{}</bdi></span> <span class="fact">{}</span>{}</span>',
        format_html("{} ", modality(shown["modalities"])) if shown["modalities"] else "",
        shown["description"],
        shown["study_day"],
        number,
    )


METHODS = {
    "location": (gettext_noop("Location"), "building"),
    "group": (gettext_noop("Group"), "people"),
    "physician": (gettext_noop("Physician"), "person"),
    "share_code": (gettext_noop("Share code"), "code"),
    "email": (gettext_noop("Email"), "mail"),
}
TARGET_STATES = {
    "ok": None,
    "outside": (gettext_noop("Outside your organisation"), "warn"),
    "unknown": (gettext_noop("Not found"), "danger"),
    "refused": (gettext_noop("Cannot receive"), "danger"),
}


@register.inclusion_tag("components/target_chip.html")
def target_chip(
    method: str,
    label: str,
    detail: str = "",
    owner: str = "",
    note: str = "",
    state: str = "ok",
    marks: Mapping[str, Any] | None = None,
    remove_name: str = "",
    remove_value: str = "",
    field_name: str = "",
    field_value: str = "",
) -> dict:
    word, icon = METHODS[str(method)]
    marks = marks or {}
    mark = TARGET_STATES[state]
    if words := marks.get("outside"):
        state, mark = "outside", (words, "warn")
    return {
        "method": _(word),
        "icon": icon,
        "label": label,
        "detail": detail,
        "owner": owner,
        "note": note or marks.get("already", ""),
        "state": state,
        "mark": mark and (_(mark[0]), mark[1]),
        "is_new": marks.get("is_new", False),
        "remove_name": remove_name,
        "remove_value": remove_value,
        "field_name": field_name,
        "field_value": field_value,
    }


SHOW_THEM = gettext_noop("Show them")
STEPS = {
    "home": (gettext_noop("Original"), "building"),
    "worklist": (gettext_noop("Worklist"), "list"),
    "role": (gettext_noop("Role"), "person"),
    "share": (gettext_noop("Share"), "share"),
    "person": (gettext_noop("Person"), "person"),
}


@register.simple_tag
def path_line(steps: Iterable[dict]) -> SafeString:
    """path_line steps — each {kind, label, detail, external, href}; kind: home, worklist, role, share, person, fold

    A fold is a number of hidden steps: its `href` answers htmx with their path, and is the page that shows them at its
    `anchor`; with `steps` it is open.
    """
    language = get_language()
    shown = "".join(
        _fold(step, language) if step["kind"] == "fold" else _step(step, language) for step in steps
    )
    return SafeString(f'<ol class="path">{shown}</ol>')


def _step(step: dict, language: str | None) -> SafeString:
    shown = (escaped(step.get(name) or "") for name in ("label", "detail", "href"))
    return _drawn_step(language, step["kind"], *shown, is_external=bool(step.get("external")))


@lru_cache(maxsize=1000)
def _drawn_step(
    language: str | None,
    kind: str,
    label: SafeString,
    detail: SafeString,
    href: SafeString,
    *,
    is_external: bool,
) -> SafeString:
    """On a page of many paths most steps are the same few: each is drawn once for a language."""
    word, picture = STEPS[kind]
    return format_html(
        '<li class="path-step">{}<span><span class="path-word">{}</span> <bdi>{}</bdi>{}{}</span></li>',
        icon(picture),
        _(word),
        format_html('<a href="{}">{}</a>', href, label) if href else label,
        format_html(' <span class="path-detail">{}</span>', detail) if detail else "",
        format_html(" {}", pill(_("External"), tone="warn")) if is_external else "",
    )


def _fold(step: dict, language: str | None) -> SafeString:
    href, steps = step["href"], step.get("steps")
    return format_html(
        '<li class="path-step"><details class="path-fold"{}><summary>{} {}</summary>'
        '<div class="path-rest">{}</div></details></li>',
        SafeString(" open")
        if steps
        else format_html(' hx-get="{}" hx-trigger="toggle once" hx-target="find .path-rest"', href),
        icon(STEPS["share"][1]),
        step["label"],
        path_line(steps)
        if steps
        else format_html(
            '<a href="{}#{}">{}</a>', href, step["anchor"], translated_into(language, SHOW_THEM)
        ),
    )


@register.inclusion_tag("components/confirm_list.html")
def confirm_list(items: Iterable, heading: str = "") -> dict:
    rows = [(None, item) if isinstance(item, str) else item for item in items]
    return {"rows": rows, "heading": heading or _("What will happen")}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, text: str, poll: str = "", every: str = "2s") -> dict:
    return {"done": done, "total": total, "text": text, "poll": poll, "every": every}


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str, text: str = "", action_label: str = "", action_href: str = "", icon: str = ""
) -> dict:
    return {
        "title": title,
        "text": text,
        "action_label": action_label,
        "action_href": action_href,
        "icon": icon,
    }


@register.inclusion_tag("components/definition_list.html")
def definition_list(items: Iterable[tuple[str, Any]]) -> dict:
    return {"items": items, "not_recorded": not_recorded()}
