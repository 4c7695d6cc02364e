"""Studies are sent to systems that nobody here wrote, Orthanc and DCMTK's storescp: what arrives is what was sent."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest

from cimar.embedded import processes
from studies.models import Sending, Study
from studies.services import begin_sendings, send_waiting
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.clients.environments import program, run
from tests.clients.orthanc import Orthanc, free_port, orthanc, why_not_here
from tests.dicomweb.asking import take_in
from tests.dimse.calling import LOCALHOST, data_set_of
from tests.factories import placement_of
from tests.studies.destinations import enter, enter_provider, uid_in
from worklists.models import Destination

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TITLE = "ARCHIVE"
REAL = Path(pydicom.__file__).parent / "data" / "test_files"
# Without compression, with two kinds of it, and an object without an image in implicit VR, whose file meta group names
# another UID than its data set.
NAMES = ("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtplan.dcm")


@pytest.fixture
def sent(cast: Cast, dicom_storage: Path, settings: Any) -> dict[str, bytes]:
    """The files of studies on CT Reporting, by their UIDs."""
    settings.CIMAR_DESTINATION_NETWORKS = ["127.0.0.0/8"]
    files = [(REAL / name).read_bytes() for name in NAMES]
    take_in(cast.ct, files)
    return {uid_in(file): file for file in files}


def send_all(cast: Cast, destination: Destination) -> list[tuple[str, dict[str, int]]]:
    """Every study of CT Reporting that has images here; each with its state, and what was refused of it."""
    studies = Study.objects.filter(home=cast.ct, instances__isnull=False).distinct()
    placements = [placement_of(study, cast.ct).uuid for study in studies]
    begin_sendings(placements=placements, destination=destination.uuid, by=acting(cast.adam))
    send_waiting()
    return list(Sending.objects.filter(destination=destination).values_list("state", "refusals"))


def in_orthanc(peer: Orthanc) -> dict[str, bytes]:
    files = [peer.bytes_of(f"/instances/{each}/file") for each in peer.ask("/instances")]
    return {uid_in(file): file for file in files}


@contextmanager
def storescp(folder: Path) -> Iterator[int]:
    """Its port. It writes what it receives exactly so, in each transfer syntax that it knows."""
    port = free_port()
    options = ["--bit-preserving", "--accept-all", "--aetitle", TITLE, "--output-directory", str(folder)]
    receiver = subprocess.Popen([program("storescp", "dcmtk"), *options, str(port)])
    try:
        echo = [program("echoscu", "dcmtk"), "-aec", TITLE, LOCALHOST, port]
        assert processes.wait(lambda: run(echo).returncode == 0, 20)
        yield port
    finally:
        receiver.terminate()
        receiver.wait(20)


def test_orthanc_has_by_dicomweb_what_was_sent_bit_for_bit(
    cast: Cast, sent: dict[str, bytes], tmp_path: Path
) -> None:
    if sentence := why_not_here():
        pytest.skip(sentence)
    with orthanc(tmp_path) as peer:
        assert send_all(cast, enter(cast, f"{peer.url}/dicom-web")) == [("done", {})] * len(NAMES)

        assert in_orthanc(peer) == sent


def test_orthanc_has_by_dimse_every_value_that_was_sent(
    cast: Cast, sent: dict[str, bytes], tmp_path: Path
) -> None:
    if sentence := why_not_here():
        pytest.skip(sentence)
    with orthanc(tmp_path, DicomAet=TITLE, DicomCheckCalledAet=True, DicomPort=(port := free_port())) as peer:
        assert send_all(cast, enter_provider(cast, port)) == [("done", {})] * len(NAMES)

        # Orthanc writes each data set anew, with a head of its own.
        there = {uid: pydicom.dcmread(BytesIO(file)) for uid, file in in_orthanc(peer).items()}
    before = {uid: pydicom.dcmread(BytesIO(file)) for uid, file in sent.items()}
    assert there == before
    assert [each.file_meta.TransferSyntaxUID for each in there.values()] == [
        before[uid].file_meta.TransferSyntaxUID for uid in there
    ]


def test_storescp_has_by_dimse_what_was_sent_bit_for_bit(
    cast: Cast, sent: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "received"
    folder.mkdir()
    with storescp(folder) as port:
        assert send_all(cast, enter_provider(cast, port)) == [("done", {})] * len(NAMES)

    there = [file.read_bytes() for file in folder.iterdir()]
    assert {uid_in(file): data_set_of(file) for file in there} == {
        uid: data_set_of(file) for uid, file in sent.items()
    }
