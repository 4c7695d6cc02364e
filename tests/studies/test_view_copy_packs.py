"""Packs of view copies: no pack outlives its row, and a damaged or missing pack is reported."""

import io
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from sharing.services import delete_study
from studies.ingest.store import put
from studies.models import LeftoverPack, Study, ViewCopy
from studies.models.view_copy import pack_key
from studies.services import make_waiting_view_copies, sweep_leftovers, take_in_all, view_copies
from tests.bad_files import Homes, dicom_storage, homes, source
from tests.cast import IMPORTER, Cast, acting
from tests.factories import make_uid, placement_of
from tests.studies.view_copies import make_due, slices, take_in

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


@pytest.mark.django_db(transaction=True)
def test_dropped_copies_leave_no_bytes(homes: Homes, dicom_storage: Path) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    assert len([*dicom_storage.rglob("*.pack")]) == 1

    call_command("view_copies", "drop", "--all", stdout=io.StringIO())

    assert [*dicom_storage.rglob("*.pack")] == []
    assert not ViewCopy.objects.exists()
    assert not LeftoverPack.objects.exists()


def delete(cast: Cast, study: Study) -> None:
    delete_study(placement=placement_of(study, study.home).uuid, by=acting(cast.adam), why="Wrong patient")


def test_a_deleted_study_leaves_no_packed_bytes(cast: Cast, dicom_storage: Path) -> None:
    take_in_all(
        worklist=cast.ct,
        by=IMPORTER,
        sources=[source(data) for data in slices(2, study=make_uid(), series=make_uid())],
    )
    make_due()
    copy = ViewCopy.objects.get()
    delete(cast, copy.series.study)
    assert LeftoverPack.objects.get().uuid == copy.uuid

    swept = sweep_leftovers()

    assert swept.packs == 1
    assert [*dicom_storage.rglob("*.*")] == []
    assert not ViewCopy.objects.exists()
    assert not LeftoverPack.objects.exists()


def test_a_study_that_is_deleted_while_it_is_packed_leaves_nothing(
    cast: Cast, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = slices(1, study=make_uid(), series=make_uid())
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(each) for each in data])
    pack = view_copies.pack_series

    def slowly(*args: Any, **more: Any) -> Any:
        made = pack(*args, **more)
        delete(cast, Study.objects.get(instances__isnull=False, series__view_copy__isnull=False))
        return made

    monkeypatch.setattr(view_copies, "pack_series", slowly)

    assert make_due() == 1

    assert [*dicom_storage.rglob("*.pack")] == []
    assert not LeftoverPack.objects.exists()


def test_what_a_killed_worker_wrote_goes_once_nobody_can_be_writing_it(
    homes: Homes, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))

    def killed(key: str, file: Any, **more: Any) -> None:
        put(key, file, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(view_copies, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        make_due()
    monkeypatch.undo()
    assert len([*dicom_storage.rglob("*.pack")]) == 1
    assert sweep_leftovers().packs == 0
    assert make_waiting_view_copies() == 0

    clock.move(minutes=13)

    assert sweep_leftovers().packs == 1
    assert [*dicom_storage.rglob("*.pack")] == []
    assert make_waiting_view_copies() == 1
    assert ViewCopy.objects.get().state == ViewCopy.State.READY


def test_packs_that_no_row_names_are_swept_and_those_of_rows_are_not(
    homes: Homes, dicom_storage: Path
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    storages["dicom"].save(pack_key(UUID(int=1)), ContentFile(b"of nobody"))

    assert sweep_leftovers(everywhere=True).packs == 1

    assert len([*dicom_storage.rglob("*.pack")]) == 1


def test_check_bytes_names_a_pack_that_is_not_as_it_was(homes: Homes) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    call_command("check_bytes", stdout=io.StringIO())
    copy = ViewCopy.objects.get()
    storages["dicom"].delete(copy.key)
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("check_bytes", stdout=out, stderr=io.StringIO())

    assert f"The view copy of series {copy.series.uuid} is missing" in out.getvalue()
