"""What QIDO-RS can ask for: keys with the matching of PS3.4 C.2.2.2, and which attributes are wanted."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    STUDY = "studies"
    SERIES = "series"
    INSTANCE = "instances"


# Each key that is matched, and the level it belongs to. A search may also use the keys of the levels above its own.
KEYS: dict[str, Level] = {
    **dict.fromkeys(
        (
            "StudyDate", "StudyTime", "AccessionNumber", "ModalitiesInStudy", "ReferringPhysicianName", "PatientName",
            "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDescription", "InstitutionName",
        ),
        Level.STUDY,
    ),
    **dict.fromkeys(
        ("Modality", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "BodyPartExamined"), Level.SERIES
    ),
    **dict.fromkeys(("SOPClassUID", "SOPInstanceUID", "InstanceNumber"), Level.INSTANCE),
}  # fmt: skip
# Patient ID and Other Patient IDs Sequence, as the JSON model writes them.
NUMBERS = frozenset({"00100020", "00101002"})
LEVELS = (Level.STUDY, Level.SERIES, Level.INSTANCE)


@dataclass(frozen=True, kw_only=True)
class DicomQuestion:
    """`keys` hold what was typed, by keyword; a study or series of the URL is not among them."""

    level: Level
    study: str = ""
    series: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False
    fields: frozenset[str] = frozenset()
    every_field: bool = False
    limit: int = 0
    offset: int = 0
    # What was asked for and is not done, for the answer's warning.
    unsupported: tuple[str, ...] = ()

    def of(self, level: Level) -> dict[str, str]:
        """The keys of one level that say something: an empty one, or a star alone, matches everything."""
        return {word: text for word, text in self.keys.items() if KEYS[word] is level and text.strip("* ")}

    @property
    def says_every_number(self) -> bool:
        """Whether the matches say the worklist's own MRN too: where the patient's numbers were asked for or matched."""
        return self.every_field or not self.fields.isdisjoint(NUMBERS)

    @property
    def is_anything(self) -> bool:
        return not self.keys


def like_pattern(text: str) -> str:
    """A DICOM pattern as SQL's LIKE has it."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    return escaped.replace("*", "%").replace("?", "_")


def uids_in(text: str) -> list[str]:
    return [uid for each in re.split(r"[\\,]", text) if (uid := each.strip())]
