"""What a download says in words: its readme, and pages that show its pictures without a viewer."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common import formats
from common.nouns import counted
from studies.models import Study
from studies.services import Download, Picture
from studies.views.shares import shares_of

AS_RECEIVED = gettext_noop("The files are as they were received.")
CORRECTED = gettext_noop(
    "What the home of a study corrected is in its files as corrected; each file keeps what it had before."
)
DEIDENTIFIED = gettext_noop(
    "The files were de-identified by the Basic Application Level Confidentiality Profile of DICOM PS3.15, with the "
    "options that each file names. Names, numbers, texts, private attributes and overlays were taken out, and UIDs "
    "replaced; the pictures themselves are as they were."
)
OPEN_INDEX = gettext_noop("Or open INDEX.HTM in a browser. Its pictures are not for diagnosis.")
INDEX, STYLE = "INDEX.HTM", "INDEX.CSS"


def readme_of(download: Download) -> str:
    """What is in it, and the notes of the shares that brought the studies."""
    shares = (here.share for study in download.studies for here in shares_of(study.placement))
    notes = list(dict.fromkeys(share.note for share in shares if share.note))
    is_corrected = any(study.placement.study.n_corrections for study in download.studies)
    return _text(
        *_beginning(download, len(download.files)),
        _(CORRECTED) if is_corrected else _(AS_RECEIVED),
        *([_("Notes of those who shared:"), *notes] if notes else []),
    )


def deidentified_readme(download: Download) -> Callable[[Counter[str], int, int], str]:
    """Says what was left out, by kind, and warns of pictures that may show a name. Nothing of a patient or a share."""

    def readme(left_out: Counter[str], with_text: int, overlaid: int) -> str:
        sent = sum(study.sent for study in download.studies)
        lines = [*_beginning(download, sent), _(DEIDENTIFIED)]
        if with_text:
            warning = _("%(images)s may show text that identifies the patient.") % {
                "images": counted(with_text, "image")
            }
            included = (
                _("They are included: look at each before you pass it on.")
                if download.form.with_text
                else _("They were left out.")
            )
            lines.append(f"{warning} {included}")
        if overlaid:
            lines.append(
                _("Without a picture in the pages, since an overlay is drawn on it: %(images)s.")
                % {"images": counted(overlaid, "image")}
            )
        if left_out:
            named = [f"{kind}: {counted(number, 'object')}" for kind, number in sorted(left_out.items())]
            lines += [_("Left out, since it cannot be de-identified or may show text:"), *named]
        return _text(*lines)

    return readme


def _beginning(download: Download, images: int) -> list[str]:
    content = {
        "studies": counted(len(download.studies), "imaging study"),
        "images": counted(images, "image"),
    }
    return [
        _("%(studies)s, downloaded from CIMAR: %(images)s.") % content,
        _("Open DICOMDIR, or the whole folder, with a DICOM viewer."),
        *([_(OPEN_INDEX)] if download.form.index else []),
    ]


def _text(*lines: str) -> str:
    return "\n\n".join(lines) + "\n"


def pages_of(download: Download, pictures: Sequence[Picture]) -> list[tuple[str, bytes]]:
    """A page that lists the series, and one for each of them: relative links alone, no script."""
    is_bare = download.form.deidentified is not None
    by_series = groupby(pictures, key=lambda picture: picture.instance.series_id)
    series = [_series(number, list(shown), is_bare=is_bare) for number, (_key, shown) in enumerate(by_series)]
    studies = [
        {
            **_study(study.placement.study, number, is_bare=is_bare),
            "series": [each for each in series if each["study"] == study.placement.study_id],
        }
        for number, study in enumerate(download.studies, start=1)
    ]
    style = finders.find("css/download.css")
    return [
        (INDEX, _page("index", {"studies": studies})),
        *((str(each["page"]), _page("series", each)) for each in series),
        (STYLE, Path(str(style)).read_bytes()),
    ]


def _series(number: int, pictures: list[Picture], *, is_bare: bool) -> dict[str, object]:
    """Of a de-identified download without what somebody typed."""
    series = pictures[0].instance.series
    words = [series.modality, str(series.number) if series.number is not None else ""]
    words += [] if is_bare else [series.description]
    return {
        "title": " ".join(filter(None, words)) or _("Series"),
        "study": pictures[0].instance.study_id,
        "page": f"PAGES/S{number:06}.HTM",
        "cover": pictures[0].name,
        "number": len(pictures),
        "pictures": pictures,
    }


def _study(study: Study, number: int, *, is_bare: bool) -> dict[str, object]:
    if is_bare:
        return {"title": _("Study %(number)s") % {"number": number}, "lines": []}
    born = formats.day(study.patient_birth_date_raw) if study.patient_birth_date_raw else ""
    return {
        "title": formats.patient_name(study.patient_name),
        "lines": filter(None, [study.patient_id, born, formats.study_day(study), study.description]),
    }


def _page(name: str, context: dict[str, object]) -> bytes:
    return render_to_string(f"studies/download/{name}.html", context).encode()
