"""Every real file by C-STORE: its data set comes out as it went in, or it is refused by name."""

import io
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import MediaStorageDirectoryStorage
from pynetdicom.dsutils import split_dataset

from studies.models import Instance
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.real_files import real_files
from tests.dimse.calling import called, context_of, data_set_of, enter, port, push, pushed, stored_bytes

__all__ = ["dicom_storage", "port"]

pytestmark = pytest.mark.django_db(transaction=True)
STATUSES = {0x0000, 0x0110, 0xA700, 0xA900, *range(0xC000, 0xD000)}


def _pushable(path: str) -> tuple[bytes, tuple[str, str]] | None:
    """What a requestor can send at all: its file meta group says which instance it is, and how it is encoded."""
    data = Path(path).read_bytes()
    try:
        meta = dcmread(io.BytesIO(data), stop_before_pixels=True).file_meta
        split_dataset(Path(path))
        wanted = (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID)
    except Exception:
        return None
    return (data, (str(wanted[0]), str(wanted[2]))) if all(wanted) else None


def test_every_real_instance_comes_out_bit_identical_or_is_refused_by_name(
    cast: Cast, port: int, dicom_storage: Path, record_property: Any
) -> None:
    enter(cast)
    refused: dict[str, str] = {}
    kept = 0

    files = {path: pushable for path in real_files() if (pushable := _pushable(path)) is not None}
    assert files
    contexts = {context for _data, context in files.values()}
    assert 40 < len(contexts) < 126
    with called(port, *contexts) as association:
        # The index of a disc is of no storage class.
        accepted = {each.abstract_syntax for each in association.accepted_contexts}
        assert {one for one, _syntax in contexts} - accepted == {MediaStorageDirectoryStorage}
        for path, (data, context) in files.items():
            name = Path(path).name
            if context[0] not in accepted:
                continue
            answer = push(association, data)
            if answer.Status:
                refused[name] = answer.ErrorComment
                continue
            uid = dcmread(io.BytesIO(data), stop_before_pixels=True).SOPInstanceUID
            assert split(stored_bytes(dicom_storage, uid)) == split(data), name
            kept += 1

    record_property("by C-STORE", f"{kept} real instances kept, {len(refused)} refused by name")
    assert kept >= 80
    assert all(refused.values())


def split(data: bytes) -> bytes:
    """The data set, found by pynetdicom's own reader."""
    with tempfile.NamedTemporaryFile(dir="/tmp") as file:
        file.write(data)
        file.flush()
        return data[split_dataset(Path(file.name))[1] :]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_a_damaged_data_set_gets_a_true_answer_and_stops_nothing(
    cast: Cast, port: int, dicom_storage: Path, seed: int, changes: int
) -> None:
    if not cast.ct.senders.exists():
        enter(cast)
    draw = random.Random(seed)
    data = bytearray(sound())
    begin = len(data) - len(data_set_of(bytes(data)))
    for _change in range(changes):
        data[draw.randrange(begin, len(data))] = draw.randrange(256)
    if draw.random() < 0.3:
        del data[draw.randrange(begin + 1, len(data)) :]

    answer = pushed(port, bytes(data))

    assert answer.Status in STATUSES
    if answer.Status == 0:
        latest = Instance.objects.select_related("blob").latest("pk").blob
        # As pynetdicom splits it: a first element that was damaged into the file meta group is never sent.
        assert data_set_of((dicom_storage / latest.key).read_bytes()) == split(bytes(data))
    with called(port, context_of(sound())) as association:
        assert association.send_c_echo().Status == 0
