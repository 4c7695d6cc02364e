"""Previews are claimed in slices: the work grows with the files, and what a worker leaves another one takes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from studies.models import Blob
from studies.renderer import Rendered, Renderer
from studies.services import previews, render_previews, render_waiting
from tests.bad_files import dicom_storage, homes

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage", "homes")


class Traffic:
    """How many statements go to the database, and how many values with them."""

    def __init__(self) -> None:
        self.statements = self.values = 0

    def __call__(self, execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        self.statements += 1
        self.values += sum(len(one) if isinstance(one, list | tuple) else 1 for one in values or ())
        return execute(sql, values, *rest)


def wait(number: int) -> set[int]:
    """Rows of files that wait for their pictures; nothing here reads their bytes."""
    first = Blob.objects.count()
    rows = [Blob(sha256=f"{first + n:064x}", size=1) for n in range(number)]
    return {blob.pk for blob in Blob.objects.bulk_create(rows)}


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A renderer at once done with every file; the list has an entry for each."""
    asked: list[int] = []

    def render(renderer: Renderer, blob: Blob) -> None:
        asked.append(blob.pk)
        previews._note(blob, Rendered(0, "It has no images."))

    monkeypatch.setattr(previews, "_render", render)
    return asked


def waiting() -> int:
    return Blob.objects.filter(preview=Blob.Preview.WAITING).count()


@pytest.mark.parametrize("render", [render_previews, lambda blob_ids: render_waiting()])
def test_three_times_the_files_are_at_most_three_times_the_work(
    no_pictures: list[int], render: Callable[..., int]
) -> None:
    work = {}
    for number in (100, 300):
        ids, traffic = wait(number), Traffic()
        with connection.execute_wrapper(traffic):
            assert render(blob_ids=ids) == number
        work[number] = traffic

    assert waiting() == 0
    assert 0 < work[300].statements <= 3 * work[100].statements
    assert 0 < work[300].values <= 3 * work[100].values


def test_files_whose_worker_was_killed_are_taken_again_when_its_claim_has_run_out(
    no_pictures: list[int], clock: Any
) -> None:
    wait(3 * previews.SLICE)
    lost = {blob.pk for blob in previews._claim(Q())}

    assert render_waiting() == 2 * previews.SLICE
    assert len(lost) == waiting() == previews.SLICE
    clock.move(minutes=13)
    assert render_waiting() == previews.SLICE
    assert set(no_pictures[-previews.SLICE :]) == lost


def test_a_worker_that_is_out_of_time_gives_the_rest_of_its_slice_back(no_pictures: list[int]) -> None:
    wait(previews.SLICE)

    assert render_waiting(seconds=0) == 1
    assert Blob.objects.exclude(preview_claimed_until=None).count() == 0
    assert render_waiting() == previews.SLICE - 1


def test_a_worker_that_fails_gives_the_rest_of_its_slice_back(
    no_pictures: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(3)
    quick = previews._render

    def fail(renderer: Renderer, blob: Blob) -> None:
        raise RuntimeError

    monkeypatch.setattr(previews, "_render", fail)
    with pytest.raises(RuntimeError):
        render_waiting()
    monkeypatch.setattr(previews, "_render", quick)

    assert render_waiting() == 2
    assert waiting() == 1


def test_files_that_another_worker_has_claimed_are_left_to_it(no_pictures: list[int]) -> None:
    ids = wait(previews.SLICE + 5)
    theirs = {blob.pk for blob in previews._claim(Q(pk__in=ids))}

    assert render_previews(blob_ids=ids) == 5
    assert not theirs & set(no_pictures)
