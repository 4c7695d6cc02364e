"""Files that lie, break, swell or never end: each is refused by name with a sentence, and nothing of it is kept."""

import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from audit.models import AuditEvent
from studies.ingest.refusals import BOMB, CUT, DAMAGED, EMPTY, FEWER_PIXELS, TOO_DEEP, TOO_MANY_PARTS
from studies.ingest.results import FileOutcome
from studies.models import Blob, Instance, Study
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import Homes, dicom, dicom_storage, homes, sound, source, zipped
from tests.cast import IMPORTER
from tests.factories import make_uid

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")

MB = 2**20
# Small bounds, so that small files reach them.
SMALL = {
    "file_bytes": 4 * MB,
    "inflated_bytes": 2 * MB,
    "header_bytes": 1 * MB,
    "elements": 2_000,
    "depth": 8,
    "archive_members": 20,
    "archive_bytes": 30 * MB,
    "archive_ratio": 20,
    "archive_free_bytes": 2 * MB,
}

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", EMPTY),
    "not DICOM": (lambda: b"Dear colleague, here are the images.", "It is not a DICOM file."),
    "an executable": (lambda: b"MZ" + bytes(4_000), "It is not a DICOM file."),
    "a preamble alone": (
        lambda: bytes(128) + b"DICM",
        "It does not say how it is encoded (no transfer syntax).",
    ),
    "a head alone": (bad_files.head, "It has no Study Instance UID."),
    "truncated at the end": (bad_files.truncated, CUT),
    "truncated in the middle": (partial(bad_files.truncated_at, 0.6), CUT),
    "truncated in its first words": (partial(bad_files.truncated_at, 0.3), "It "),
    "longer than it is": (
        bad_files.longer_than_it_is,
        CUT,
    ),
    "more frames than it has": (bad_files.more_frames_than_it_has, FEWER_PIXELS),
    "never-ending pixels": (bad_files.never_ending_pixels, CUT),
    "an endless name": (
        partial(bad_files.endless_name, 3 * MB),
        "A value in its header is longer than 64 KiB",
    ),
    "a huge header": (partial(bad_files.many_small_texts, 3 * MB), "Its header is larger than 1 MiB."),
    "too large": (partial(bad_files.many_small_texts, 5 * MB), "It is larger than 4 MiB."),
    "a million parts": (partial(bad_files.many_elements, 3_000), TOO_MANY_PARTS),
    "nested without end": (partial(bad_files.nested, 5_000), TOO_DEEP),
    "a deflate bomb": (partial(bad_files.deflate_bomb, 64), "It expands to more than 2 MiB."),
    "a cut deflated file": (lambda: bad_files.deflated(dicom())[:-30], CUT),
    "a broken deflated file": (
        lambda: bad_files.head(b"1.2.840.10008.1.2.1.99") + b"\xff" * 400,
        DAMAGED,
    ),
    "no study UID": (lambda: sound(StudyInstanceUID=None), "It has no Study Instance UID."),
    "no series UID": (lambda: sound(SeriesInstanceUID=None), "It has no Series Instance UID."),
    "a UID of words": (
        lambda: sound(StudyInstanceUID="../../etc/passwd"),
        "Its Study Instance UID is not a valid UID.",
    ),
    "a UID without end": (
        lambda: sound(SeriesInstanceUID="1." * 40 + "1"),
        "Its Series Instance UID is not a valid UID.",
    ),
    "a broken ZIP": (bad_files.broken_zip, "It is a ZIP file that cannot be opened."),
    "a ZIP with a huge directory": (
        bad_files.zip_with_a_huge_directory,
        "It is a ZIP file that cannot be opened.",
    ),
    "an empty ZIP's head": (lambda: b"PK\x03\x04", "It is a ZIP file that cannot be opened."),
}


@pytest.fixture(autouse=True)
def small_bounds(settings: Any) -> None:
    settings.CIMAR_INGEST_LIMITS = SMALL


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_bad_file_is_refused_by_name_and_the_rest_goes_on(
    homes: Homes, kind: str, dicom_storage: Path
) -> None:
    make, sentence = HOSTILE[kind]
    files = [source(sound(), "before"), source(make(), "the bad one"), source(sound(), "after")]

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=files)

    [refused] = result.left_out
    assert (refused.name, refused.outcome) == ("the bad one", FileOutcome.REFUSED)
    assert refused.sentence.startswith(sentence)
    assert result.n_new == 2
    assert Instance.objects.count() == Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 2


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_sentence_repeats_what_the_file_says(homes: Homes, kind: str) -> None:
    [refused] = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(HOSTILE[kind][0]())]).left_out
    assert not any(word in refused.sentence for word in ("Quill", "Hazel", "MRN", "passwd", "colleague"))
    assert len(refused.sentence) <= 300


def test_a_bomb_never_unfolds_in_memory(homes: Homes) -> None:
    bomb = bad_files.deflate_bomb(512)
    tracemalloc.start()
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bomb)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * MB


def test_the_index_of_a_disc_is_left_aside(homes: Homes) -> None:
    with open(str(get_testdata_file("DICOMDIR")), "rb") as file:
        data = file.read()
    [aside] = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data, "DICOMDIR")]).left_out
    assert aside.outcome == FileOutcome.ASIDE
    assert "DICOMDIR" in aside.sentence


