"""Searches by DICOMweb, beside the same kinds of searches in Orthanc."""

import json
import statistics
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count, islice
from typing import Any

from bench.asking import JSON, TOGETHER, Busy, Server, beside, in_turn, warm_up
from bench.budgets import Budget
from bench.files import files_of
from bench.scene import Scene, ms
from bench.table import Row

STUDIES, FEW = 30_000, 500
# Orthanc's studies are spread over days.
FIRST_DAY, A_DAY = date(1996, 1, 1), 4
TIMES = 60  # of each question
# By what both are searched, and how many studies match in Orthanc.
COMPARED = {
    "s.patient_id": 1,
    "substring(s.patient_name from '^[A-Za-z]{4}')": 10,
    "to_char(p.study_date, 'YYYYMMDD')": A_DAY,
}


def studies_of_orthanc(scene: Scene) -> int:
    """Orthanc takes minutes for as many as it should be compared at."""
    return FEW if scene.quick else STUDIES


def searches(scene: Scene, big: Server, peer: Server | None, *, budget: Budget) -> Iterator[Row]:
    """The same kinds of questions, each of what is there, with about as many answers: the big worklist here, so many
    studies in Orthanc."""
    at = studies_of_orthanc(scene)
    if peer:
        held = map(_dated, files_of(at, 1, side=8), count())
        while some := list(islice(held, 200)):
            peer.store(some, at_once=200)
    mrn, name, day = (_asked_for(scene, each, matches) for each, matches in COMPARED.items())
    questions = {
        "the first page": ("", ""),
        "a deep page": ("&offset=1000", "&offset=1000"),
        "a patient's ID": (f"&PatientID={mrn}", "&PatientID=MRN200017"),
        "the beginning of a name": (f"&PatientName={name}*", "&PatientName=Quill0001*"),
        "a study date": (f"&StudyDate={day}", f"&StudyDate={FIRST_DAY + timedelta(days=10):%Y%m%d}"),
    }
    client = scene.client(scene.people[0])
    for what, (here, there) in questions.items():
        path = f"/studies?limit=50{here}"
        inside = scene.meter.sample(
            lambda _, path=path: client.get(f"{big.root}{path}", headers=big.headers), scene.times(20)
        )
        asked: list[Callable[[], Any]] = [lambda path=path: big.ask(path, JSON)]
        asked += [lambda there=there: peer.ask(f"/studies?limit=50{there}", JSON)] if peer else []
        warm_up(asked[0])
        in_turn(asked, 0, warm=3)
        busy = Busy(big, peer)
        took, *theirs = in_turn(asked, scene.times(TIMES), warm=0, together=TOGETHER)
        spent, their_spent = busy.each(scene.times(TIMES))
        alone, *_ = in_turn(asked, scene.times(TIMES), warm=0)
        rate, their_rate = (
            1000 / statistics.median(took),
            1000 / statistics.median(theirs[0]) if theirs else 0.0,
        )
        quick = inside.database_median <= budget.ms
        yield Row(
            f"QIDO-RS, {_matches(asked[0])} of {scene.placed:,} studies, by {what}; Orthanc "
            f"{_matches(asked[-1])} of {at:,}",
            budget,
            f"{ms(inside.database_median)} in the database; {ms(statistics.median(took))} answered, busy {ms(spent)}; "
            f"{ms(statistics.median(alone))} when Orthanc answers between",
            beside(rate, their_rate, spent, their_spent),
            str(inside.statements),
            quick and rate >= budget.times * their_rate,
            quick and their_spent >= budget.times * spent,
            key=f"qido {what}",
            number=rate,
        )


def _dated(file: bytes, number: int) -> bytes:
    """Of so many studies a few on each day."""
    day = FIRST_DAY + timedelta(days=number // A_DAY)
    return file.replace(b"20261120", f"{day:%Y%m%d}".encode())


def _asked_for(scene: Scene, column: str, matches: int) -> str:
    """What is asked for on the big worklist: of what most nearly as many studies have as Orthanc has matches."""
    query = f"""
        SELECT {column} AS value FROM studies_placement p JOIN studies_study s ON s.id = p.study_id
        WHERE p.worklist_id = %s AND {column} <> '' GROUP BY 1 ORDER BY abs(count(*) - %s), 1 LIMIT 1"""
    [value] = scene.bare.execute(query.encode(), [scene.big.pk, matches]).fetchone() or [""]
    return str(value)


def _matches(ask: Callable[[], bytes]) -> int:
    return len(json.loads(ask()))
