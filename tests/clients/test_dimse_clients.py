"""Unmodified DIMSE clients, from PyPI and Debian, push to the receiver; Orthanc pushes and pulls."""

import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pydicom
import pytest

from studies.models import Instance
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.clients.environments import program, python_of, run
from tests.clients.orthanc import orthanc, why_not_here
from tests.days import day_of
from tests.dimse.calling import CALLED, CALLING, LOCALHOST, data_set_of, enter, port, stored_bytes
from worklists.services import make_token

__all__ = ["dicom_storage", "port"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

REAL = Path(pydicom.__file__).parent / "data" / "test_files"
CT = REAL / "CT_small.dcm"
FILES = [CT, REAL / "MR_small.dcm", REAL / "MR_small_RLE.dcm", REAL / "JPEG2000.dcm", REAL / "rtplan.dcm"]
TITLES = ["-aet", CALLING, "-aec", CALLED]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    for file in FILES:
        shutil.copy(file, made)
    return made


def stored(cast: Cast) -> set[str]:
    return set(Instance.objects.filter(study__home=cast.ct).values_list("sop_instance_uid", flat=True))


def uids(files: list[Path]) -> set[str]:
    return {str(pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID) for file in files}


def test_dcmtk_echoes_and_stores(cast: Cast, port: int, folder: Path, dicom_storage: Path) -> None:
    enter(cast)
    echo, store, send = (program(name, "dcmtk") for name in ("echoscu", "storescu", "dcmsend"))

    assert run([echo, *TITLES, LOCALHOST, port]).returncode == 0
    assert run([echo, "-aet", "STRANGER", "-aec", CALLED, LOCALHOST, port]).returncode != 0
    first = run([store, *TITLES, LOCALHOST, port, folder / "CT_small.dcm"])
    assert first.returncode == 0, first.stderr
    (uid,) = uids([CT])
    # storescu itself leaves the padding behind the pixels out.
    assert data_set_of(CT.read_bytes()).startswith(data_set_of(stored_bytes(dicom_storage, uid)))
    # dcmsend proposes each file's own transfer syntax, and sends the same again without an error.
    whole = run([send, "-v", *TITLES, LOCALHOST, port, "--decompress-never", "--scan-directories", folder])

    assert whole.returncode == 0, whole.stderr
    assert stored(cast) == uids(FILES)


def test_the_apps_of_pynetdicom_echo_and_store(cast: Cast, port: int) -> None:
    enter(cast)
    python = python_of("pynetdicom")

    echo = run([python, "-m", "pynetdicom", "echoscu", *TITLES, LOCALHOST, port])
    store = run([python, "-m", "pynetdicom", "storescu", *TITLES, LOCALHOST, port, CT])
    stranger = run([python, "-m", "pynetdicom", "echoscu", "-aet", CALLING, "-aec", "NO", LOCALHOST, port])

    assert (echo.returncode, store.returncode) == (0, 0), echo.stderr + store.stderr
    assert stranger.returncode != 0
    assert stored(cast) == uids([CT])


def test_orthanc_pushes_by_dimse_and_by_stow_and_pulls_by_wado(
    cast: Cast, port: int, tmp_path: Path, live_server: Any, dicom_storage: Path
) -> None:
    if sentence := why_not_here():
        pytest.skip(sentence)
    enter(cast)
    last_day = day_of(7)
    token = make_token(
        by=acting(cast.adam), name="Orthanc", worklists=[cast.ct.uuid, cast.chest.uuid], last_day=last_day,
        may_store=True,
    ).secret  # fmt: skip
    servers = {
        name: {
            "Url": f"{live_server.url}/dicomweb/{worklist.uuid}/",
            "HttpHeaders": {"Authorization": f"Bearer {token}"},
            # Chunks are for servers behind a proxy such as ours, which collects them; the tests' server is alone.
            "ChunkedTransfers": "0",
        }
        for name, worklist in (("ct", cast.ct), ("chest", cast.chest))
    }
    folder = tmp_path / "orthanc"
    folder.mkdir()
    modalities = {"cimar": [CALLED, LOCALHOST, port]}

    more = {"DicomAet": CALLING, "OverwriteInstances": True, "DicomModalities": modalities}
    with orthanc(folder, **more, DicomWeb={"Servers": servers}) as peer:
        made = peer.ask("/instances", CT.read_bytes())
        study = peer.ask(f"/instances/{made['ID']}/study")

        assert peer.post("/modalities/cimar/echo", {}) == {}
        pushed = peer.post("/modalities/cimar/store", [study["ID"]])
        assert pushed["FailedInstancesCount"] == 0
        assert stored(cast) == uids([CT])

        peer.post("/dicom-web/servers/chest/stow", {"Resources": [study["ID"]], "Synchronous": True})
        assert Instance.objects.filter(study__home=cast.chest).count() == 1

        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            urllib.request.Request(f"{peer.url}/studies/{study['ID']}", method="DELETE"), timeout=30
        ).close()
        wanted = {"Study": study["MainDicomTags"]["StudyInstanceUID"]}
        peer.post("/dicom-web/servers/ct/retrieve", {"Resources": [wanted], "Synchronous": True})
        (back,) = peer.ask("/instances")
        tags = peer.ask(f"/instances/{back}/simplified-tags")
        assert {tags["SOPInstanceUID"]} == uids([CT])


def test_dciodvfy_finds_nothing_worse_in_what_is_stored_than_in_what_was_sent(
    cast: Cast, port: int, dicom_storage: Path, tmp_path: Path
) -> None:
    enter(cast)
    check, store = program("dciodvfy", "dicom3tools"), program("storescu", "dcmtk")
    assert run([store, *TITLES, LOCALHOST, port, CT]).returncode == 0
    (uid,) = uids([CT])
    kept = tmp_path / "kept.dcm"
    kept.write_bytes(stored_bytes(dicom_storage, uid))

    before, after = (
        {line for line in run([check, file]).stderr.splitlines() if line.startswith("Error")}
        for file in (CT, kept)
    )

    assert after <= before
