"""A row of a worklist's list: the patient, the study, its dates, and how it came here. A page has fifty."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from common import formats, nouns
from common.components.press import row_check
from common.components.studies import check_patient, patient_line, study_day, urgent_mark
from common.components.words import day_or_moment, icon, modality, pill
from common.markup import format_html
from common.translated import translated as _
from studies.models import FOREVER, Placement
from studies.views.shares import FirstShare
from worklists.models import Worklist


@dataclass(frozen=True)
class StudyRow:
    """A study on a worklist, the share that brought it, its page, and whether it can be selected and is."""

    worklist: Worklist
    placement: Placement
    share: FirstShare | None
    now: datetime
    href: str
    # The URL of its viewer; empty where the images may not be opened.
    viewer: str
    can_be_selected: bool
    is_selected: bool
    # Which worklist it is on and its page, where a list shows several.
    place: str = ""
    place_href: str = ""

    @property
    def label(self) -> str:
        study = self.placement.study
        name = formats.person_name(study.patient_name) or _("a patient whose name is not recorded")
        about = filter(None, (study.description, formats.study_day(study), self.place))
        return _("Select %(study)s") % {"study": ", ".join((name, *about))}

    @property
    def is_external(self) -> bool:
        return self.placement.internal_until <= self.now

    @property
    def last_day(self) -> datetime | None:
        """An end is the first moment after the last day."""
        until = self.placement.visible_until
        return until - timedelta(microseconds=1) if until < FOREVER else None

    def html(self) -> SafeString:
        placement, study = self.placement, self.placement.study
        box = self._box() if self.can_be_selected else ""
        has_column = bool(box or self.place)
        accession = study.accession_number
        return format_html(
            _markup(get_language()),
            format_html('<td class="tick">{}</td>\n', box) if has_column else "",
            self._patient(),
            modality(study.modalities),
            study.description or _("No description"),
            format_html('<bdi class="num">{}</bdi> · ', accession) if accession else "",
            self._images(),
            study_day(study),
            day_or_moment(placement.arrived_at, time=True),
            self._place(),
            self._source(),
        )

    def _place(self) -> SafeString | str:
        if not self.place:
            return ""
        return format_html(
            '<td data-label="{}"><a href="{}"><bdi>{}</bdi></a></td>\n',
            _("Worklist"),
            self.place_href,
            self.place,
        )

    def _images(self) -> SafeString | str:
        """How many images, as the link to the viewer."""
        number = nouns.counted(self.placement.study.n_instances, "image")
        if not self.viewer:
            return number
        return format_html(_viewer_link(get_language()), self.viewer, number)

    def _patient(self) -> SafeString:
        line = patient_line(self.placement.study, href=self.href, own_mrn=self.placement.own_mrn)
        marks = [check_patient()] if self.placement.differs else []
        marks += [self._urgent(self.share.open_by)] if self.share is not None and self.share.open_by else []
        return format_html("{} {}", line, SafeString(" ".join(marks))) if marks else line

    def _urgent(self, open_by: datetime) -> SafeString:
        words = _("Urgent: overdue") if open_by <= self.now else _("Urgent")
        return urgent_mark(words, open_by)

    def _box(self) -> SafeString:
        placement = self.placement
        return row_check(placement.uuid, self.label, checked=self.is_selected, original=placement.is_home)

    def _source(self) -> SafeString:
        if self.placement.is_home:
            return format_html('<span class="muted">{}</span>', _("Original"))
        return format_html(
            "{}{}{}",
            pill(_("External"), tone="warn") if self.is_external else pill(_("Shared"), tone="info"),
            self._until(),
            self._by_whom(self.share) if self.share else "",
        )

    def _until(self) -> SafeString:
        if self.last_day is None:
            return SafeString("")
        until = format_html(_("until {day}"), day=day_or_moment(self.last_day))
        return format_html(' <span class="nowrap">{}</span>', until)

    def _by_whom(self, share: FirstShare) -> SafeString:
        person = _isolated(share.shared_by)
        if share.account and share.account_id != self.worklist.account_id:
            by = format_html(_("by {person}, {place}"), person=person, place=_isolated(share.account))
        elif not share.is_personal:
            by = format_html(_("by {person}, from {place}"), person=person, place=_isolated(share.worklist))
        else:
            by = format_html(_("by {person}, from their personal worklist"), person=person)
        return format_html(' <span class="came-by">{}</span>', by)


@lru_cache(maxsize=100)
def _markup(language: str | None) -> str:
    """The markup of a row with its labels, in the language that is active now: made once for all rows."""
    study, study_date, arrived, source = (
        escape(label).replace("{", "{{").replace("}", "}}")
        for label in (_("Study"), _("Study date"), _("Arrived"), _("Source"))
    )
    return (
        '<tr>{}<th scope="row">{}</th>\n'
        f'<td data-label="{study}"><span class="study-cell">{{}} <bdi>{{}}</bdi></span> '
        '<span class="study-cell muted">{}<span class="num">{}</span></span></td>\n'
        f'<td data-label="{study_date}">{{}}</td>\n'
        f'<td data-label="{arrived}">{{}}</td>\n{{}}'
        f'<td data-label="{source}" class="came">{{}}</td></tr>\n'
    )


@lru_cache(maxsize=100)
def _viewer_link(language: str | None) -> str:
    words = escape(_("open in the viewer")).replace("{", "{{").replace("}", "}}")
    return f'<a class="open-viewer" href="{{}}">{icon("image")}{{}}<span class="visually-hidden">, {words}</span></a>'


def _isolated(name: str) -> SafeString:
    """A name that is read in its own direction, whatever stands beside it."""
    return format_html("<bdi>{}</bdi>", name)
