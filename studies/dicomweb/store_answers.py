"""What became of each instance that was stored, as the standard has it (PS3.18 section I.2), in JSON or in XML."""

import json
from typing import Any

from studies.dicomweb.bodies import Received
from studies.dicomweb.native_model import JSON, XML, native_model
from studies.ingest.bystanders import DISC_INDEX
from studies.ingest.limits import Limits
from studies.ingest.opening import read_opening, text_of
from studies.ingest.refusals import (
    FEWER_PIXELS,
    NO_PIXELS,
    OTHER_BYTES,
    OTHER_ISSUER,
    OTHER_MRN,
    OTHER_PERSON,
    OTHER_STUDY,
    FileRefused,
)
from studies.ingest.results import FileOutcome, FileResult, IngestResult
from studies.ingest.uids import is_uid

PLAIN = {"application/json": JSON, "application/xml": XML, "text/xml": XML}
MEDIA_TYPES = (JSON, "application/json", XML, "application/xml", "text/xml")

GENERAL, NO_SUCH_CLASS, NO_MATCH, NOT_UNDERSTOOD = 0x0110, 0x0122, 0xA900, 0xC000
# Why an instance failed: the standard's code, and a comment that fits into its 64 characters.
REASONS = {
    DISC_INDEX: (NO_SUCH_CLASS, "The index of a disc (DICOMDIR) is no instance"),  # allowed: for programs
    FEWER_PIXELS: (NO_MATCH, "Less image data than it should have"),  # allowed: for programs
    NO_PIXELS: (NO_MATCH, "An image without image data"),  # allowed: for programs
    OTHER_BYTES: (GENERAL, "Other bytes are stored under this SOP Instance UID"),  # allowed: for programs
    OTHER_STUDY: (GENERAL, "Not of the study it was sent to"),  # allowed: for programs
    OTHER_MRN: (GENERAL, "Another Patient ID than the study's"),  # allowed: for programs
    OTHER_ISSUER: (GENERAL, "Another Issuer of Patient ID than the study's"),  # allowed: for programs
    OTHER_PERSON: (GENERAL, "Another patient than the study's"),  # allowed: for programs
}
RETRIEVE_URL, FAILED, OTHER_FAILED, STORED = "00081190", "00081198", "0008119A", "00081199"
SOP_CLASS, SOP_INSTANCE, REASON, COMMENT = "00081150", "00081155", "00081197", "00000902"
LONGEST_COMMENT = 64

Model = dict[str, dict[str, Any]]


def status_of(result: IngestResult) -> int:
    stored = sum(_is_stored(file) for file in result.files)
    return 200 if stored == len(result.files) else 202 if stored else 409


def answer_to(result: IngestResult, body: Received, limits: Limits, *, root: str) -> Model:
    """Every instance is in one of three sequences: stored, failed, or failed without saying which instance it is."""
    listed: dict[str, list[Model]] = {STORED: [], FAILED: [], OTHER_FAILED: []}
    studies = {file.uids.study for file in result.files if file.uids is not None and _is_stored(file)}
    for file in sorted(result.files, key=lambda file: file.tag or 0):
        if _is_stored(file):
            listed[STORED].append(_stored(file, root))
        else:
            which = _named_in(file, body, limits)
            listed[FAILED if which else OTHER_FAILED].append({**which, **_reason(file)})
    model = {tag: {"vr": "SQ", "Value": items} for tag, items in listed.items() if items}
    if len(studies) == 1:
        model[RETRIEVE_URL] = _element("UR", f"{root}/studies/{studies.pop()}")
    return dict(sorted(model.items()))


def written(model: Model, media_type: str) -> bytes:
    if PLAIN.get(media_type, media_type) == JSON:
        return json.dumps(model, separators=(",", ":")).encode()
    return native_model(model)


def _is_stored(file: FileResult) -> bool:
    """What was there before counts: to send an instance again is no failure."""
    return file.outcome in (FileOutcome.NEW, FileOutcome.KNOWN)


def _stored(file: FileResult, root: str) -> Model:
    uids = file.uids
    assert uids is not None
    url = f"{root}/studies/{uids.study}/series/{uids.series}/instances/{uids.instance}"
    return {**_reference(uids.sop_class, uids.instance), RETRIEVE_URL: _element("UR", url)}


def _named_in(file: FileResult, body: Received, limits: Limits) -> Model:
    """Which instance it is: as its data set says, else as the beginning of the file does."""
    if file.uids is not None:
        return _reference(file.uids.sop_class, file.uids.instance)
    _start, size = body.parts[file.tag or 0]
    try:
        with body.open(file.tag or 0) as opened:
            meta = read_opening(opened, size=size, limits=limits).meta
    except FileRefused:
        return {}
    sop_class, instance = (text_of(meta.get(tag, b"")) for tag in (0x00020002, 0x00020003))
    return _reference(sop_class, instance) if is_uid(sop_class) and is_uid(instance) else {}


def _reference(sop_class: str, instance: str) -> Model:
    return {SOP_CLASS: _element("UI", sop_class), SOP_INSTANCE: _element("UI", instance)}


def _reason(file: FileResult) -> Model:
    code, comment = REASONS.get(file.sentence, (NOT_UNDERSTOOD, file.sentence))
    return {
        COMMENT: _element("LO", comment[:LONGEST_COMMENT].replace("\\", "/")),
        REASON: _element("US", code),
    }


def _element(vr: str, value: str | int) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]} if value != "" else {"vr": vr}
