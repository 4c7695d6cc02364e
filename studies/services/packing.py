"""A series as a file of packed frames, in scratch: one confined child decodes and encodes, frame by frame."""

import hashlib
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from studies import selectors
from studies.ingest.local_copies import as_path
from studies.manifest import Frame, Packed, frames_of, part_of
from studies.models import Blob, Instance, ViewCopy
from studies.renderer import (
    FRAMES_SHOWN,
    MORE_DATA,
    OVERLAYS_DRAWN,
    OVERLAYS_LEFT_OUT,
    TABLE_NOT_APPLIED,
    TOO_MANY_IMAGES,
    TOO_SLOW,
    UNREADABLE,
    Renderer,
    frames_left_out,
)
from studies.services.metadata import metadata_from_file

# A series of more is shown by its pictures.
MOST_FRAMES = 20_000
MOST_BYTES = 32 * 1024**3
# Changes of grey in the tables of a series, which go with its manifest.
MOST_GREYS = 100_000
PIECE = 1024 * 1024


@dataclass
class Pack:
    """What becomes of a series: the columns of its row, and the file where it has a pack."""

    columns: dict[str, Any]
    file: Path | None = None


@dataclass
class _Series:
    """What was packed so far: coarse parts, heads, tails and overlays in a file each."""

    folder: Path
    finish_by: float | None
    instances: list[Packed] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    # Sentences of the whole series, in the order in which they came up.
    notes: dict[str, None] = field(default_factory=dict)
    frames: int = 0
    greys: int = 0

    @property
    def files(self) -> dict[str, Path]:
        """In the order in which they make a pack."""
        return {kind: self.folder / kind for kind in ("coarse", "heads", "tails", "overlays")}

    @property
    def bytes(self) -> list[int]:
        return [file.stat().st_size for file in self.files.values()]


class _PicturesAlone(Exception):
    """Why a series has no pack although it has pictures."""


def pack_series(renderer: Renderer, series_id: int, folder: Path, *, finish_by: float | None) -> Pack:
    """Raises OSError where the storage or scratch fails: another try may succeed."""
    instances = list(
        Instance.objects.filter(series=series_id, frames__gt=0).select_related("blob", "series").in_order()
    )
    if not instances:
        return Pack(
            {"state": ViewCopy.State.NONE, "part": "", "note": "", "failed": [], "n_frames": 0, **NO_FILE}
        )
    try:
        if sum(instance.frames for instance in instances) > MOST_FRAMES:
            raise _PicturesAlone(TOO_MANY_IMAGES)
        series = _Series(folder, finish_by)
        for file in series.files.values():
            file.touch()
        for instance, model in _models(instances):
            _add(renderer, series, instance, model)
        if any(series.bytes):
            return _packed(series, instances)
        raise _PicturesAlone(Counter(note for _, note in series.failed).most_common(1)[0][0])
    except _PicturesAlone as why:
        return _pictures(instances, str(why))


NO_FILE: dict[str, Any] = {"cover": None, "size": 0, "head_size": 0, "sha256": ""}


def _models(instances: list[Instance]) -> Iterator[tuple[Instance, dict[str, Any]]]:
    """Each with its metadata in the JSON model; never more in memory than a few of them."""
    for instance, stored in selectors.metadata_of(instances):
        text = stored.json if stored is not None else getattr(metadata_from_file(instance), "json", "{}")
        yield instance, json.loads(text)


def _add(renderer: Renderer, series: _Series, instance: Instance, model: dict[str, Any]) -> None:
    before = series.bytes
    answer = _frames(renderer, series, instance)
    if error := answer.get("error"):
        if instance.blob.preview == Blob.Preview.READY:
            # What has a picture is shown by it, and so are the others of the series.
            raise _PicturesAlone(error)
        for file, size in zip(series.files.values(), before, strict=True):
            with file.open("r+b") as stream:
                stream.truncate(size)
        series.failed += [(series.frames + index, error) for index in range(instance.frames)]
        series.instances.append(_unpacked(instance, frames_of(model, instance.frames)))
        series.frames += instance.frames
        return
    number = len(answer["sizes"])
    frames = frames_of(model, number)
    series.greys += sum(len(lut) for lut, _ in groupby(answer["luts"]) if lut)
    if series.greys > MOST_GREYS:
        answer["luts"] = [None] * number
    _note(series, answer, frames)
    sizes = [(coarse, head, tail) for coarse, head, tail in answer["sizes"]]
    series.instances.append(
        Packed(instance.uuid, instance.number, frames, answer, sizes, answer["overlay_sizes"])
    )
    series.frames += number


