"""What lies beside the images of a disc or folder and is no study: told by its kind, a line each, and not refused.

Asked only of files that are not DICOM: an image is taken in whatever it is called.
"""

import re
from pathlib import PurePosixPath

from django.utils.translation import gettext_noop

from studies.ingest.refusals import EMPTY, NOT_DICOM, FileRefused, LeftAside

DISC_INDEX = gettext_noop("Index of a disc (DICOMDIR)")
MACOS = gettext_noop("Files that macOS adds")
WINDOWS = gettext_noop("Files that Windows adds")
AUTOSTART = gettext_noop("Files that start a disc’s viewer")
PROGRAM = gettext_noop("Programs and their parts")
THUMBNAIL = gettext_noop("Thumbnails and other pictures that are not DICOM")
LICENCE = gettext_noop("Licences and instructions")
TEXT = gettext_noop("Texts, web pages and settings")
DOCUMENT = gettext_noop("Documents that are not DICOM")
SOUND = gettext_noop("Films and sounds that are not DICOM")
KINDS = (DISC_INDEX, MACOS, WINDOWS, AUTOSTART, PROGRAM, THUMBNAIL, LICENCE, TEXT, DOCUMENT, SOUND)

# By the whole name, and by what is behind its last dot, in small letters.
NAMES = (
    (MACOS, r"\._.*|\.ds_store|\.volumeicon\.icns|\.apdisk|\.localized|icon"),
    (WINDOWS, r"(eh)?thumbs(_vista)?\.db|desktop\.ini|indexervolumeguid|wpsettings\.dat"),
    (AUTOSTART, r"(autorun|autoplay)(\..*)?|setup\.inf"),
    (LICENCE, r"(licen[cs]e|lizenz|copying|eula|notice|copyright)(\W.*)?"),
    (LICENCE, r"(readme|liesmich|lisezmoi|leggimi|version|changelog|help)(\W.*)?"),
)
ENDINGS = (
    (WINDOWS, "lnk url"),
    (THUMBNAIL, "jpg jpeg jpe png gif bmp tif tiff ico icns svg webp thm"),
    (
        PROGRAM,
        "exe dll ocx sys msi com bat cmd ps1 vbs sh so dylib jar class cab app pdb manifest config ttf",
    ),
    (
        TEXT,
        "txt md nfo log htm html xhtml css js json xml xsl xslt xsd dtd ini inf cfg conf properties csv chm hlp lng",
    ),
    (DOCUMENT, "pdf doc docx rtf odt xls xlsx ppt pptx ps"),
    (SOUND, "mp3 mp4 m4v avi wmv mov mpg mpeg wav wma ogg flv swf"),
)
PATTERNS = tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in NAMES)
KIND_BY_ENDING = {ending: kind for kind, endings in ENDINGS for ending in endings.split()}
FOLDERS = {
    "__macosx": MACOS,
    ".trashes": MACOS,
    ".fseventsd": MACOS,
    ".spotlight-v100": MACOS,
    "$recycle.bin": WINDOWS,
    "system volume information": WINDOWS,
}
# By the first bytes, whatever the name: nothing else may be lost without a word.
BEGINNINGS = (
    (b"\0\x05\x16\x07", MACOS),  # AppleDouble: a resource fork
    (b"\0\x05\x16\0", MACOS),
)


def as_bystander(refused: FileRefused, name: str, start: bytes = b"") -> FileRefused:
    """The same refusal, or that the file is left aside: by its name with its folders, and by its first bytes."""
    *_folders, own = _parts(name)
    if own == "dicomdir":
        return LeftAside(DISC_INDEX)  # damaged as well: nothing is read from it
    kind = _kind(name, start) if refused.sentence in (NOT_DICOM, EMPTY) else ""
    return LeftAside(kind) if kind else refused


def _kind(name: str, start: bytes) -> str:
    *folders, own = _parts(name)
    if kind := next((FOLDERS[folder] for folder in folders if folder in FOLDERS), ""):
        return kind
    if kind := next((kind for kind, pattern in PATTERNS if pattern.fullmatch(own)), ""):
        return kind
    if kind := KIND_BY_ENDING.get(own.rpartition(".")[2], "") if "." in own else "":
        return kind
    return next((kind for beginning, kind in BEGINNINGS if start.startswith(beginning)), "")


def _parts(name: str) -> list[str]:
    """Folders and file, in small letters. A member of a ZIP is named behind it: `disc.zip: VIEWER/run.exe`."""
    path = name.rpartition(": ")[2].lower().replace("\\", "/")
    return [part.strip() for part in PurePosixPath(path).parts] or [""]
