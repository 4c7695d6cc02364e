"""Text in the character sets of DICOM (PS3.3 C.12.1.1.2), code extensions included.

pydicom's table of character sets is taken, with what it lacks (Latin alphabet No. 9). The bytes are read here: pydicom
leaves some escape sequences in the text, and puts question marks in place of what it cannot read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydicom.charset import CODES_TO_ENCODINGS, python_encoding

from accounts.models import Account

ESCAPE = re.compile(rb"\x1b(?:\$[()][A-D]|\$[@AB]|[()\-.,][A-Za-z])")
# The default repertoire, to which a value without an escape sequence belongs.
ASCII = "ascii"
ENCODINGS = {
    **{
        term: ASCII if encoding == "iso8859" else encoding
        for term, encoding in python_encoding.items()
        if term
    },
    "ISO_IR 203": "iso8859_15",
    "ISO 2022 IR 203": "iso8859_15",
}
AT_ESCAPE = {
    **CODES_TO_ENCODINGS,
    b"\x1b(B": ASCII,
    b"\x1b-b": "iso8859_15",
    b"\x1b$@": "iso2022_jp",
    b"\x1b)J": "shift_jis",
}
# These need their escape sequence to be read; of the others the codec knows nothing of it.
SHIFTED = frozenset({"iso2022_jp", "iso2022_jp_2"})
# They hold whole values: a byte that looks like a separator may be half of a letter.
WHOLE = frozenset({"utf8", "gb18030", "gbk"})
# At these the first character set counts again.
BREAKS = re.compile(rb"([\\\r\n\f\t])")
NAME_BREAKS = re.compile(rb"([\\\r\n\f\t^=])")
_BY_SPELLING = {re.sub("[^A-Z0-9]", "", term.upper()): encoding for term, encoding in ENCODINGS.items()} | {
    "UTF8": "utf8",
    "LATIN1": "latin_1",
    "ISO88591": "latin_1",
    "ASCII": ASCII,
}


@dataclass
class CharacterSet:
    """What a data set says of its text, and what became of it: `guessed` once a text was read otherwise.

    `fallback` is a defined term: the account's setting.
    """

    terms: Sequence[str] = ()
    fallback: str = Account.CharacterSet.LATIN_1
    guessed: bool = False
    _encodings: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        terms = [term.strip(" \0") for term in self.terms]
        known = [ENCODINGS.get(term, "") if term else ASCII for term in terms]
        # A term that is misspelt says nothing for certain: the whole is guessed.
        self._encodings = tuple(known) if all(known) else ()

    @classmethod
    def declared(cls, value: bytes | None, fallback: str = Account.CharacterSet.LATIN_1) -> "CharacterSet":
        """From the value of Specific Character Set."""
        return cls((value or b"").decode("latin_1").split("\\"), fallback)

    def text(self, value: bytes, *, is_name: bool = False) -> str:
        """The value as it was meant; nothing of it is lost, at worst it is read in the wrong alphabet."""
        if value.isascii() and b"\x1b" not in value and "shift_jis" not in self._encodings[:1]:
            return value.decode("ascii")
        for encodings, is_guess in self._attempts(value):
            try:
                text = _decoded(value, encodings, NAME_BREAKS if is_name else BREAKS)
            except UnicodeError:
                continue
            self.guessed = self.guessed or is_guess
            return text
        self.guessed = True
        return value.decode("latin_1")

    def _attempts(self, value: bytes) -> Iterator[tuple[tuple[str, ...], bool]]:
        if self._encodings:
            yield self._encodings, False
        if b"\x1b" in value:
            yield (ASCII,), True
        yield ("utf8",), True
        spelling = (_BY_SPELLING.get(re.sub("[^A-Z0-9]", "", term.upper())) for term in self.terms)
        if meant := tuple(encoding for encoding in spelling if encoding):
            yield meant, True
        yield (ENCODINGS[self.fallback],), True


def _decoded(value: bytes, encodings: tuple[str, ...], breaks: re.Pattern[bytes]) -> str:
    """Strictly: raises UnicodeError for what the character sets do not hold."""
    first = encodings[0]
    if first.lower() in WHOLE:
        return value.decode(first)
    return "".join(_parts(value, first, breaks))


def _parts(value: bytes, first: str, breaks: re.Pattern[bytes]) -> Iterator[str]:
    """Each run of bytes between escape sequences."""
    at, encoding, escape = 0, first, b""
    for match in [*ESCAPE.finditer(value), None]:
        run = value[at : match.start() if match else len(value)]
        yield _run(run, escape, encoding, first, breaks)
        if match:
            escape, at = match[0], match.end()
            if escape not in AT_ESCAPE:
                raise UnicodeError
            encoding = AT_ESCAPE[escape]


def _run(run: bytes, escape: bytes, encoding: str, first: str, breaks: re.Pattern[bytes]) -> str:
    if encoding in SHIFTED:
        return (escape + run).decode(encoding) if escape else run.decode(first)
    if not escape:
        return run.decode(encoding)
    here, *behind = breaks.split(run, maxsplit=1)
    return here.decode(_both_halves(encoding, first)) + _again(b"".join(behind), encoding, first)


def _both_halves(encoding: str, first: str) -> str:
    """`ESC ( B` chooses the lower half alone: the upper is still the first character set's."""
    return first if encoding == ASCII and first not in SHIFTED else encoding


def _again(behind: bytes, encoding: str, first: str) -> str:
    """Behind a separator the first character set counts; many writers go on with the other one."""
    try:
        return behind.decode(first)
    except UnicodeError:
        return behind.decode(encoding)
