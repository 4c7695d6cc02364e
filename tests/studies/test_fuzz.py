"""Mutated real files through every door: nothing breaks, nothing grows, and what is taken can be read whole.

Here some files with a fixed seed; bin/fuzz tries more, with other seeds, for as long as it is told.
"""

import io
import json
import logging
import os
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement

from studies import services
from studies.corrected import Change, corrected_beginning
from studies.ingest.refusals import UNEXPECTED
from studies.models import Blob, Instance, UploadedFile
from tests.bad_files import dicom_storage, source
from tests.cast import IMPORTER, Cast, acting
from tests.dicomweb.asking import client_of, root_of
from tests.dicomweb.storing import message, post
from tests.dimse.calling import called, context_of, enter, port, push
from tests.mutated import mutated, mutated_zip

__all__ = ["dicom_storage", "port"]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SECONDS = float(os.environ.get("CIMAR_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("CIMAR_FUZZ_SEED", "1"))
KEPT_IN = os.environ.get("CIMAR_FUZZ_FOLDER", "")
FILES = 160
# Of processor time, and of memory that one file may add to the process.
MOST_SECONDS, MOST_BYTES = 5.0, 150 * 1024 * 1024
LIMITS = {"file_bytes": 4 * 1024 * 1024, "inflated_bytes": 4 * 1024 * 1024}
STATUSES = {0x0000, 0xA900, *range(0xC000, 0xC100)}

CHANGE = Change(datetime(2026, 11, 20, tzinfo=UTC), {"patient_name": "Rowan^Jane"})

Door = Callable[[bytes, bytes], set[str]]


class Finding(AssertionError):
    pass


class Doors:
    """Each is given a file and what it was before, and returns the sentences of what it refused."""

    def __init__(self, cast: Cast, port: int, folder: Path) -> None:
        self.cast, self.port, self.folder = cast, port, folder
        self.client = client_of(cast.ana)
        self.client.raise_request_exception = True

    def service(self, data: bytes, original: bytes) -> set[str]:
        result = services.take_in_all(worklist=self.cast.ct, by=IMPORTER, sources=[source(data)])
        return {file.sentence for file in result.left_out}

    def upload(self, data: bytes, original: bytes) -> set[str]:
        services.receive_upload(
            worklist=self.cast.ct, by=acting(self.cast.ana), files=[SimpleUploadedFile("image", data)]
        )
        services.ingest_waiting()
        refused = UploadedFile.objects.exclude(refused_because="").order_by("-pk")[:5]
        if UploadedFile.objects.filter(done_at=None).exists():
            raise Finding("an upload is not done")
        return set(refused.values_list("refused_because", flat=True))

    def stow(self, data: bytes, original: bytes) -> set[str]:
        if not data:
            return set()
        answer = post(self.client, self.cast.ct, message([data]))
        if answer.status_code not in (200, 202, 400, 409):
            raise Finding(f"STOW-RS answered {answer.status_code}")
        return {UNEXPECTED} if UNEXPECTED.encode() in answer.content else set()

    def dimse(self, data: bytes, original: bytes) -> set[str]:
        try:
            context = context_of(original)
            with called(self.port, context) as association:
                if not association.accepted_contexts:
                    return set()
                answer = push(association, data)
        except Exception:  # pynetdicom's own requestor cannot send this file
            return set()
        status = getattr(answer, "Status", None)
        if status is not None and status not in STATUSES:
            raise Finding(f"C-STORE answered {status:04X}")
        return {UNEXPECTED} if getattr(answer, "ErrorComment", "") == UNEXPECTED else set()

    def command(self, data: bytes, original: bytes) -> set[str]:
        path = self.folder / "image"
        path.write_bytes(data)
        out = io.StringIO()
        try:
            call_command(
                "import_dicom", str(path), worklist=str(self.cast.ct.uuid), previews=False, stdout=out
            )
        except CommandError:
            return {UNEXPECTED} if UNEXPECTED in out.getvalue() else set()
        return set()


def is_whole(ds: Dataset, *, but_the_last: bool) -> bool:
    """Every element has as many bytes as it says, and every sequence can be read."""
    # In the order of the file, and as it was read: nothing is converted.
    elements = [element for element in ds.values() if element.tag.group != 0xFFFE]
    for raw in elements[:-1] if but_the_last else elements:
        tag = raw.tag
        if isinstance(raw, RawDataElement):
            if raw.length != 0xFFFFFFFF and len(raw.value or b"") != raw.length:
                return False
            if (raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")) != "SQ":
                continue
        if raw.VR == "SQ" and not all(is_whole(item, but_the_last=False) for item in ds[tag].value):
            return False
    return True


def check_taken(doors: Doors, instance: Instance, sent: bytes) -> None:
    with storages["dicom"].open(instance.blob.key) as file:
        stored = file.read()
    if stored not in sent and stored[-1000:] not in sent:
        raise Finding("stored is something else than what was sent")
    behind = "bytes_after_the_end" in instance.deviations
    if not is_whole(dcmread(io.BytesIO(stored), force=True), but_the_last=behind):
        raise Finding("taken, and not whole")
    corrected = corrected_beginning(io.BytesIO(stored), [CHANGE])
    rest = b"" if corrected.rest_at is None else stored[corrected.rest_at :]
    again = dcmread(io.BytesIO(corrected.data + rest), force=True)
    if str(again.get("PatientName")) != "Rowan^Jane":
        raise Finding("a correction does not show")
    url = (
        f"{root_of(doors.cast.ct)}/studies/{instance.study.study_instance_uid}"
        f"/series/{instance.series.series_instance_uid}/instances/{instance.sop_instance_uid}/metadata"
    )
    answer = doors.client.get(url, headers={"Accept": "application/dicom+json"})
    if answer.status_code != 200 or not json.loads(b"".join(answer) if answer.streaming else answer.content):
        raise Finding(f"its metadata were answered {answer.status_code}")


def files() -> Iterator[tuple[int, Random]]:
    """The random numbers of each file come from the seed and its number, so that one file can be made again."""
    end = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < end if SECONDS else number < FILES:
        yield number, Random(f"{SEED} {number}")
        number += 1


def try_one(doors: Doors, number: int, random: Random) -> str:
    """What went wrong, or nothing."""
    names = ("service", "upload", "stow", "dimse", "command")
    name = names[number % len(names)]
    is_zip = name in ("service", "upload", "command") and random.random() < 0.2
    data, original = (mutated_zip(random), b"") if is_zip else mutated(random)
    last = Instance.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    began, memory = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        refused = getattr(doors, name)(data, original)
        if UNEXPECTED in refused:
            raise Finding("refused, and no one foresaw why")
        if (took := time.process_time() - began) > MOST_SECONDS:
            raise Finding(f"took {took:.1f} s")
        if (more := (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024) > MOST_BYTES:
            raise Finding(f"took {more // 2**20} MB")
        for instance in Instance.objects.filter(pk__gt=last).select_related("blob", "study", "series"):
            if not is_zip:
                check_taken(doors, instance, data)
            outcomes["taken"] += 1
        if number % 20 == 0:
            services.render_previews(
                blob_ids=set(Blob.objects.filter(preview="waiting").values_list("pk", flat=True))
            )
    except Exception as error:
        if KEPT_IN:
            Path(KEPT_IN, f"{SEED}-{number}-{name}").write_bytes(data)
        return f"file {number} of seed {SEED} by {name}: {type(error).__name__}: {error}"
    outcomes[name] += 1
    return ""


outcomes: Counter[str] = Counter()


def test_mutated_files_through_every_door(
    cast: Cast, port: int, dicom_storage: Path, settings: Any, tmp_path: Path, record_property: Any
) -> None:
    settings.CIMAR_INGEST_LIMITS = LIMITS
    logging.disable(logging.ERROR)
    enter(cast)
    doors = Doors(cast, port, tmp_path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            findings = [finding for number, random in files() if (finding := try_one(doors, number, random))]
    finally:
        logging.disable(logging.NOTSET)

    record_property("mutated files", dict(outcomes))
    print(f"mutated files: {dict(outcomes)}")  # allowed: shown by bin/fuzz
    assert not findings, "\n".join(findings)
    assert outcomes["taken"] > 10
