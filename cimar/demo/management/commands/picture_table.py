"""Prints docs/pictures.md: what becomes of every test file that ships with pydicom and pydicom-data."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from pydicom.data import get_testdata_files

from studies.ingest.headers import read_header
from studies.ingest.limits import Limits
from studies.ingest.refusals import FileRefused, LeftAside
from studies.object_kinds import kind_of
from studies.pixels import CannotShow
from studies.pixels.pictures import ImageObject
from studies.renderer import UNREADABLE

HEAD = """# Pictures of pydicom's test files

What becomes of each file that ships with pydicom and pydicom-data when it is uploaded: whether it is taken in, whether
its first image is shown, and what is written beside or in place of the picture. Made by `manage.py picture_table`; a
test compares it with this page.
"""


class Command(BaseCommand):
    help = "Prints a table of pydicom's test files: shown, shown with a note, or not shown and why."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        rows = {path: outcome(path) for path in all_files()}
        self.stdout.write(HEAD)
        counts = Counter(what for what, _ in rows.values())
        self.stdout.write("; ".join(f"{what}: {number}" for what, number in sorted(counts.items())) + ".\n\n")
        self.stdout.write("| file | outcome | note |\n|---|---|---|\n")
        for path, (what, note) in rows.items():
            self.stdout.write(f"| {path.parent.name}/{path.name} | {what} | {note} |\n")


def outcome(path: Path) -> tuple[str, str]:
    """What becomes of a file, and the sentence about it."""
    try:
        with path.open("rb") as file:
            header = read_header(file, size=path.stat().st_size, limits=Limits())
    except LeftAside as aside:
        return "left aside", aside.sentence
    except FileRefused as refused:
        return "not taken in", refused.sentence
    if not header.instance["frames"]:
        return "no image", kind_of(header.instance["sop_class_uid"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = ImageObject(path)
            next(image.pictures())
        except CannotShow as cannot:
            return "not shown", str(cannot)
        except Exception:  # decoders fail in every way there is
            return "not shown", UNREADABLE
        notes = image.notes()
    return ("shown with a note", " ".join(notes)) if notes else ("shown", "")


def all_files() -> list[Path]:
    """Once each, by folder and name."""
    files = {
        (path.parent.name, path.name): path for name in get_testdata_files() if (path := Path(name)).is_file()
    }
    return [files[key] for key in sorted(files) if _is_data(files[key])]


def _is_data(path: Path) -> bool:
    return path.suffix not in {".py", ".pyc", ".txt", ".json", ".md", ".zip"} and not path.name.startswith(
        "."
    )
