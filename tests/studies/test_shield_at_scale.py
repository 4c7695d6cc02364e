"""The wrong-patient shield among many studies reads those of the MRN alone; what arrives with it at once, waits."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.models import Method
from studies.models import Placement, Study
from studies.services import note_own_mrn
from studies.services.shield import _LOCK, _MRN_LOCK, mark_again, mark_arrivals
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.overlap import queued
from tests.sharing.share_pages import share
from tests.studies.lists import fill
from tests.studies.test_ingest_together import importing

__all__ = ["dicom_storage"]

STUDIES = 3000
# Of the worklist: the study itself and two more of its MRN.
OF_THE_MRN = 3


@pytest.fixture
def study(cast: Cast) -> Study:
    """Among thousands on CT Reporting, each of an MRN of its own, three of Q1."""
    made = fill(cast.ct, [f"Row^{number:04}" for number in range(STUDIES)])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE studies_study SET patient_id = 'R' || id WHERE id = ANY(%s)", [[each.pk for each in made]]
        )
    for _number in range(OF_THE_MRN - 1):
        make_study(cast.ct, patient_id="Q1", patient_name="Quill^Hazel")
    return make_study(cast.ct, patient_id="Q1", patient_name="Rowan^Jane")


def arrives(cast: Cast, study: Study) -> None:
    mark_arrivals(worklist=cast.ct.pk, studies=[study])


def is_corrected(cast: Cast, study: Study) -> None:
    mark_again(study=study, mrns=["Q1", "Q2"])


def is_numbered(cast: Cast, study: Study) -> None:
    note_own_mrn(placement=placement_of(study, cast.ct).uuid, by=acting(cast.adam), number="Q1")


def is_shared(cast: Cast, study: Study) -> None:
    share(cast.ana, placement_of(study, cast.ct), Method.LOCATION, cast.emergency.uuid)


def plans(queries: CaptureQueriesContext) -> Iterator[dict[str, Any]]:
    """Of each statement that looks for studies by their MRN, as it was run: again, and only where it reads."""
    with connection.cursor() as cursor:
        # A table this small could be read as quickly; that the indexes serve is what counts.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries.captured_queries:
            sql = query["sql"]
            if "mrn_key" in sql and sql.lstrip().startswith(("SELECT", "WITH")):
                how = "EXPLAIN (FORMAT JSON)" if "INSERT" in sql else "EXPLAIN (ANALYZE, FORMAT JSON)"
                cursor.execute(f"{how} {sql}")
                [(plan,)] = cursor.fetchall()
                yield (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


@pytest.mark.django_db
@pytest.mark.parametrize("happens", [arrives, is_corrected, is_numbered, is_shared])
def test_of_many_studies_those_of_the_mrn_are_read_by_an_index(
    cast: Cast, study: Study, happens: Callable[[Cast, Study], None]
) -> None:
    with CaptureQueriesContext(connection) as queries:
        happens(cast, study)

    seen = [node for plan in plans(queries) for node in nodes(plan)]
    by_mrn = [node for node in seen if "mrn_search" in node.get("Index Name", "")]
    assert {node["Index Name"] for node in by_mrn} == {"placements_mrn_search", "placements_own_mrn_search"}
    for node in by_mrn:
        assert "worklist_id" in node["Index Cond"], node
        assert "mrn_key" in node["Index Cond"], node
    rows = [
        (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
        for node in seen
        if node.get("Relation Name") in ("studies_placement", "studies_study")
    ]
    assert max(rows) <= 2 * OF_THE_MRN, seen


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second"), [("Q1", "Q1"), ("Q1", " q1 "), ("Ä-7", "ä-7")])
def test_two_imports_that_both_wait_to_compare_see_each_other(
    cast: Cast, dicom_storage: Any, first: str, second: str
) -> None:
    """Both have placed their study, and neither is committed: let go together, the later one sees the earlier one."""
    files = [
        sound(SpecificCharacterSet="ISO_IR 192", PatientName=name, PatientID=mrn)
        for name, mrn in (("Quill^Hazel", first), ("Rowan^Jane", second))
    ]

    results = queued((_LOCK, [_MRN_LOCK, [first]]), [importing(cast.ct, [data]) for data in files])

    assert [result.n_new for result in results] == [1, 1]
    marked = Placement.objects.filter(study__patient_name__in=["Quill^Hazel", "Rowan^Jane"])
    assert sorted(placement.differs for placement in marked.exclude(study=cast.study)) == [[], ["name"]]


@pytest.mark.django_db(transaction=True)
def test_a_number_that_is_noted_and_an_import_under_it_see_each_other(cast: Cast, dicom_storage: Any) -> None:
    noted = make_study(cast.ct, patient_id="A-1", patient_name="Quill^Hazel")
    place = placement_of(noted, cast.ct).uuid

    results = queued(
        (_LOCK, [_MRN_LOCK, ["NG-1"]]),
        [
            lambda: note_own_mrn(placement=place, by=acting(cast.adam), number="NG-1"),
            importing(cast.ct, [sound(PatientName="Rowan^Jane", PatientID="NG-1")]),
        ],
    )

    assert results[0] is None
    marked = Placement.objects.filter(study__patient_id__in=["A-1", "NG-1"])
    assert sorted(placement.differs for placement in marked) == [[], ["name"]]
