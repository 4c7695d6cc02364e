"""Where the header says that the data set begins, it is read for the metadata: they are those of the whole file."""

import io
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from studies.ingest.headers import Header, read_header
from studies.ingest.json_model import described
from studies.ingest.limits import Limits
from studies.ingest.refusals import FileRefused
from tests.dicomweb.real_files import real_files
from tests.mutated import mutated

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom warns of what the damage did
MUTATED, SEED = 1500, 7


def regular(files: list[bytes]) -> list[tuple[Header, bytes]]:
    """Those that are taken, and whose metadata are read from where the header says that the data set begins."""
    headers = [(header_of(data), data) for data in files]
    return [(header, data) for header, data in headers if header and header.regular_from is not None]


def header_of(data: bytes) -> Header | None:
    try:
        return read_header(io.BytesIO(data), size=len(data), limits=Limits())
    except FileRefused:
        return None


def differing(files: list[tuple[Header, bytes]]) -> list[int]:
    """The places of the files whose metadata or frames are others than pydicom reads from the file's first byte."""
    return [
        place
        for place, (header, data) in enumerate(files)
        if described(header, io.BytesIO(data), fallback="ISO_IR 100")
        != described(replace(header, regular_from=None), io.BytesIO(data), fallback="ISO_IR 100")
    ]


def test_the_metadata_of_the_real_files_are_those_of_the_whole_file() -> None:
    files = regular([Path(path).read_bytes() for path in real_files()])

    assert len(files) > 50
    assert differing(files) == []


def test_the_metadata_of_damaged_files_that_are_taken_are_those_of_the_whole_file() -> None:
    random = Random(SEED)
    files = regular([mutated(random)[0] for _ in range(MUTATED)])

    assert len(files) > MUTATED / 30
    assert differing(files) == []