def test_a_file_cut_anywhere_is_refused_and_never_an_error(homes: Homes) -> None:
    whole = sound()
    files = [source(whole[:length], f"the first {length} bytes") for length in range(len(whole))]

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=files)

    assert len(result.left_out) == len(files)
    assert not [file.name for file in result.left_out if file.sentence == "It could not be read."]


def test_noise_in_a_file_never_stops_the_rest(homes: Homes) -> None:
    whole = sound()
    files = []
    for at in range(132, len(whole), 3):
        noisy = bytearray(whole)
        noisy[at] ^= 0xFF
        files.append(source(bytes(noisy), f"noise at {at}"))

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[*files, source(sound(), "the last")])

    assert len(result.files) == len(files) + 1
    assert result.files[-1].outcome == FileOutcome.NEW
    assert not [file.name for file in result.left_out if file.sentence == "It could not be read."]


# ZIPs


def test_a_zip_bomb_stops_the_archive_and_keeps_what_came_before(homes: Homes) -> None:
    inside = [("first.dcm", sound()), *((f"{n}.dcm", bytes(3 * MB)) for n in range(9)), ("last.dcm", sound())]
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(zipped(inside), "bomb.zip")])

    assert result.n_new == 1
    assert result.left_out[-1].name == "bomb.zip"
    assert result.left_out[-1].sentence == BOMB


def test_a_single_huge_member_is_stopped_as_it_unfolds(homes: Homes) -> None:
    bomb = bad_files.zip_bomb(256)
    tracemalloc.start()
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bomb, "bomb.zip")])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.n_new == 0
    assert peak < 16 * MB


def test_paths_of_a_zip_are_names_and_nothing_more(homes: Homes, tmp_path: Path, dicom_storage: Path) -> None:
    names = ["../../../../tmp/escaped.dcm", "/etc/cimar.dcm", "..\\..\\boot.ini", "a/../b\x01.dcm"]
    before = {path for path in tmp_path.rglob("*") if dicom_storage not in path.parents}

    result = take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(zipped((name, sound()) for name in names), "x.zip")]
    )

    assert result.n_new == 4
    assert [file.name for file in result.files] == [
        "x.zip: ../../../../tmp/escaped.dcm",
        "x.zip: /etc/cimar.dcm",
        "x.zip: ..\\..\\boot.ini",
        "x.zip: a/../b .dcm",
    ]
    assert {path for path in tmp_path.rglob("*") if dicom_storage not in path.parents} - before <= {
        dicom_storage
    }
    assert not Path("/tmp/escaped.dcm").exists()
    assert len(list(dicom_storage.rglob("*.dcm"))) == 4


def test_a_zip_in_a_zip_is_refused_by_name(homes: Homes) -> None:
    inside = zipped([("deep.dcm", sound())])
    result = take_in_all(
        worklist=homes.ct,
        by=IMPORTER,
        sources=[source(zipped([("inner.zip", inside), ("a", sound())]), "o.zip")],
    )

    assert result.n_new == 1
    assert [(file.name, file.sentence[:32]) for file in result.left_out] == [
        ("o.zip: inner.zip", "It is a ZIP file inside a ZIP fi")
    ]


def test_a_protected_member_is_refused_by_name(homes: Homes) -> None:
    [refused] = take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(bad_files.encrypted_zip(), "s.zip")]
    ).left_out
    assert (refused.name, refused.sentence) == ("s.zip: secret.dcm", "It is protected by a password.")


def test_a_zip_of_too_many_files_is_refused(homes: Homes) -> None:
    data = zipped((str(number), b"x") for number in range(21))
    [refused] = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data, "many.zip")]).left_out
    assert refused.sentence == "It contains more than 20 files."


def test_a_member_whose_bytes_were_changed_is_refused_and_the_next_one_is_not(homes: Homes) -> None:
    data = bytearray(zipped([("a", sound()), ("b", sound())]))
    data[data.index(b"PK\x03\x04") + 60] ^= 0xFF
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bytes(data), "x.zip")])

    assert [file.name for file in result.left_out] == ["x.zip: a"]
    assert result.n_new == 1


def test_a_name_of_a_thousand_letters_keeps_its_end(homes: Homes) -> None:
    [refused] = take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(b"x", "a" * 1_000 + "/scan.dcm")]
    ).left_out
    assert len(refused.name) == 300
    assert refused.name.endswith("/scan.dcm")


def test_no_event_and_no_row_comes_of_a_refused_file(homes: Homes) -> None:
    before = AuditEvent.objects.count()
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(b"hello")])
    assert AuditEvent.objects.count() == before
    assert not Study.objects.exists()


def test_real_files_with_private_and_unknown_parts_are_taken_in(homes: Homes, settings: Any) -> None:
    settings.CIMAR_INGEST_LIMITS = {}
    for name in (
        "MR_small_padded.dcm",
        "CT_small.dcm",
        "rtplan.dcm",
        "waveform_ecg.dcm",
        "explicit_VR-UN.dcm",
    ):
        with open(str(get_testdata_file(name)), "rb") as file:
            result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(file.read(), make_uid())])
        assert [one.outcome for one in result.files] == [FileOutcome.NEW], name
