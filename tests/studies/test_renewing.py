"""What an older release made is made anew in the background, and shown as it is until then."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from studies import services
from studies.models import Blob, ViewCopy
from studies.models.image import PICTURES_MAKER
from studies.models.view_copy import COPIES_MAKER, MANY_HEADS
from studies.renderer import OVERLAYS_LEFT_OUT, TABLE_NOT_APPLIED, TOO_SLOW, Rendered, Renderer
from studies.services import packing, previews, view_copies
from studies.services.renewing import Old
from tests.bad_files import Homes, dicom_storage, homes
from tests.factories import make_uid
from tests.studies.view_copies import make_due, slices, take_in

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")

OLD = OVERLAYS_LEFT_OUT
OTHER = "Another sentence."


def old(homes: Homes) -> ViewCopy:
    """A series whose pictures and view copy an older release made."""
    take_in(homes, slices(2, study=make_uid(), series=make_uid()))
    make_due()
    Blob.objects.update(preview_maker=0, preview_note=OLD)
    ViewCopy.objects.update(maker=0, note=OLD)
    return ViewCopy.objects.get()


def test_old_pictures_and_copies_are_made_anew_and_the_old_pack_goes(
    homes: Homes, dicom_storage: Path
) -> None:
    before = old(homes)

    done = services.renew_old()

    assert done == 3
    assert {*Blob.objects.values_list("preview", "preview_note", "preview_maker")} == {
        ("ready", "", PICTURES_MAKER)
    }
    copy = ViewCopy.objects.get()
    assert (copy.state, copy.note, copy.maker, copy.claimed_until) == ("ready", "", COPIES_MAKER, None)
    assert copy.uuid != before.uuid
    assert [path.name for path in dicom_storage.rglob("*.pack")] == [f"{copy.uuid}.pack"]
    assert services.renew_old() == 0


def test_without_time_nothing_is_made_anew_and_all_is_shown_as_it_was(homes: Homes) -> None:
    before = old(homes)

    assert services.renew_old(seconds=0) == 0

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.note, copy.uuid) == ("ready", OLD, before.uuid)
    assert {*Blob.objects.values_list("preview", "preview_note")} == {("ready", OLD)}


def test_a_copy_waits_for_its_pictures(homes: Homes) -> None:
    old(homes)

    with Renderer() as renderer:
        early = view_copies.renew_old_view_copies(renderer, finish_by=time.monotonic() + 60)
        pictures = previews.renew_old_previews(renderer, finish_by=time.monotonic() + 60)
        late = view_copies.renew_old_view_copies(renderer, finish_by=time.monotonic() + 60)

    assert (early, pictures, late) == (0, 2, 1)


def test_a_machine_that_is_too_busy_takes_no_picture_and_no_copy_away(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old(homes)
    monkeypatch.setattr(Renderer, "render", lambda *_: Rendered(0, TOO_SLOW))

    def too_slow(*_: Any, **__: Any) -> Any:
        return packing.Pack({"state": "failed", "note": TOO_SLOW})

    monkeypatch.setattr(view_copies, "pack_series", too_slow)

    assert services.renew_old() == 3

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.uuid, copy.maker) == ("ready", before.uuid, COPIES_MAKER)
    assert {*Blob.objects.values_list("preview", "preview_maker")} == {("ready", PICTURES_MAKER)}
    assert services.renew_old() == 0


def test_the_command_says_how_many_are_old(homes: Homes, capsys: pytest.CaptureFixture[str]) -> None:
    old(homes)

    call_command("view_copies", "check", everything=True)
    first = capsys.readouterr().out
    services.renew_old()
    call_command("view_copies", "check", everything=True)

    assert "made anew in the background: the pictures of 2 files, 1 view copies." in first
    assert "older release" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("note", "pictures", "copies"),
    [
        ("", 0, 0),
        (OTHER, 0, 0),
        (OVERLAYS_LEFT_OUT, 1, 1),
        (f"{OTHER}\n{OVERLAYS_LEFT_OUT}", 1, 1),
        (TABLE_NOT_APPLIED, 0, 1),
    ],
)
def test_old_is_what_names_as_left_out_what_is_shown_now(
    homes: Homes, note: str, pictures: int, copies: int
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    Blob.objects.update(preview_note=note, preview_maker=0)
    ViewCopy.objects.update(note=note, maker=0)

    assert (services.old_ones().pictures, services.old_ones().view_copies) == (pictures, copies)


@pytest.mark.parametrize(
    ("maker", "head_size", "copies"),
    [(0, MANY_HEADS + 1, 1), (1, MANY_HEADS + 1, 1), (1, MANY_HEADS, 0), (2, MANY_HEADS + 1, 0)],
)
def test_old_are_copies_without_coarse_parts_whose_heads_are_many(
    homes: Homes, maker: int, head_size: int, copies: int
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    ViewCopy.objects.update(maker=maker, head_size=head_size, size=2 * MANY_HEADS)

    assert services.old_ones() == Old(0, copies)
    assert services.renew_old() == copies
    assert services.old_ones() == Old(0, 0)


def test_what_still_leaves_something_out_when_it_is_made_anew_is_not_old(homes: Homes) -> None:
    old(homes)
    Blob.objects.update(preview_maker=PICTURES_MAKER)
    ViewCopy.objects.update(maker=COPIES_MAKER)

    assert services.old_ones() == Old(0, 0)
