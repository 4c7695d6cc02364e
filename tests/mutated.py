"""Real files with damage that a disc, a broken connection or an attacker may do to them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.dicomweb.real_files import real_files
from tests.factories import make_uid

LARGEST = 60_000
LENGTHS = (0, 1, 2, 3, 7, 8, 0xFF, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
TAGS = (
    0x00020000, 0x00020010, 0x00080005, 0x00080016, 0x00080018, 0x00100010, 0x00100020, 0x0020000D, 0x0020000E,
    0x00280008, 0x00280010, 0x00280100, 0x7FE00008, 0x7FE00010, 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0xFFFCFFFC,
)  # fmt: skip
VRS = b"AE AS CS DA DS FD IS LO OB OW PN SQ UC UI UL UN US UT OF OV ZZ \0\0".split()
WORDS = (
    b"\\",
    b"^",
    b"=",
    b"\x1b$B",
    b"\x1b)C",
    b"\xff\xfe",
    b"\0",
    b"1e309",
    b"-1",
    b"nan",
    b"../../x",
    b"<b>",
)


@cache
def originals() -> tuple[bytes, ...]:
    """Small files of every kind, those without images and those of discs included."""
    files = [Path(path) for path in real_files()]
    return tuple(path.read_bytes() for path in files if path.stat().st_size <= LARGEST)


def renewed(data: bytes) -> bytes:
    """The same file with UIDs of its own, as long as before: else most would be known, or another patient's."""
    try:
        ds = dcmread(io.BytesIO(data), stop_before_pixels=True)
        uids = [str(ds[word].value) for word in ("StudyInstanceUID", "SOPInstanceUID") if word in ds]
    except Exception:
        return data
    for uid in filter(None, uids):
        digits = make_uid().replace(".", "")[::-1]
        fresh = (
            uid[:4]
            + "".join(
                sign if sign == "." else (digits[at % len(digits)] if at and uid[at - 1] != "." else "3")
                for at, sign in enumerate(uid)
            )[4:]
        )
        data = data.replace(uid.encode(), fresh.encode())
    return data


def _place(data: bytearray, random: Random) -> int:
    """Headers are short and full of meaning: most damage is done there."""
    end = len(data) if random.random() < 0.2 else min(len(data), 3000)
    return random.randrange(132 if end > 132 and random.random() < 0.8 else 0, max(end, 1))


def _head(data: bytearray, random: Random) -> int:
    """Where an element seems to begin: four bytes of a tag, then two capital letters."""
    start = _place(data, random)
    for at in range(start, min(len(data) - 8, start + 400)):
        if data[at + 4 : at + 6].isalpha() and data[at + 4 : at + 6].isupper():
            return at
    return start


def flip(data: bytearray, random: Random) -> None:
    for _time in range(random.randint(1, 8)):
        data[_place(data, random)] ^= 1 << random.randrange(8)


def overwrite(data: bytearray, random: Random) -> None:
    at, piece = _place(data, random), random.randbytes(random.randint(1, 16))
    data[at : at + len(piece)] = piece


def cut(data: bytearray, random: Random) -> None:
    del data[random.randrange(1, len(data)) :]


def lose(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    del data[at : at + random.choice((1, 2, 4, 8, 100, 5000))]


def double(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    data[at:at] = data[at : at + random.choice((1, 2, 8, 200, 4000))] * random.randint(1, 3)


def insert(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    data[at:at] = random.choice(
        (bytes(2), bytes(64), b"\xff" * 8, random.randbytes(12), random.choice(WORDS))
    )


def write_length(data: bytearray, random: Random) -> None:
    at, length = _head(data, random), random.choice(LENGTHS)
    if random.random() < 0.5:
        data[at + 6 : at + 8] = struct.pack("<H", length & 0xFFFF)
    else:
        data[at + 8 : at + 12] = struct.pack("<L", length)


def write_tag(data: bytearray, random: Random) -> None:
    at, tag = _head(data, random), random.choice(TAGS)
    data[at : at + 4] = struct.pack("<HH", tag >> 16, tag & 0xFFFF)


def write_vr(data: bytearray, random: Random) -> None:
    at = _head(data, random)
    data[at + 4 : at + 6] = random.choice(VRS)


def write_word(data: bytearray, random: Random) -> None:
    at, word = _head(data, random) + 8, random.choice(WORDS)
    data[at : at + len(word)] = word


def splice(data: bytearray, random: Random) -> None:
    other = random.choice(originals())
    data[_place(data, random) :] = other[random.randrange(len(other)) :]


def nest(data: bytearray, random: Random) -> None:
    """Sequences without an end, inside each other."""
    at = _head(data, random)
    one = b"\x40\0\x55\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    data[at:at] = one * random.choice((1, 5, 23, 24, 25, 500))


def swap(data: bytearray, random: Random) -> None:
    first, second = sorted((_head(data, random), _head(data, random)))
    data[first:] = data[second : second + 40] + data[first:second] + data[second + 40 :]


def deflate(data: bytearray, random: Random) -> None:
    """Of the bytes behind the file meta group a deflated stream, or what is none."""
    uid = str(DeflatedExplicitVRLittleEndian).encode() + b"\0" * (
        len(str(DeflatedExplicitVRLittleEndian)) % 2
    )
    group = b"\x02\0\x10\0UI" + struct.pack("<H", len(uid)) + uid
    head = bytes(128) + b"DICM\x02\0\0\0UL\x04\0" + struct.pack("<L", len(group)) + group
    packer = zlib.compressobj(wbits=random.choice((-15, -15, 15)))
    packed = packer.compress(bytes(data[400:])) + packer.flush()
    data[:] = head + packed[: random.choice((len(packed), len(packed) // 2))]


MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    flip, flip, overwrite, cut, lose, double, insert, write_length, write_length, write_tag, write_vr, write_word,
    splice, nest, swap, deflate,
)  # fmt: skip


def mutated(random: Random) -> tuple[bytes, bytes]:
    """The damaged file and the file that it was."""
    original = renewed(random.choice(originals()))
    data = bytearray(original)
    for mutation in random.choices(MUTATIONS, k=random.choice((1, 1, 1, 2, 3, 5))):
        if len(data) > 1:
            mutation(data, random)
    return bytes(data), original


def mutated_zip(random: Random) -> bytes:
    """Some damaged files in an archive, which is damaged itself now and then."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for number in range(random.randint(0, 4)):
            archive.writestr(f"{number}/image", mutated(random)[0])
    data = bytearray(out.getvalue())
    if random.random() < 0.7:
        for _time in range(random.randint(1, 6)):
            at = len(data) - 1 - min(int(random.expovariate(1 / 120)), len(data) - 1)
            data[at] ^= 1 << random.randrange(8)
    return bytes(data)
