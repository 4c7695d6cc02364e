"""QIDO-RS: what a worklist holds, filtered to what the actor may list. Nothing that matches is an empty list."""

import json

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from studies import services
from studies.dicomweb.accept import json_type
from studies.dicomweb.attributes import MATCHES
from studies.dicomweb.door import Asked, door
from studies.dicomweb.queries import question_of
from studies.selectors.dicom_questions import DicomQuestion, Level

MORE = "There are additional results that can be requested"  # allowed: for programs, in the standard's words
CUT = "Too many studies fit and some results may be missing: narrow the search"  # allowed: for programs
UNSUPPORTED = "These parameters are not supported"  # allowed: for programs


@door("GET")
def series(asked: Asked, study: str = "") -> HttpResponseBase:
    return searched(asked, Level.SERIES, study=study)


@door("GET")
def instances(asked: Asked, study: str = "", series: str = "") -> HttpResponseBase:
    return searched(asked, Level.INSTANCE, study=study, series=series)


def searched(asked: Asked, level: Level, **within: str) -> HttpResponseBase:
    question = question_of(asked.request, level, **within)
    media_type = json_type(asked.request)
    matches = services.search_by_dicom(worklist=asked.worklist, by=asked.by, question=question)
    models = [MATCHES[question.level](asked, question, row) for row in matches.rows]
    text = json.dumps(models, ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(text.encode("utf-8", "replace"), content_type=media_type)
    if warnings := _warnings(asked, question, matches):
        response["Warning"] = ", ".join(warnings)
    return response


def _warnings(asked: Asked, question: DicomQuestion, matches: services.Matches) -> list[str]:
    """What was cut, and what was asked for and not done; the search itself goes on, as the standard says."""
    sentences = [MORE] * matches.more + [CUT] * matches.is_cut
    if question.unsupported:
        sentences.append(f"{UNSUPPORTED}: {' '.join(question.unsupported)}")  # allowed: for programs
    return [f'299 {asked.root} "{sentence}"' for sentence in sentences]
