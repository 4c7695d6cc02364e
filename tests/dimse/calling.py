"""A receiver that runs, and a PACS that calls it: pynetdicom's own requestor."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import UID
from pynetdicom import AE, _config
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from studies.dimse.bounds import Bounds
from studies.dimse.receiver import receiving
from studies.models import Instance
from tests.cast import Cast, acting
from worklists import services

LOCALHOST = "127.0.0.1"
CALLED, CALLING = "NORTHGATE_CT", "MAIN_PACS"


@contextmanager
def running(*, tls: Any = None, counted: Any = None, **bounds: Any) -> Iterator[int]:
    """`counted` is a list that receives what the receiver counts."""

    def count(*what: str) -> None:
        if counted is not None:
            counted.append(what)

    given = Bounds(**{"pdu": 5, **bounds})
    with receiving(host=LOCALHOST, port=0, bounds=given, tls=tls, count=count) as server:
        yield server.server_address[1]


def enter(cast: Cast, **more: Any) -> Any:
    """The AE title of CT Reporting, and a PACS at this machine as its sender."""
    services.change_worklist(worklist=cast.ct, ae_title=CALLED, by=acting(cast.adam))
    given = {"name": "PACS of the main site", "ae_title": CALLING, "ip_address": LOCALHOST, **more}
    return services.add_sender(account=cast.northgate, worklist=cast.ct, by=acting(cast.adam), **given).sender


@contextmanager
def called(
    port: int,
    *contexts: tuple[str, str],
    calling: str = CALLING,
    title: str = CALLED,
    handlers: Any = (),
    tls: Any = None,
) -> Iterator[Any]:
    """An association, let in or not; each context is an abstract and a transfer syntax."""
    entity = AE(ae_title=calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
    entity.add_requested_context(Verification)
    entity.add_requested_context(StorageCommitmentPushModel)
    for abstract, syntax in dict.fromkeys(contexts):
        entity.add_requested_context(abstract, syntax)
    association = entity.associate(
        LOCALHOST,
        port,
        ae_title=title,
        evt_handlers=list(handlers),
        tls_args=(tls, "localhost") if tls else None,
    )
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def context_of(data: bytes) -> tuple[str, str]:
    meta = dcmread(io.BytesIO(data), stop_before_pixels=True).file_meta
    return str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)


def push(association: Any, data: bytes) -> Any:
    """The file's data set as it is, not read and written again; returns the answer."""
    before, _config.STORE_SEND_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET, True
    try:
        with tempfile.NamedTemporaryFile(suffix=".dcm", dir="/tmp") as file:
            file.write(data)
            file.flush()
            return association.send_c_store(file.name)
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = before


def pushed(port: int, data: bytes) -> Any:
    with called(port, context_of(data)) as association:
        assert association.is_established
        return push(association, data)


def data_set_of(data: bytes) -> bytes:
    """What follows the file meta group, found by pydicom."""
    meta = dcmread(io.BytesIO(data), stop_before_pixels=True).file_meta
    group_length = int(meta.FileMetaInformationGroupLength)
    return data[132 + 12 + group_length :]


def stored_bytes(folder: Path, uid: UID | str) -> bytes:
    blob = Instance.objects.select_related("blob").get(sop_instance_uid=uid).blob
    return (folder / blob.key).read_bytes()


@pytest.fixture
def port(cast: Cast, dicom_storage: Path) -> Iterator[int]:
    with running() as port:
        yield port
