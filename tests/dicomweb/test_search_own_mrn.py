"""QIDO-RS by a worklist's own MRN: found there as on the page, and answered beside the original's Patient ID."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pydicom import Dataset

from sharing.models import Method
from studies.models import Placement, Study
from studies.selectors import dicom_search
from studies.selectors.dicom_questions import DicomQuestion, Level
from studies.services import note_own_mrn
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import body_of, client_of, root_of, take_in
from tests.factories import placement_of
from tests.plumbing import database
from tests.sharing.share_pages import share
from worklists.models import Worklist

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

OWN = "NG-20417"
LEVELS = ("studies", "series", "instances")


@pytest.fixture
def study(cast: Cast, dicom_storage: Any) -> Study:
    """Of MRN1, with the office's own number; beside it one of MRN2 without."""
    for number in (1, 2):
        uid = f"2.25.{number}"
        take_in(
            cast.ct,
            [
                sound(
                    StudyInstanceUID=uid,
                    SeriesInstanceUID=f"{uid}.1",
                    SOPInstanceUID=f"{uid}.1.1",
                    PatientID=f"MRN{number}",
                )
            ],
        )
    study = Study.objects.get(study_instance_uid="2.25.1")
    note(cast, study)
    return study


def note(cast: Cast, study: Study, number: str = OWN) -> Placement:
    placement = placement_of(study, cast.ct)
    note_own_mrn(placement=placement.uuid, by=acting(cast.adam), number=number)
    return placement


def matches(client: Client, worklist: Any, query: str, what: str = "studies") -> list[dict[str, Any]]:
    answer = client.get(f"{root_of(worklist)}/{what}?{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()
    return found


def uids(found: list[dict[str, Any]]) -> list[str]:
    """Of the studies of this module; the cast has others."""
    return sorted(uid for each in found if len(uid := each["0020000D"]["Value"][0]) < 16)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("PatientID=NG-20417", ["2.25.1"]),
        ("00100020=NG-20417", ["2.25.1"]),
        ("PatientID=NG-2041?", ["2.25.1"]),
        ("PatientID=NG*", ["2.25.1"]),
        ("PatientID=MRN1", ["2.25.1"]),
        # Either number, once each.
        ("PatientID=*1*", ["2.25.1"]),
        ("PatientID=MRN*", ["2.25.1", "2.25.2"]),
        ("PatientID=ng-20417", []),
        ("PatientID=NG-20417&PatientName=Quill^Hazel", ["2.25.1"]),
        ("PatientID=NG-20417&PatientName=Rowan*", []),
        ("PatientID=NG-20417&StudyInstanceUID=2.25.2", []),
        ("PatientID=NG-20417&ModalitiesInStudy=OT", ["2.25.1"]),
        ("PatientID=NG-20417&StudyDate=20261120", ["2.25.1"]),
        ("AccessionNumber=NG-20417", []),
    ],
)
@pytest.mark.parametrize("what", LEVELS)
def test_a_patient_id_is_the_originals_or_the_worklists_own(
    cast: Cast, study: Study, what: str, query: str, found: list[str]
) -> None:
    assert uids(matches(client_of(cast.ana), cast.ct, query, what)) == found


@pytest.mark.parametrize("what", LEVELS)
@pytest.mark.parametrize(
    "query", ["PatientID=NG-20417", "PatientID=MRN1", "StudyInstanceUID=2.25.1&includefield=00101002"]
)
def test_the_answer_has_the_originals_patient_id_and_the_own_number_beside_it(
    cast: Cast, study: Study, what: str, query: str
) -> None:
    [match] = matches(client_of(cast.ana), cast.ct, query, what)

    assert match["00100020"]["Value"] == ["MRN1"]
    assert match["00101002"] == {
        "vr": "SQ",
        "Value": [{"00100020": {"vr": "LO", "Value": [OWN]}, "00100022": {"vr": "CS", "Value": ["TEXT"]}}],
    }


@pytest.mark.parametrize("what", LEVELS)
def test_who_does_not_ask_for_numbers_has_the_answer_of_before(cast: Cast, study: Study, what: str) -> None:
    [match] = matches(client_of(cast.ana), cast.ct, "StudyInstanceUID=2.25.1", what)

    assert match["00100020"]["Value"] == ["MRN1"]
    assert OWN not in json.dumps(match)


def test_the_own_mrn_comes_after_the_other_numbers_of_the_object(cast: Cast, study: Study) -> None:
    other = sound(StudyInstanceUID="2.25.3", PatientID="MRN3", OtherPatientIDsSequence=[_number("OLD-3")])
    take_in(cast.ct, [other])
    note(cast, Study.objects.get(study_instance_uid="2.25.3"), "NG-3")

    [match] = matches(client_of(cast.ana), cast.ct, "PatientID=NG-3")

    numbers = [item["00100020"]["Value"] for item in match["00101002"]["Value"]]
    assert numbers == [["OLD-3"], ["NG-3"]]


def _number(number: str) -> Dataset:
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = number, "TEXT"
    return item


def test_the_number_of_one_worklist_is_nothing_on_another(cast: Cast, study: Study) -> None:
    share(cast.ana, placement_of(study, cast.ct), Method.LOCATION, cast.emergency.uuid)

    there = client_of(cast.adam)
    assert matches(there, cast.emergency, f"PatientID={OWN}") == []
    [match] = matches(there, cast.emergency, "PatientID=MRN1")
    assert OWN not in json.dumps(match)


def test_metadata_and_objects_do_not_have_the_own_mrn(cast: Cast, study: Study) -> None:
    ana, url = client_of(cast.ana), f"{root_of(cast.ct)}/studies/2.25.1"

    assert OWN.encode() not in body_of(ana.get(f"{url}/metadata"))
    assert OWN.encode() not in body_of(ana.get(url))


def test_a_removed_number_finds_nothing(cast: Cast, study: Study) -> None:
    note(cast, study, "")

    assert matches(client_of(cast.ana), cast.ct, f"PatientID={OWN}") == []


@pytest.mark.django_db(transaction=True)
def test_each_number_is_looked_for_by_its_own_index() -> None:
    question = DicomQuestion(level=Level.STUDY, keys={"PatientID": OWN}, limit=50)
    matching = dicom_search.placements_matching(Worklist(pk=1), question)
    sql = f"SELECT p.id FROM {matching.tables} WHERE {matching.text}"
    theirs = {"placements_mrn_search": "mrn_key", "placements_own_mrn_search": "own_mrn_key"}
    others = (
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'studies_placement'::regclass"
        " AND NOT indisunique AND indexrelid::regclass::text <> ALL(%s)"
    )
    with database.owner(connection.settings_dict["NAME"]) as owner, owner.transaction(force_rollback=True):
        # A table without rows has better plans: what is asked is whether the indexes could be used so.
        owner.execute("SET LOCAL enable_seqscan = off")
        for (other,) in owner.execute(others, [[*theirs]]).fetchall():
            owner.execute(f"DROP INDEX {other}")
        plan = "\n".join(row[0] for row in owner.execute("EXPLAIN " + sql, matching.values).fetchall())

    for index, key in theirs.items():
        assert re.search(rf" {index}\b[^\n]*\n\s+Index Cond: [^\n]*worklist_id = [^\n]*\({key}\)", plan), plan
