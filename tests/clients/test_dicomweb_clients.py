"""Unmodified DICOMweb clients, each from PyPI, against the site."""

import json
import shutil
from pathlib import Path
from typing import Any

import pydicom
import pytest

from studies.ingest.sources import from_path
from studies.models import Instance, Study
from studies.services import take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast, acting
from tests.clients.environments import SCRIPTS, node_folder, python_of, run
from tests.days import day_of
from worklists.services import make_token

__all__ = ["dicom_storage"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REAL = Path(pydicom.__file__).parent / "data" / "test_files"
# Of each kind a few: three patients with CT and MR, a report, multi-frame and compressed images.
CHOSEN = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "reportsi.dcm",
    "rtplan.dcm",
    "examples_rgb_color.dcm",
)

# Where the two may differ, and why the server is right.
REQUIRED = "The client's files answer with fewer attributes than PS3.18 tables 10.6.3-3 to 10.6.3-5 ask for."
USUAL = "Attributes that no table of PS3.18 section 10.6.3.3 asks for and none forbids; clients show them."
WHOSE = "The UIDs in the URL are in each match too, which no table forbids: dicomtrolley reads them."
MORE = "More than PS3.18 tables 10.6.3-3 to 10.6.3-5 ask for; by `includefield` the server has it too."
NATIVE = "A frame of native pixels is as long as its rows and columns say (PS3.5 section 8.1.1)."
DIFFERENCES = {
    "00080005 only in the server": "The JSON model is in UTF-8 (PS3.18 section F.2), and answers say so.",
    "00080005 value": "Metadata are in UTF-8 and say so, whatever the file was in (PS3.18 section F.2).",
    "7FE00010 only in the server": "Metadata may name bulk data by a URI (PS3.18 sections 10.4.1.1.2 and F.2.6).",
    **{f"{tag} only in the server": REQUIRED for tag in (
        "00080050", "00080056", "00080201", "0008103E", "00081190", "00400244", "00400245",
    )},
    **{f"{tag} only in the server": USUAL for tag in ("00081030", "00083002")},
    **{f"{tag} only in the server": WHOSE for tag in ("0020000D", "0020000E")},
    "00280008 only in the files": "The number of frames is sent where the image has it (PS3.18 table 10.6.3-5).",
    **{f"{tag} only in the files": MORE for tag in ("00280002", "00280004", "00280006", "00280101", "00280103")},
    "the file client fails with HTTPError": "DICOMfileClient does not know implicit little endian.",
    "the file client reads on behind the pixels": NATIVE,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = [*(REAL / name for name in CHOSEN), *sorted((REAL / "dicomdirtests").rglob("*"))]
    made = tmp_path / "files"
    made.mkdir()
    for number, file in enumerate(files):
        is_index = file.name.startswith("DICOMDIR")
        if file.is_file() and not is_index and file.read_bytes()[128:132] == b"DICM":
            shutil.copy(file, made / f"{number:03}.dcm")
    return made


@pytest.fixture
def token(cast: Cast) -> str:
    last_day = day_of(7)
    return make_token(
        by=acting(cast.adam), name="Script", worklists=[cast.chest.uuid], last_day=last_day, may_store=True
    ).secret


def test_dicomweb_client_reads_here_what_it_reads_in_the_files(
    cast: Cast, folder: Path, token: str, live_server: Any, dicom_storage: Path, record_property: Any
) -> None:
    python = python_of("dicomweb-client")
    result = take_in_all(
        worklist=cast.chest, by=IMPORTER, sources=[from_path(path) for path in sorted(folder.iterdir())]
    )
    for left in result.left_out:
        Path(left.name).unlink()
    url = f"{live_server.url}/dicomweb/{cast.chest.uuid}"

    done = run([python, SCRIPTS / "compare.py", url, token, folder], seconds=200)

    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout)
    record_property("dicomweb-client", f"{answer['asked']} answers compared")
    assert answer["studies"] == 12
    assert {what.rpartition(": ")[2] for what in answer["differences"]} <= DIFFERENCES.keys()
    in_metadata = {what for what in answer["differences"] if what.startswith("metadata")}
    assert {what.rpartition(": ")[2] for what in in_metadata} == {
        "00080005 only in the server",
        "00080005 value",
        "7FE00010 only in the server",
    }


# Grey and colours, one frame and many, native, RLE, JPEG-LS and JPEG 2000.
PICTURES = (
    "CT_small.dcm", "MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm",
    "examples_rgb_color.dcm", "SC_rgb_rle_2frame.dcm",
)  # fmt: skip


def test_dicomweb_client_gets_pictures_bulk_data_and_decoded_objects(
    cast: Cast, token: str, live_server: Any, dicom_storage: Path
) -> None:
    python = python_of("dicomweb-client")
    files = [REAL / name for name in PICTURES]
    result = take_in_all(worklist=cast.chest, by=IMPORTER, sources=[from_path(path) for path in files])
    taken = [file.name for file in result.files if not file.sentence]
    url = f"{live_server.url}/dicomweb/{cast.chest.uuid}"

    done = run([python, SCRIPTS / "pictures.py", url, token, *taken])

    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["wrong"] == {}
    assert answer["done"] > 50


def test_the_client_of_ohif_uses_every_verb(
    cast: Cast, token: str, live_server: Any, dicom_storage: Path
) -> None:
    packages, node = node_folder("dicomweb-client-js")
    files = [REAL / name for name in (*PICTURES, "rtplan.dcm")]
    url = f"{live_server.url}/dicomweb/{cast.chest.uuid}"

    done = run([node, SCRIPTS / "verbs.cjs", url, token, *files], folder=packages)

    assert done.returncode == 0, done.stderr[-2000:]
    # The client prints words of its own before.
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["failed"] == {}
    assert len(answer["done"]) == 22
    assert answer["done"]["frames, shared types"] == Instance.objects.filter(frames__gt=0).count()


def test_dicomweb_client_stores(
    cast: Cast, folder: Path, token: str, live_server: Any, dicom_storage: Path
) -> None:
    python = python_of("dicomweb-client")
    url = f"{live_server.url}/dicomweb/{cast.chest.uuid}"
    files = [folder / name for name in ("000.dcm", "001.dcm", "003.dcm")]

    first, again = (run([python, SCRIPTS / "store.py", url, token, *files]) for _time in range(2))

    assert first.returncode == 0, first.stderr[-2000:]
    assert again.stdout == first.stdout
    assert json.loads(first.stdout) == {"stored": 3, "failed": 0}
    assert Instance.objects.filter(study__home=cast.chest).count() == 3


def test_dicomtrolley_finds_and_downloads(
    cast: Cast, folder: Path, token: str, live_server: Any, dicom_storage: Path
) -> None:
    python = python_of("dicomtrolley")
    take_in_all(worklist=cast.chest, by=IMPORTER, sources=[from_path(folder / "000.dcm")])
    url = f"{live_server.url}/dicomweb/{cast.chest.uuid}"

    done = run([python, SCRIPTS / "trolley.py", url, token, "CompressedSamples^CT1"])

    assert done.returncode == 0, done.stderr[-2000:]
    study = Study.objects.get(home=cast.chest)
    assert json.loads(done.stdout) == {"studies": [study.study_instance_uid], "instances": 1}
