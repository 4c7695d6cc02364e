"""A structured report of any template as a tree of sentences: concept, value, unit, and what it refers to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from studies.beside.model import Model, item, items, meaning, numbers, references, text, texts

DEEPEST = 24
MOST_ITEMS = 5_000
CONTENT, CONCEPT, KIND = "0040A730", "0040A043", "0040A040"


@dataclass
class Statement:
    """One item of the content: `value` is in words, with its unit; `places` are SOP instance UIDs with frames."""

    concept: str
    value: str = ""
    note: str = ""
    is_text: bool = False
    relation: str = ""
    places: list[tuple[str, list[int]]] = field(default_factory=list)
    parts: list["Statement"] = field(default_factory=list)

    @property
    def is_section(self) -> bool:
        return bool(self.parts)


@dataclass(frozen=True)
class Report:
    title: str
    completion: str
    verification: str
    verified_by: list[str]
    content: list[Statement]
    # How many items are not shown, because there are so many or they are so deep.
    left_out: int


def report_of(model: Model) -> Report:
    reading = _Reading()
    content = reading.parts_of(model, 0)
    return Report(
        title=meaning(model, CONCEPT) or _("Report without a title"),
        completion=_COMPLETION.get(text(model, "0040A491"), lambda: "")(),
        verification=_VERIFICATION.get(text(model, "0040A493"), lambda: "")(),
        verified_by=[
            ", ".join(filter(None, (text(each, "0040A075"), text(each, "0040A027"))))
            for each in items(model, "0040A073")
        ],
        content=content,
        left_out=reading.left_out,
    )


_COMPLETION = {"COMPLETE": lambda: _("Complete"), "PARTIAL": lambda: _("Partial")}
_VERIFICATION = {"VERIFIED": lambda: _("Verified"), "UNVERIFIED": lambda: _("Not verified")}


class _Reading:
    def __init__(self) -> None:
        self.n, self.left_out = 0, 0

    def parts_of(self, model: Model, depth: int) -> list[Statement]:
        parts = []
        for part in items(model, CONTENT):
            if depth >= DEEPEST or self.n >= MOST_ITEMS:
                self.left_out += 1
                continue
            self.n += 1
            parts.append(self._statement(part, depth))
        return parts

    def _statement(self, model: Model, depth: int) -> Statement:
        kind = text(model, KIND)
        value, note = VALUES.get(kind, _nothing)(model)
        if not kind and texts(model, "0040DB73"):
            note = _("As said above in this report")
        return Statement(
            concept=meaning(model, CONCEPT),
            value=value,
            note=note,
            is_text=kind == "TEXT",
            relation=RELATIONS.get(text(model, "0040A010"), lambda: "")(),
            places=list(references(model)),
            parts=self.parts_of(model, depth + 1),
        )


RELATIONS: dict[str, Callable[[], str]] = {
    "INFERRED FROM": lambda: _("Inferred from"),
    "SELECTED FROM": lambda: _("Selected from"),
    "HAS CONCEPT MOD": lambda: _("Modified by"),
    "HAS ACQ CONTEXT": lambda: _("Acquired with"),
    "HAS OBS CONTEXT": lambda: _("Observed with"),
}
Shown = tuple[str, str]


def _nothing(model: Model) -> Shown:
    return "", ""


def _number(model: Model) -> Shown:
    measured = item(model, "0040A300")
    value, unit = text(measured, "0040A30A"), item(measured, "004008EA")
    # "no units" (UCUM 1) and codes in braces are no unit to write behind a number.
    code, words = text(unit, "00080100"), text(unit, "00080104")
    written = words if code.startswith("{") or len(code) > 16 else code
    written = "" if code == "1" else written or words
    why_none = meaning(model, "0040A301")
    return (f"{value} {written}".strip() if value else ""), why_none


def _code(model: Model) -> Shown:
    code = item(model, "0040A168")
    where = " ".join(filter(None, (text(code, "00080102"), text(code, "00080100"))))
    return meaning(model, "0040A168"), where if text(code, "00080104") else ""


def _points(model: Model) -> Shown:
    drawn, n = text(model, "00700023").lower(), len(numbers(model, "00700022")) // 2
    return _("%(kind)s in the image") % {"kind": drawn or _("drawing")}, _("%(n)s points") % {
        "n": n
    } if n else ""


def _solid_points(model: Model) -> Shown:
    n = len(numbers(model, "00700022")) // 3
    return _("Place in space"), _("%(n)s points") % {"n": n} if n else ""


VALUES: dict[str, Callable[[Model], Shown]] = {
    "TEXT": lambda model: (text(model, "0040A160"), ""),
    "NUM": _number,
    "CODE": _code,
    "PNAME": lambda model: (text(model, "0040A123").replace("^", " ").strip(), ""),
    "DATE": lambda model: (text(model, "0040A121"), ""),
    "TIME": lambda model: (text(model, "0040A122"), ""),
    "DATETIME": lambda model: (text(model, "0040A120"), ""),
    "UIDREF": lambda model: (text(model, "0040A124"), ""),
    "SCOORD": _points,
    "SCOORD3D": _solid_points,
    "TCOORD": lambda model: (_("Moments in time"), text(model, "0040A130").lower()),
    "IMAGE": lambda model: (_("Image"), ""),
    "COMPOSITE": lambda model: (_("Object"), ""),
    "WAVEFORM": lambda model: (_("Waveform"), ""),
}


def all_places(report: Report) -> set[str]:
    """Every SOP instance UID that the report refers to."""
    uids: set[str] = set()
    waiting = list(report.content)
    while waiting:
        statement = waiting.pop()
        uids |= {uid for uid, _frames in statement.places}
        waiting += statement.parts
    return uids
