"""The rows of some thousand generated studies, as text that COPY reads. Asks no database: it runs beside the loading.

The same plan gives the same rows: each chunk draws from a source of its own.
"""

from bisect import bisect
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import md5
from itertools import accumulate
from typing import Any

import numpy as np

from cimar.demo.scale import names
from cimar.demo.scale.audit_lines import Views
from cimar.demo.scale.graph import DAY, SHARES, ScaleShare, Spread, Spreader
from cimar.demo.scale.lists import ScaleDirectory
from cimar.demo.scale.names import Names
from cimar.demo.scale.shapes import STUDY_SERIES_AT_MOST, Shapes, StudyKind, Weighted
from cimar.demo.scale.sizes import BIG_HOME, BIG_OF, BIG_SHARED, CHUNK
from cimar.demo.scale.written import EPOCH, Moments, escaped, hyphened, nullable, uuids

BORN_FROM, BORN_WITHIN = -42 * 365, 34_000  # days
SPAN = 1_100 * DAY  # how far back the arrivals go
QUIET_HOMES = 0.6  # how unevenly studies fall on the other homes

COLUMNS = {
    "studies_study": "id uuid home_id study_instance_uid patient_name patient_id patient_birth_date_raw "
    "patient_birth_date patient_sex study_date_raw study_date study_time_raw accession_number description "
    "referring_physician institution modalities n_series n_instances arrived_at",
    "studies_series": "study_id uuid series_instance_uid modality number description body_part n_instances",
    "studies_placement": "uuid study_id worklist_id is_home visible_until internal_until exists_until arrived_at "
    "study_date study_time name_key name_words mrn_key accession_key modalities",
    "sharing_share": "uuid press study_id from_worklist_id to_worklist_id method address account_id shared_by_id "
    "shared_at expires_at note approved_at approved_by_id ended_at ended_by_id end_reason",
    "audit_auditevent": "at action by_id by_label address account_id account_label worklist_id worklist_label "
    "study_id study_uid placement_uuid share_uuid other_worklist_id other_worklist_label in_original detail",
}
NOTES = ("", "", "", "For the meeting on Thursday.", "Second opinion, please.", "As discussed.")


@dataclass(frozen=True)
class Plan:
    studies: int
    first_id: int
    now: int  # seconds since 1970
    directory: ScaleDirectory
    names: Names
    seed: int = 20_261_124


@dataclass(frozen=True)
class ScalePatient:
    name: str
    keys: str
    sex: str
    born: str
    born_at: int
    number: int


