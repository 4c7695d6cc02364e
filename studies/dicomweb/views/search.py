"""QIDO-RS: what a worklist holds, filtered to what the actor may list. Nothing that matches is an empty list."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from studies import services
from studies.dicomweb.accept import accepted
from studies.dicomweb.attributes import MATCHES, Model
from studies.dicomweb.door import Asked, door, etag_of, unchanged
from studies.dicomweb.native_model import XML, model_type, native_model
from studies.dicomweb.parts import Part, multipart
from studies.dicomweb.queries import question_of
from studies.ingest.json_model import dumped
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
    media_type = model_type(accepted(asked.request))
    matches = services.search_by_dicom(
        worklist=asked.worklist, by=asked.by, question=question, seen_before=asked.listed
    )
    match = MATCHES[question.level]
    models = [match(asked, question, row, matches.own_mrns.get(row.study_id, "")) for row in matches.rows]
    warnings = _warnings(asked, question, matches)
    text = dumped(models)
    etag = etag_of([media_type, text, *warnings])
    response = unchanged(asked, etag)
    if response is None:
        response = (
            _in_xml(models) if media_type == XML else HttpResponse(text.encode(), content_type=media_type)
        )
    response["ETag"] = etag
    if warnings:
        response["Warning"] = ", ".join(warnings)
    return response


def _in_xml(models: list[Model]) -> HttpResponseBase:
    """A part for each match; a message of many parts cannot have none: 204 (PS3.18 table 10.6.3-1)."""
    if not models:
        return HttpResponse(status=204)
    written = [native_model(model) for model in models]
    return multipart([Part(XML, len(each), lambda each=each: [each]) for each in written], XML)


def _warnings(asked: Asked, question: DicomQuestion, matches: services.Matches) -> list[str]:
    """What was cut, and what was asked for and not done; the search itself goes on, as the standard says."""
    sentences = [MORE] * matches.more + [CUT] * matches.is_cut
    if question.unsupported:
        sentences.append(f"{UNSUPPORTED}: {' '.join(question.unsupported)}")  # allowed: for programs
    return [f'299 {asked.root} "{sentence}"' for sentence in sentences]
