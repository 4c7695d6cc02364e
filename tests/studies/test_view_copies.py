"""View copies: made from the files that arrived, exact, and made again when more files arrive."""

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from studies.models import LeftoverPack, ViewCopy
from studies.services import make_waiting_view_copies, render_waiting, view_copies
from tests.bad_files import Homes, dicom_storage, homes
from tests.factories import make_uid
from tests.studies.view_copies import make_due, part, read, slices, take_in, unpacked

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def test_a_series_is_packed_in_its_order_and_exactly(homes: Homes) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, list(reversed(slices(3, study=study, series=series))))

    assert make_due() == 1

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.n_frames, copy.note, copy.failed) == (ViewCopy.State.READY, 3, "", [])
    frames = unpacked(copy)
    assert len(frames) == 3
    for n, frame in enumerate(frames):
        expected = (np.arange(200 * 300).reshape(200, 300) % 1000 + n).astype("i2") - 500
        assert frame.dtype == np.int16
        assert np.array_equal(frame, expected)
    columns = part(copy)
    [group] = columns["groups"]
    assert columns["position"] == [[0, 0, 0], [0, 0, 1.25], 3]
    assert (group["rows"], group["columns"]) == (200, 300)
    assert (group["coarse"], group["reduced"]) == ([25, 38], [50, 75])
    assert copy.head_size == sum(columns["coarse"]) + sum(columns["head"])
    assert (group["unit"], group["slope"], group["intercept"]) == ("HU", 1, -24)
    assert (group["spacing"], group["spacing_kind"]) == ([0.5, 0.5], "PixelSpacing")
    assert group["window"] == [[40, 400, ""]]
    assert group["range"] == [-500, 501]
    assert columns["number_of_instance"] == [1, 2, 3]


def test_the_first_part_alone_is_the_coarse_picture_and_with_the_head_the_reduced_one(homes: Homes) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()

    copy = ViewCopy.objects.get()
    whole = read(copy)

    coarse = imagecodecs.htj2k_decode(whole[: part(copy)["coarse"][0]], skipres=3)
    assert coarse.shape == (25, 38)
    assert np.array_equal(coarse, imagecodecs.htj2k_decode(whole, skipres=3))
    reduced = imagecodecs.htj2k_decode(whole[: copy.head_size], skipres=2)
    assert reduced.shape == (50, 75)
    assert np.array_equal(reduced, imagecodecs.htj2k_decode(whole, skipres=2))


def test_nothing_is_made_before_the_files_of_a_series_have_settled_and_have_their_pictures(
    homes: Homes,
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))

    assert make_waiting_view_copies() == 0
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    assert make_waiting_view_copies() == 0
    render_waiting()
    assert make_waiting_view_copies() == 1


def test_more_images_make_a_new_pack_and_the_old_one_goes(homes: Homes, dicom_storage: Path) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, slices(2, study=study, series=series))
    make_due()
    first = ViewCopy.objects.get()

    take_in(homes, slices(2, first=2, study=study, series=series))
    waiting = ViewCopy.objects.get()
    assert (waiting.state, waiting.uuid) == (ViewCopy.State.WAITING, first.uuid)
    make_due()

    second = ViewCopy.objects.get()
    assert second.uuid != first.uuid
    assert second.n_frames == 4
    assert [*dicom_storage.rglob("*.pack")] == [Path(storages["dicom"].path(second.key))]
    assert not LeftoverPack.objects.exists()


def test_a_pack_is_not_taken_when_more_images_arrived_while_it_was_made(
    homes: Homes, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, slices(1, study=study, series=series))
    pack = view_copies.pack_series

    def slowly(*args: Any, **more: Any) -> Any:
        made = pack(*args, **more)
        take_in(homes, slices(1, first=1, study=study, series=series))
        return made

    monkeypatch.setattr(view_copies, "pack_series", slowly)
    make_due()
    monkeypatch.undo()

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.uuid) == (ViewCopy.State.WAITING, None)
    assert [*dicom_storage.rglob("*.pack")] == []
    assert not LeftoverPack.objects.exists()
    make_due()
    assert ViewCopy.objects.get().n_frames == 2


def test_settings_say_when_copies_are_made(homes: Homes, settings: Any) -> None:
    settings.CIMAR_VIEW_COPIES = "first_opening"
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    assert not ViewCopy.objects.exists()

    settings.CIMAR_VIEW_COPIES = "never"
    call_command("view_copies", "make", "--all")
    assert not ViewCopy.objects.filter(state=ViewCopy.State.READY).exists()


def test_the_command_makes_checks_and_drops(homes: Homes, dicom_storage: Path, settings: Any) -> None:
    settings.CIMAR_VIEW_COPIES = "first_opening"
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    render_waiting()
    out = io.StringIO()

    call_command("view_copies", "make", "--all", stdout=out)
    call_command("view_copies", "check", "--all", stdout=out)
    assert "1 view copies made." in out.getvalue()
    assert "All 1 view copies exist as they were written." in out.getvalue()
    [pack] = dicom_storage.rglob("*.pack")
    pack.write_bytes(b"x" * pack.stat().st_size)
    with pytest.raises(SystemExit):
        call_command("view_copies", "check", "--all", stdout=out)
    assert "is damaged" in out.getvalue()
