"""The full viewer (OHIF): a release archive that an administrator brings, unpacked under our own address.

Nothing in the archive decides where it is written, how much, or what kind of file it is; then the few places are
mended that expect to be served from the root of a host.
"""

import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from studies.full_viewer import PAGE, PREFIX, SETTINGS, TYPES, plain_name

MB = 1024**2
MOST_FILES, MOST_BYTES, LARGEST_FILE, LARGEST_ARCHIVE = 5_000, 400 * MB, 100 * MB, 300 * MB
# 136 MB of a runtime for automatic contours, and a worker that would keep old files.
LEFT_OUT = re.compile(r"ort/.*|.*\.map|(init-service-worker|sw|service-worker)\.js|LICENSE.*\.txt", re.ASCII)
NO_FILE = "The archive has an entry that is no file, such as a link."


class ArchiveRefused(Exception):
    """The archive is not unpacked; the argument says why."""


@dataclass(frozen=True)
class Member:
    name: PurePosixPath
    size: int
    entry: tarfile.TarInfo | zipfile.ZipInfo


@dataclass(frozen=True)
class Unpacked:
    files: int
    size: int


def unpack(archive: Path, root: Path) -> Unpacked:
    """What was installed before is replaced at once, or stays as it is where anything goes wrong."""
    if archive.stat().st_size > LARGEST_ARCHIVE:
        raise ArchiveRefused("The archive is larger than any release of the viewer.")
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".ohif-", dir=root.parent))
    try:
        with _opened(archive) as (members, read):
            kept = _kept(members)
            for member in kept:
                _write(fresh / member.name, read(member), member.size)
        _mend(fresh)
        _replace(fresh, root)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Unpacked(len(kept), sum(member.size for member in kept))


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[list[Member], Callable[[Member], IO[bytes]]]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                yield _of_zip(zipped), lambda member: zipped.open(member.entry)  # type: ignore[arg-type]
        else:
            with tarfile.open(archive, "r:*") as tar:
                yield _of_tar(tar), lambda member: _file_of(tar, member)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ArchiveRefused(
            "The file is no archive that can be read (.tgz or .zip), or it is damaged."
        ) from error


def _file_of(tar: tarfile.TarFile, member: Member) -> IO[bytes]:
    file = tar.extractfile(member.entry)  # type: ignore[arg-type]
    if file is None:
        raise ArchiveRefused(NO_FILE)
    return file


def _of_tar(tar: tarfile.TarFile) -> list[Member]:
    members: list[Member] = []
    for entry in tar:
        if len(members) > 4 * MOST_FILES:
            raise ArchiveRefused("The archive has more files than any release of the viewer.")
        if entry.isdir():
            continue
        if not entry.isreg():
            raise ArchiveRefused(NO_FILE)
        members.append(Member(_name(entry.name), entry.size, entry))
    return members


def _of_zip(zipped: zipfile.ZipFile) -> list[Member]:
    members: list[Member] = []
    for entry in zipped.infolist()[: 4 * MOST_FILES + 1]:
        if entry.is_dir():
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ArchiveRefused(NO_FILE)
        members.append(Member(_name(entry.filename), entry.file_size, entry))
    return members


def _name(written: str) -> PurePosixPath:
    if (name := plain_name(written.removeprefix("./"))) is None:
        raise ArchiveRefused("The archive has a file name that is not plain, or leads out of it.")
    return name


def _kept(members: list[Member]) -> list[Member]:
    """The files of the built viewer, by their names below its page."""
    names = {member.name for member in members}
    pages = [name for name in names if name.name == PAGE and name.with_name(SETTINGS) in names]
    if not pages:
        raise ArchiveRefused(
            "The archive holds no built viewer: there is no index.html beside an app-config.js."
        )
    inside = min(pages, key=lambda name: len(name.parts)).parent
    kept: dict[PurePosixPath, Member] = {}
    for member in members:
        if member.name.is_relative_to(inside):
            name = member.name.relative_to(inside)
            if name.suffix.lower() in TYPES and not LEFT_OUT.fullmatch(str(name)):
                kept[name] = Member(name, member.size, member.entry)
    too_large = any(member.size > LARGEST_FILE for member in kept.values())
    if too_large or len(kept) > MOST_FILES or sum(member.size for member in kept.values()) > MOST_BYTES:
        raise ArchiveRefused("The archive unpacks to more than any release of the viewer.")
    return list(kept.values())


def _write(target: Path, source: IO[bytes], size: int) -> None:
    """No more than the archive's own list says, whatever it unpacks to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("xb") as file:
        left = size
        while left and (piece := source.read(min(left, MB))):
            left -= len(piece)
            file.write(piece)
        if left or source.read(1):
            raise ArchiveRefused("A file of the archive is not as long as the archive says.")


def _mend(folder: Path) -> None:
    """It expects to be served from the root of a host, and to keep itself in the browser."""
    for script in folder.glob("*.js"):
        _replaced(script, r'(__webpack_require__\.p\s*=\s*)"/"', rf'\1"{PREFIX}"')
    for sheet in folder.glob("*.css"):
        _replaced(sheet, r"url\((['\"]?)/(?![/])", rf"url(\1{PREFIX}")
    page = folder / PAGE
    _replaced(page, r'(src|href)="/(?!/|ohif/)', rf'\1="{PREFIX}')
    _replaced(page, r"<script[^>]*init-service-worker\.js[^>]*>\s*</script>", "")


def _replaced(path: Path, pattern: str, replacement: str) -> None:
    if not path.is_file():
        return  # a folder that is called so
    try:
        before = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    after = re.sub(pattern, replacement, before)
    if after != before:
        path.write_text(after, encoding="utf-8")


def _replace(fresh: Path, root: Path) -> None:
    fresh.chmod(0o755)
    if not root.exists():
        fresh.rename(root)
        return
    old = Path(tempfile.mkdtemp(prefix=".ohif-old-", dir=root.parent))
    try:
        root.rename(old / "before")
        fresh.rename(root)
    finally:
        shutil.rmtree(old, ignore_errors=True)
