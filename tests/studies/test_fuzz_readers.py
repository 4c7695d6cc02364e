"""Mutated real files as pydicom and DCMTK read them: what both read whole is not called cut or damaged.

Here some files with a fixed seed; bin/fuzz tries more, with other seeds, for as long as it is told.
"""

import io
import logging
import shutil
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pydicom import Dataset, dcmread

from studies.ingest.headers import read_header
from studies.ingest.limits import Limits
from studies.ingest.refusals import (
    BAD_CHARACTER_SET,
    CUT,
    DAMAGED,
    NO_SYNTAX,
    NOT_DICOM,
    TOO_DEEP,
    TOO_MANY_PARTS,
    FileRefused,
)
from tests.mutated import mutated
from tests.odd_files import dcmtk_reads_whole
from tests.studies.test_fuzz import KEPT_IN, SECONDS, SEED, is_whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK (Debian's dcmtk) is not installed."),
]
FILES = 400
UNREADABLE = {BAD_CHARACTER_SET, CUT, DAMAGED, NO_SYNTAX, NOT_DICOM, TOO_DEEP, TOO_MANY_PARTS}
# An element may be lost by its own tag being damaged; what swallowed others behind it lost more.
MOST_LOST = 2


def numbers() -> Iterator[int]:
    end = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < end if SECONDS else number < FILES:
        yield number
        number += 1


def sentence_of(data: bytes) -> str:
    """Why it is refused, or nothing."""
    try:
        read_header(io.BytesIO(data), size=len(data), limits=Limits())
    except FileRefused as refused:
        return refused.sentence
    return ""


def opened(data: bytes) -> Dataset | None:
    """As pydicom opens it; None where it cannot."""
    try:
        return dcmread(io.BytesIO(data), force=True)
    except Exception:
        return None


def reads_whole(data: bytes, original: bytes) -> bool:
    """Nothing but what was damaged itself is lost to pydicom and DCMTK."""
    ds, before = opened(data), dcmread(io.BytesIO(original), force=True)
    try:
        is_read = ds is not None and is_whole(ds, but_the_last=False)
    except Exception:  # pydicom raises whatever a sequence makes it stumble over
        return False
    if not is_read or ds is None:
        return False
    # Of a file with a few elements these would be most of it.
    most_lost = min(MOST_LOST, len(before) // 8)
    return len(before.keys() - ds.keys()) <= most_lost and dcmtk_reads_whole(data)


def test_what_both_readers_read_whole_is_not_called_damaged() -> None:
    findings, taken = [], 0
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number in numbers():
                data, original = mutated(Random(f"readers {SEED} {number}"))
                sentence = sentence_of(data)
                taken += not sentence
                if sentence in UNREADABLE and reads_whole(data, original):
                    findings.append(f"file {number} of seed {SEED}: {sentence}")
                    if KEPT_IN:
                        Path(KEPT_IN, f"readers-{SEED}-{number}").write_bytes(data)
                elif not sentence and opened(data) is None:
                    findings.append(f"file {number} of seed {SEED} is taken, and pydicom does not open it")
    finally:
        logging.disable(logging.NOTSET)

    assert not findings, "\n".join(findings)
    assert taken > 10
