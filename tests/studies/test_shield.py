"""A study whose patient disagrees with what is there under its MRN is taken and marked, until a person decides."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import Refused
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.ingest.patients import disagreement
from studies.models import Placement, Study
from studies.services import (
    compare_earlier_studies,
    comparing,
    confirm_patient,
    correct_study,
    present_values,
    values_mark,
)
from studies.services.shield import mark_arrivals
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import client_of, take_in
from tests.factories import make_study, make_uid, placement_of
from tests.studies.test_ingest_together import at_once, importing

__all__ = ["dicom_storage"]
db = pytest.mark.django_db
HAZEL = {
    "patient_name": "Quill^Hazel",
    "patient_birth_date_raw": "19610704",
    "patient_sex": "F",
    "issuer_of_patient_id": "",
}


@pytest.mark.parametrize(
    ("theirs", "differs"),
    [
        ({}, []),
        ({"patient_name": "QUILL^HAZEL^MARY"}, []),
        ({"patient_name": "Hazel^Quill"}, []),
        ({"patient_name": "Quíll^Házel=山^花"}, []),
        ({"patient_name": ""}, []),
        ({"patient_name": "Rowan^Jane"}, ["name"]),
        ({"patient_name": "Quill^Harold"}, ["name"]),
        ({"patient_birth_date_raw": "1961.07.04"}, []),
        ({"patient_birth_date_raw": "19610407"}, ["born"]),
        ({"patient_sex": "f "}, []),
        ({"patient_sex": "M"}, ["sex"]),
        ({"patient_name": "Rowan^Jane", "patient_sex": "M"}, ["name", "sex"]),
    ],
)
def test_what_counts_as_a_disagreement(theirs: dict[str, str], differs: list[str]) -> None:
    assert disagreement(HAZEL, {**HAZEL, **theirs}) == differs
    assert disagreement({**HAZEL, **theirs}, HAZEL) == differs


def test_an_mrn_of_another_issuer_is_another_mrn() -> None:
    ours, theirs = {**HAZEL, "issuer_of_patient_id": "A"}, {**HAZEL, "issuer_of_patient_id": "B"}
    assert disagreement(ours, theirs) is None


@given(
    words=st.lists(st.sampled_from(["quill", "hazel", "mary", "ann"]), min_size=1, unique=True),
    data=st.data(),
)
def test_the_order_of_words_and_missing_words_do_not_count(words: list[str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(words), min_size=1, unique=True))
    ours, theirs = ({**HAZEL, "patient_name": "^".join(each)} for each in (words, some))

    assert disagreement(ours, theirs) == []


def arrive(cast: Cast, name: str, **more: str) -> Study:
    uid = make_uid()
    take_in(cast.ct, [sound(StudyInstanceUID=uid, PatientName=name, PatientID="Q1", **more)])
    return Study.objects.get(study_instance_uid=uid)


def share(cast: Cast, study: Study) -> None:
    share_studies(
        placements=[placement_of(study, cast.ct).uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )


def differs(study: Study, worklist: Any) -> list[str]:
    return list(placement_of(study, worklist).differs)


@db
def test_the_later_study_is_taken_and_marked_everywhere(cast: Cast, dicom_storage: Any) -> None:
    first, second, third = (arrive(cast, name) for name in ("Quill^Hazel", "Rowan^Jane", "QUILL^HAZEL"))
    client = client_of(cast.ana)
    listed = client.get(f"/worklists/{cast.ct.uuid}/studies/").content.decode()
    page = client.get(f"/placements/{placement_of(second, cast.ct).uuid}/").content.decode()
    dialog = client.get("/share/", {"placement": str(placement_of(second, cast.ct).uuid)}).content.decode()

    assert [differs(study, cast.ct) for study in (first, second, third)] == [[], ["name"], []]
    assert listed.count("Check the patient") == 1
    assert "Check the patient" in page
    assert "Check the patient" in dialog


@db
def test_a_share_brings_a_study_that_is_marked_there(cast: Cast) -> None:
    make_study(cast.emergency, patient_name="Rowan^Jane", patient_id="Q1")
    study = make_study(cast.ct, patient_name="Quill^Hazel", patient_id="Q1")

    share(cast, study)

    assert differs(study, cast.emergency) == ["name"]
    assert differs(study, cast.ct) == []


@db
def test_who_may_edit_says_that_it_is_right(cast: Cast, dicom_storage: Any) -> None:
    arrive(cast, "Quill^Hazel")
    study = arrive(cast, "Rowan^Jane")
    there = placement_of(study, cast.ct).uuid

    with pytest.raises(Refused):
        confirm_patient(placement=there, by=acting(cast.ana), why="she married")
    answer = client_of(cast.adam).post(f"/placements/{there}/patient/", {"why": "she married"})

    assert answer.status_code == 302
    assert differs(study, cast.ct) == []
    assert AuditEvent.objects.get(action=Action.PATIENT_CONFIRM).detail == {
        "differs": ["name"],
        "why": "she married",
    }
    assert differs(arrive(cast, "Rowan^Jane"), cast.ct) == []


@db
@pytest.mark.parametrize("which", [0, 1])
def test_a_correction_of_either_takes_the_mark_away(cast: Cast, dicom_storage: Any, which: int) -> None:
    studies = [arrive(cast, "Quill^Hazel"), arrive(cast, "Rowan^Jane")]
    wrong, right = studies[which], studies[1 - which]

    correct_study(
        placement=placement_of(wrong, cast.ct).uuid,
        by=acting(cast.adam),
        values={**present_values(wrong), "patient_name": right.patient_name},
        mark=values_mark(wrong),
        why="wrong order",
    )

    assert not Placement.objects.exclude(differs=[]).exists()


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_see_each_other(cast: Cast, dicom_storage: Any) -> None:
    for number in range(8):
        uids = {name: make_uid() for name in ("Quill^Hazel", "Rowan^Jane")}
        files = [
            sound(StudyInstanceUID=uid, PatientName=name, PatientID=f"Q{number}")
            for name, uid in uids.items()
        ]
        at_once(*(importing(cast.ct, [data]) for data in files))

        marked = [list(placement.differs) for placement in Placement.objects.filter(mrn_key=f"Q{number}")]
        assert sorted(marked) == [[], ["name"]]


@pytest.mark.django_db(transaction=True)
def test_an_import_and_a_share_at_once_see_each_other(cast: Cast, dicom_storage: Any) -> None:
    for number in range(5):
        study = make_study(cast.ct, patient_name="Quill^Hazel", patient_id=f"Q{number}")
        data = sound(PatientName="Rowan^Jane", PatientID=f"Q{number}")
        at_once(importing(cast.emergency, [data]), lambda study=study: share(cast, study))

        marked = Placement.objects.filter(mrn_key=f"Q{number}", worklist=cast.emergency)
        assert sorted(list(placement.differs) for placement in marked) == [[], ["name"]]


NAMES = ("Quill^Hazel", "Rowan^Jane", "QUILL^HAZEL^MARY", "Rowan^Jane^A", "")
arrivals = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["Q1", "Q2", ""]), st.sampled_from(["", "A", "B"])),
    max_size=8,
)


@db
@given(studies=arrivals, rows=st.integers(1, 5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_earlier_studies_are_marked_as_if_they_arrived_one_after_the_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, studies: list[tuple[str, str, str]], rows: int
) -> None:
    monkeypatch.setattr(comparing, "ROWS", rows)
    with transaction.atomic():
        made = []
        for name, mrn, issuer in studies:
            study = make_study(cast.ct, patient_name=name, patient_id=mrn, issuer_of_patient_id=issuer)
            mark_arrivals(worklist=cast.ct.pk, studies=[study])
            made.append(study)
        one_by_one = [differs(study, cast.ct) for study in made]
        Placement.objects.filter(study__in=made).update(differs=[])

        marked = compare_earlier_studies()
        again = compare_earlier_studies()

        assert [differs(study, cast.ct) for study in made] == one_by_one
        assert (marked, again) == (sum(map(bool, one_by_one)), 0)
        transaction.set_rollback(True)


@db
def test_what_a_person_confirmed_is_not_marked_again(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    make_study(cast.ct, patient_name="Quill^Hazel", patient_id="Q1")
    study = make_study(cast.ct, patient_name="Rowan^Jane", patient_id="Q1")
    call_command("compare_patients")
    assert differs(study, cast.ct) == ["name"]

    confirm_patient(placement=placement_of(study, cast.ct).uuid, by=acting(cast.adam), why="she married")
    call_command("compare_patients")

    assert differs(study, cast.ct) == []
    assert capsys.readouterr().out.splitlines()[-1] == "Marked: 0."
