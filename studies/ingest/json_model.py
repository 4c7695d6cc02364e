"""An instance as the DICOM JSON model has it (PS3.18 annex F), made once when it is taken in.

pydicom reads and converts; here stands only what it leaves open or stumbles over. Bulky values become URIs, as paths
behind the instance's own: whoever sends the model puts the beginning before them (see `with_bulk_at`).
"""

import base64
import json
import math
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from pydicom import Dataset, config, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filereader import read_dataset
from pydicom.filewriter import correct_ambiguous_vr_element
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from accounts.models import Account
from studies.ingest.charsets import CharacterSet
from studies.ingest.frame_layout import NO_FRAMES, FrameLayout, layout_of
from studies.ingest.headers import Header
from studies.ingest.json_text import character_set_of, texts_of
from studies.ingest.plain_values import plain_values

config.settings.reading_validation_mode = config.IGNORE

# A longer binary value is fetched by its own URL.
INLINE_BYTES = 4096
# Longer than that, a text or a list of numbers is bulk too.
INLINE_TEXT = 64 * 1024
TEXTS = frozenset(
    ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]
)
BINARY = frozenset(["OB", "OD", "OF", "OL", "OV", "OW", "UN"])
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
# Viewers draw nothing without its table of colours, and do not fetch it.
PALETTE = (
    frozenset(range(0x00281201, 0x00281204))
    | frozenset(range(0x00281221, 0x00281224))
    | {0x00281204, 0x00283006}
)
# A spacing of zero makes viewers divide by it: the image stays black.
SPACINGS = frozenset(map(Tag, ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")))
# Groups of commands, of the file and of padding; so are the lengths of groups.
NOT_OF_THE_INSTANCE = frozenset({0x0000, 0x0002, 0xFFFC})
WHOLE = re.compile(r"[+-]?\d{1,12}")
CHARACTER_SET = "00080005"
UTF_8 = {"vr": "CS", "Value": ["ISO_IR 192"]}
_BULK = '"BulkDataURI":"'


@dataclass(frozen=True)
class Described:
    """The JSON of an instance, and where its frames are in its file."""

    json: str
    layout: FrameLayout = NO_FRAMES


def describe(
    file: IO[bytes],
    columns: dict[str, dict[str, Any]],
    *,
    fallback: str = Account.CharacterSet.LATIN_1,
) -> Described:
    """The instance in the JSON model. Where pydicom cannot read the file at all, the few `columns` that we hold.

    `fallback` is the account's character set, for text of which the file does not say its own.
    """
    return _described(file, lambda: _read(file), fallback) or Described(dumped(columns))


def described(header: Header, file: IO[bytes], *, fallback: str) -> Described:
    """`describe` for a file that is taken in. What its header said of its structure is not read once more."""
    made = _described(file, lambda: _read_again(header, file), fallback)
    if made is None:
        uids = (header.study_instance_uid, header.series_instance_uid, header.sop_instance_uid)
        made = Described(dumped(columns_of(*uids, sop_class=header.instance["sop_class_uid"])))
    return made


def columns_of(study: str, series: str, instance: str, *, sop_class: str) -> dict[str, dict[str, Any]]:
    """The least that is said of an instance."""
    uids = {"00080016": sop_class, "00080018": instance, "0020000D": study, "0020000E": series}
    return {CHARACTER_SET: UTF_8, **{tag: {"vr": "UI", "Value": [uid]} for tag, uid in uids.items() if uid}}


def _described(file: IO[bytes], read: Callable[[], tuple[Dataset, str]], fallback: str) -> Described | None:
    """None where pydicom cannot read the file, or finds nothing in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset, syntax = read()
            model = dict(sorted(_Model(file).of(dataset, CharacterSet(fallback=fallback))))
            layout = layout_of(dataset, file, syntax)
    except Exception:  # pydicom raises whatever a file makes it stumble over
        return None
    return Described(dumped({**model, CHARACTER_SET: UTF_8}), layout) if model else None


def dumped(model: Any) -> str:
    """The one spelling of JSON here: `with_bulk_at` relies on it. What is no character becomes a question mark."""
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace").decode()


def with_bulk_at(model: str, url: str) -> str:
    """The model with whole URLs for its bulky values. No text in it can hold a quote that is not escaped."""
    return model.replace(_BULK, f"{_BULK}{url}")


def _read(file: IO[bytes]) -> tuple[Dataset, str]:
    """The data set and its transfer syntax."""
    file.seek(0)
    dataset = dcmread(file, force=True, defer_size=INLINE_BYTES)
    syntax = str(dataset.file_meta.get("TransferSyntaxUID") or "")
    if syntax == DeflatedExplicitVRLittleEndian:
        # What was left for later is in the unpacked bytes, which pydicom does not keep.
        file.seek(0)
        dataset = dcmread(file, force=True)
    return dataset, syntax


def _read_again(header: Header, file: IO[bytes]) -> tuple[Dataset, str]:
    """As `_read`, from where the data set begins. To find that out once more takes twice as long as the data set."""
    if header.regular_from is None:
        return _read(file)
    syntax = str(header.instance["transfer_syntax_uid"])
    file.seek(header.regular_from)
    dataset = read_dataset(
        file, syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian, defer_size=INLINE_BYTES
    )
    return dataset, syntax


class _Model:
    """Converts a data set; values that pydicom left for later are read from the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def of(
        self, dataset: Dataset, above: CharacterSet, path: str = ""
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        charset = character_set_of(dataset, above=above)
        for tag, raw in list(dataset.items()):
            if tag & 0xFFFF == 0 or tag >> 16 in NOT_OF_THE_INSTANCE:
                continue
            key = f"{tag:08X}"
            element = self._element(dataset, tag, raw, charset, f"{path}{key}")
            if not (tag in SPACINGS and _is_zero(element)):
                yield key, element

    def _element(
        self,
        dataset: Dataset,
        tag: BaseTag,
        raw: DataElement | RawDataElement,
        charset: CharacterSet,
        path: str,
    ) -> dict[str, Any]:
        if isinstance(raw, RawDataElement):
            vr = raw.VR if raw.VR and raw.VR != "UN" else _known_vr(tag)
            if tag in PIXELS or (raw.value is None and self._is_bulk(raw, vr)):
                return (
                    {"vr": _plain_vr(vr, tag), "BulkDataURI": path}
                    if raw.length
                    else {"vr": _plain_vr(vr, tag)}
                )
            if raw.value is None and raw.length not in (0, 0xFFFFFFFF):
                self.file.seek(raw.value_tell)
                dataset._dict[tag] = raw = raw._replace(value=self.file.read(raw.length))
            if vr in ("DS", "IS"):
                return _numbers(raw, vr)
            if (plain := plain_values(raw, vr)) is not None:
                return _with_values(vr, [_sound(value) for value in plain])
            if (texts := texts_of(raw, vr, charset)) is not None:
                return _with_values(vr, [_name(text) if vr == "PN" else text or None for text in texts])
        try:
            element = correct_ambiguous_vr_element(
                dataset[tag], dataset, dataset.original_encoding[1] is not False
            )
            return self._converted(element, charset, path)
        except Exception:  # the value is broken: its bytes are given as they are
            return _as_received(raw)

    def _is_bulk(self, raw: RawDataElement, vr: str) -> bool:
        if vr == "SQ" or raw.tag in PALETTE:
            return False
        return vr in BINARY or " or " in vr or raw.length > INLINE_TEXT

    def _converted(self, element: DataElement, charset: CharacterSet, path: str) -> dict[str, Any]:
        vr = _plain_vr(str(element.VR), element.tag)
        if vr == "SQ":
            items = [
                dict(sorted(self.of(item, charset, f"{path}/{number}/")))
                for number, item in enumerate(element.value)
            ]
            return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
        if element.is_empty:
            return {"vr": vr}
        if vr == "PN":
            return _with_values(vr, [_name(each) for each in _each(element.value)])
        if isinstance(element.value, bytes):
            if len(element.value) > INLINE_BYTES and element.tag not in PALETTE:
                return {"vr": vr, "BulkDataURI": path}
            return {"vr": vr, "InlineBinary": base64.b64encode(element.value).decode()}
        values = element.to_json_dict(None, 0).get("Value", [])
        return _with_values(vr, [_sound(value) for value in values])


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def _with_values(vr: str, values: list[Any]) -> dict[str, Any]:
    """An attribute without any value has no `Value`."""
    return {"vr": vr, "Value": values} if any(value is not None for value in values) else {"vr": vr}


def _name(value: Any) -> dict[str, str] | None:
    """The groups of a person name that are there."""
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), str(value).split("="), strict=False)
    return {word: group for word, group in groups if group} or None


def _sound(value: Any) -> Any:
    """Numbers that JSON does not know are given as texts; of several texts an empty one is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return None if value == "" else value


def _numbers(raw: RawDataElement, vr: str) -> dict[str, Any]:
    """Numbers written as text; what is none stays the text it is."""
    text = (raw.value or b"").decode("latin-1").strip("\0 ")
    return _with_values(vr, [_number(each.strip("\0 "), vr) for each in text.split("\\")])


def _number(text: str, vr: str) -> int | float | str | None:
    if vr == "IS":
        return int(text) if WHOLE.fullmatch(text) else text or None
    try:
        number = float(text)
    except ValueError:
        return text or None
    return number if math.isfinite(number) else text


def _as_received(raw: Any) -> dict[str, Any]:
    value = getattr(raw, "value", None)
    if not isinstance(value, bytes) or not value:
        return {"vr": "UN"}
    if raw.VR in TEXTS:
        texts = value.decode("latin-1").strip("\0 ").split("\\")
        return _with_values(raw.VR, [text if raw.VR != "PN" else _name(text) for text in texts])
    return {"vr": "UN", "InlineBinary": base64.b64encode(value).decode()}


def _known_vr(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _plain_vr(vr: str, tag: BaseTag) -> str:
    """A single VR where the dictionary leaves a choice that the data set does not decide."""
    return "OW" if "OW" in vr else vr.split(" or ")[0]


def _is_zero(element: dict[str, Any]) -> bool:
    return any(not isinstance(each, int | float) or each <= 0 for each in element.get("Value", []))