def _unpacked(instance: Instance, frames: list[Frame]) -> Packed:
    return Packed(
        instance.uuid, instance.number, frames, {"rows": instance.rows, "columns": instance.columns}
    )


def _frames(renderer: Renderer, series: _Series, instance: Instance) -> dict[str, Any]:
    """All frames of a file, in as many jobs as it takes; an error counts for the whole file."""
    whole: dict[str, Any] = {}
    with as_path(instance.blob.key, str(series.folder)) as source:
        while not whole or len(whole["sizes"]) < whole["of"]:
            if series.finish_by is not None and time.monotonic() > series.finish_by:
                raise _PicturesAlone(TOO_SLOW)
            more = renderer.ask(
                kind="view copy",
                source=str(source.resolve()),
                first=len(whole.get("sizes", ())),
                **{kind: str(file) for kind, file in series.files.items()},
            )
            if "error" in more:
                return more
            if not more["sizes"]:
                return {"error": UNREADABLE}
            whole = _joined(whole, more)
            if sum(series.bytes) > MOST_BYTES:
                raise _PicturesAlone(TOO_MANY_IMAGES)
    return whole


def _joined(whole: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    if not whole:
        return more
    ends = [each for each in (whole["range"], more["range"]) if each]
    spread = [min(least for least, _ in ends), max(greatest for _, greatest in ends)] if ends else None
    joined = {word: whole[word] + more[word] for word in ("sizes", "overlay_sizes", "luts")}
    return {**more, **joined, "range": spread}


def _note(series: _Series, answer: dict[str, Any], frames: list[Frame]) -> None:
    declared = answer["declared"]
    if len(frames) < declared:
        series.notes[frames_left_out(len(frames), declared)] = None
    elif answer["more"]:
        series.notes[MORE_DATA] = None
    if answer["overlays_drawn"]:
        series.notes[OVERLAYS_DRAWN] = None
    if answer["overlays"]:
        series.notes[OVERLAYS_LEFT_OUT] = None
    each = zip(frames, answer["luts"], strict=True)
    if any(frame.has_table and not frame.windows and lut is None for frame, lut in each):
        series.notes[TABLE_NOT_APPLIED] = None


def _packed(series: _Series, instances: list[Instance]) -> Pack:
    coarse_size, head_size, *_ = written = series.bytes
    pack, *others = series.files.values()
    for rest in others:
        with pack.open("ab") as whole, rest.open("rb") as file:
            shutil.copyfileobj(file, whole, PIECE)
        rest.unlink()
    size = pack.stat().st_size
    if (_declared(series), sum(written)) != (written, size):
        raise _PicturesAlone(UNREADABLE)
    with pack.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    columns = {
        "state": ViewCopy.State.READY,
        "note": "\n".join(series.notes)[:400],
        "failed": series.failed,
        "part": part_of(series.instances),
        "n_frames": series.frames,
        "cover": _cover(instances),
        "size": size,
        "head_size": coarse_size + head_size,
        "sha256": sha256,
    }
    return Pack(columns, pack)


def _declared(series: _Series) -> list[int]:
    """How many bytes of coarse parts, heads, tails and overlays the manifest says there are."""
    parts = zip(*(size for packed in series.instances for size in packed.sizes), strict=True)
    return [*map(sum, parts), sum(size for packed in series.instances for size in packed.overlays)]


def _pictures(instances: list[Instance], why: str) -> Pack:
    """A series that is shown by its pictures, as far as there are any."""
    shown, failed, index = [], [], 0
    for instance, model in _models(instances):
        number = min(instance.frames, FRAMES_SHOWN)
        shown.append(_unpacked(instance, frames_of(model, number)))
        if instance.blob.preview != Blob.Preview.READY:
            failed += [(at, instance.blob.preview_note or UNREADABLE) for at in range(index, index + number)]
        index += number
    notes = dict.fromkeys(
        [why, *(line for each in instances for line in each.blob.preview_note.splitlines())]
    )
    columns = {
        "state": ViewCopy.State.FAILED,
        "note": "\n".join(notes)[:400],
        "failed": failed,
        "part": part_of(shown),
        "n_frames": index,
        **NO_FILE,
        "cover": _cover(instances),
    }
    return Pack(columns)


def _cover(instances: list[Instance]) -> Any:
    """The middle one of those that have a picture."""
    ready = [instance.uuid for instance in instances if instance.blob.preview == Blob.Preview.READY]
    return ready[len(ready) // 2] if ready else None
