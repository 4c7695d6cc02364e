"""Frames and objects without their compression, made by the renderer and sent from the file that it leaves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import IO

from studies import services
from studies.corrected import Change
from studies.dicomweb.parts import PIECE
from studies.models import Instance

Sized = tuple[int, Callable[[], Iterable[bytes]]]


def decoded_frames(instance: Instance, numbers: list[int]) -> list[Sized]:
    """The size and the pieces of each frame, in the order of the numbers. Raises CannotMake where there are none."""
    distinct = sorted(set(numbers))
    made = services.make(key=instance.blob.key, kind="frames", frames=distinct)
    at, places = 0, {}
    for number, size in zip(distinct, made.answer["sizes"], strict=True):
        places[number] = (at, size)
        at += size
    return [(places[each][1], partial(_pieces, made.file, *places[each])) for each in numbers]


def written_object(instance: Instance, changes: Sequence[Change], *, patient: bool = False) -> Sized:
    """The whole object in Explicit VR Little Endian. Raises CannotMake where it cannot be had so."""
    made = services.make(key=instance.blob.key, kind="object", changes=changes, patient=patient)
    return made.size, partial(_pieces, made.file, 0, made.size)


def _pieces(file: IO[bytes], start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size > 0 and (piece := file.read(min(PIECE, size))):
        size -= len(piece)
        yield piece