class Maker:
    """Makes the rows of one chunk after another."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.shapes = plan, Shapes()
        self.moments = Moments(plan.now)
        self.homes = [
            n
            for n, place in enumerate(plan.directory.places)
            if place.owner is None and n != plan.directory.big
        ]
        weights = [1 / (n % 37 + 3) ** QUIET_HOMES for n in range(len(self.homes))]
        self.homes_likely = np.array(weights) / sum(weights)
        self.share_steps = list(accumulate(weight for _, weight in SHARES))
        self.spreader = Spreader(plan.directory, self.draw, plan.now)
        self.views = Views(plan.directory, self.moments, self.draw)
        self.doctors = [escaped(names.doctor(n)) for n in range(400)]

    def chunk(self, number: int) -> dict[str, bytes]:
        """The rows of each table, and how many they are is how many lines there are."""
        self.random = np.random.default_rng([self.plan.seed, number])
        first = number * CHUNK
        size = min(CHUNK, self.plan.studies - first)
        self.rows: dict[str, list[str]] = {table: [] for table in COLUMNS}
        self._draws: list[float] = []
        self._uuids: list[str] = []
        self.views.lines = self.rows["audit_auditevent"]
        patients = self._patients(size, first)
        kinds = self.shapes.kinds.draw(self.random, size)
        homes = self.random.choice(self.homes, size, p=self.homes_likely).tolist()
        ages = self.shapes.age_in_years.draw(self.random, size)
        own = uuids(self.random, size)
        for n in range(size):
            self._study(first + n, own[n], kinds[n], homes[n], patients[n], ages[n])
        return {
            table: ("\n".join(lines) + "\n").encode() if lines else b"" for table, lines in self.rows.items()
        }

    def draw(self) -> float:
        if not self._draws:
            self._draws = self.random.random(65_536).tolist()
        return self._draws.pop()

    def _patients(self, size: int, first: int) -> list[ScalePatient]:
        """A patient for each study; the studies of one patient lie close together."""
        counts = self.shapes.studies_per_patient.draw(self.random, size)
        chosen = self.random.choice(len(self.plan.names.written), size, p=self.plan.names.likely).tolist()
        patients: list[ScalePatient] = []
        for n, (count, name) in enumerate(zip(counts, chosen, strict=True)):
            if len(patients) >= size:
                break
            written = self.plan.names
            born_at = int(BORN_FROM + self.draw() ** 0.7 * BORN_WITHIN) * DAY
            born = f"{EPOCH + timedelta(seconds=born_at):%Y-%m-%d}"
            patients += [
                ScalePatient(
                    escaped(written.written[name]),
                    _keys_of(written.keys[name]),
                    written.sexes[name],
                    born,
                    born_at,
                    first + n,
                )
            ] * count
        shuffled = patients[:size]
        self.random.shuffle(shuffled)  # type: ignore[arg-type]  # a slice of a sequence is a list here
        return shuffled

    def _study(
        self, n: int, own_uuid: str, kind: StudyKind, home: int, patient: ScalePatient, age: int
    ) -> None:
        plan, draw = self.plan, self.draw
        turn = n % BIG_OF
        if turn < BIG_HOME:
            home = plan.directory.big
        elif turn >= BIG_HOME + BIG_SHARED and n % 50 == 7:
            patient = self._elsewhere(patient)
        elif turn >= BIG_HOME + BIG_SHARED and n % 50 == 19:
            kind = self.shapes.elsewhere
        place = plan.directory.places[home]
        pk = plan.first_id + n
        # The archive grows: more studies arrive every month than in the month before.
        arrived = plan.now - SPAN + int(SPAN * ((n + 0.5) / plan.studies) ** 0.7) - 60
        done = arrived - int(draw() * 1.5 * DAY)
        if draw() < 0.12:  # brought along from an older archive
            done = max(done - age * 365 * DAY - int(draw() * 300) * DAY, patient.born_at)
        day, second = divmod(done, DAY)
        date = self.moments.date(day) if draw() > 0.002 else ""
        uid = f"2.25.{int(own_uuid.replace('-', ''), 16)}"
        mrn, accession = f"{place.account:03d}{patient.number:07d}", f"A{place.account}{pk:09d}"
        series, instances = self._series(pk, kind)
        described = self._text(kind.descriptions)
        modalities = f"{{{','.join(kind.modalities)}}}"
        second_written, digits = self.moments.digits[second], date.replace("-", "")
        born, doctor = patient.born, self.doctors[int(draw() * len(self.doctors))]
        self.rows["studies_study"].append(
            f"{pk}\t{own_uuid}\t{place.id}\t{uid}\t{patient.name}\t{mrn}\t{born.replace('-', '')}\t{born}\t"
            f"{patient.sex}\t{digits}\t{date or nullable(None)}\t{second_written}\t{accession}\t{described}\t"
            f"{doctor}\t{escaped(place.account_label)}\t{modalities}\t{series}\t{instances}\t"
            f"{self.moments.at(arrived)}"
        )
        number = SHARES[bisect(self.share_steps, draw() * self.share_steps[-1])][0]
        to_big = BIG_HOME <= turn < BIG_HOME + BIG_SHARED
        spread = self.spreader.spread(home, arrived, number, to_big=to_big)
        keys = f"{date or '0001-01-01'}\t{second_written}\t{patient.keys}\t{mrn}\t{accession}\t{modalities}"
        placed = self._placements(pk, own_uuid, spread, keys)
        shares = self._shares(pk, spread)
        self.views.of_study(pk, uid, spread, placed, shares)

    def _elsewhere(self, patient: ScalePatient) -> ScalePatient:
        elsewhere = self.plan.names.elsewhere
        name = elsewhere[int(self.draw() * len(elsewhere))]
        return replace(
            patient, name=self.plan.names.written[name], keys=_keys_of(self.plan.names.keys[name]), sex="F"
        )

    def _series(self, study: int, kind: StudyKind) -> tuple[int, int]:
        numbers, total, number = self.rows["studies_series"], 0, 0
        for modality, likely in kind.series.items():
            shape = self.shapes.modalities[modality]
            count = _drawn_of(likely)[int(self.draw() * 1000)]
            for _ in range(min(count, STUDY_SERIES_AT_MOST - number)):
                series_uuid = self._uuid()
                number += 1
                instances = shape.instances[int(self.draw() * len(shape.instances))]
                total += instances
                description = self._text(shape.descriptions)
                part = self._text(shape.body_parts)
                uid = f"2.25.{int(series_uuid.replace('-', ''), 16)}"
                numbers.append(
                    f"{study}\t{series_uuid}\t{uid}\t{modality}\t{number}\t{description}\t{part}\t{instances}"
                )
        return number, total

    def _text(self, texts: Weighted) -> str:
        text: str = _drawn_of(texts)[int(self.draw() * 1000)]
        return text

    def _uuid(self) -> str:
        if not self._uuids:
            self._uuids = uuids(self.random, 8192)
        return self._uuids.pop()

    def _placements(self, study: int, own_uuid: str, spread: Spread, keys: str) -> dict[int, str]:
        """Each placement's uuid by its worklist, derived as the database's own trigger derives it."""
        places, until, placed = self.plan.directory.places, self.moments.until, {}
        for n, node in enumerate(spread.nodes):
            place = places[node.place]
            own = hyphened(
                md5(f"placement {own_uuid} {place.uuid}".encode(), usedforsecurity=False).hexdigest()
            )
            placed[node.place] = own
            self.rows["studies_placement"].append(
                f"{own}\t{study}\t{place.id}\t{'f' if n else 't'}\t{until(node.visible)}\t{until(node.internal)}\t"
                f"{until(node.present)}\t{self.moments.at(node.since)}\t{keys}"
            )
        return placed

    def _shares(self, study: int, spread: Spread) -> list[tuple[ScaleShare, str, str]]:
        """Each with its uuid and its press."""
        plan, at = self.plan, self.moments.at
        made = [(edge, self._uuid(), self._uuid()) for edge in spread.edges]
        for edge, share_uuid, press in made:
            by = plan.directory.members[edge.by].id
            approver = None if edge.approved_by is None else plan.directory.members[edge.approved_by].id
            ender = None if edge.ended_by is None else plan.directory.members[edge.ended_by].id
            self.rows["sharing_share"].append(
                f"{share_uuid}\t{press}\t{study}\t{plan.directory.places[edge.source.place].id}\t"
                f"{plan.directory.places[edge.to].id}\t{edge.method}\t{edge.email}\t{nullable(edge.account)}\t{by}\t"
                f"{at(edge.at)}\t{self._maybe(edge.expires)}\t{NOTES[int(self.draw() * len(NOTES))]}\t"
                f"{self._maybe(edge.approved)}\t{nullable(approver)}\t{self._maybe(edge.ended)}\t{nullable(ender)}\t"
                f"{edge.why}"
            )
        return made

    def _maybe(self, moment: int | None) -> str:
        return nullable(None) if moment is None else self.moments.at(moment)


def _keys_of(keys: tuple[str, str]) -> str:
    return "\t".join(map(escaped, keys))


_drawn: dict[int, list[Any]] = {}


def _drawn_of(weighted: Weighted) -> list[Any]:
    """A thousand draws, made once: what is drawn from them is as likely, to a thousandth."""
    if id(weighted) not in _drawn:
        values = weighted.draw(np.random.default_rng(1), 1000)
        _drawn[id(weighted)] = [escaped(value) if isinstance(value, str) else value for value in values]
    return _drawn[id(weighted)]
