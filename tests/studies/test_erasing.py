"""Nothing of the patient stays in a deleted study: each column is erased, or kept for a reason that is written down."""

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from audit import clock
from sharing import services as sharing_services
from studies.models import Instance, Leftover, Placement, Series, Study
from studies.models.study import ERASED
from studies.services.erasing import KEPT, ROWS_THAT_GO, erase_study
from tests.cast import acting
from tests.factories import make_instance, make_series, make_study

# What else names a study, and where it goes when the study is deleted.
OTHERS = {
    "Placement": "every placement is deleted, and its keys with it",
    "Share": "says who shared and to whom, nothing of the patient; never deleted",
    "GuestLinkStudy": "which link showed the study, nothing of the patient; never deleted",
    "UploadedStudy": "how many files of an upload it has, nothing of the patient",
    "Leftover": "hashes of bytes that are to go",
    "ViewCopy": "goes with its series, in the same deletion; its pack by the next sweep (test_view_copy_packs.py)",
    "Sending": "where it was sent and how many files, nothing of the patient; it ends at its next file",
    "InstanceMetadata": "goes with its instance, in the same deletion (tests/dicomweb/test_json_model.py)",
}


def columns(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def test_each_column_of_a_study_is_erased_or_kept_for_a_reason() -> None:
    assert set(ERASED) | set(KEPT) == columns(Study)
    assert not set(ERASED) & set(KEPT)
    assert all(KEPT.values())


def test_whatever_else_names_a_study_goes_or_is_known() -> None:
    pointing = {
        relation.related_model for model in (Study, *ROWS_THAT_GO) for relation in model._meta.related_objects
    }
    assert {model.__name__ for model in pointing - set(ROWS_THAT_GO)} == set(OTHERS)


@pytest.mark.django_db
def test_erasing_leaves_nothing_that_was_written(cast: Any) -> None:
    values = {
        "patient_name": "Quill^Hazel",
        "patient_id": "Quill-1",
        "issuer_of_patient_id": "Quill House",
        "patient_birth_date_raw": "19610704",
        "patient_birth_date": "1961-07-04",
        "patient_sex": "F",
        "accession_number": "Quill-2",
        "description": "Quill chest",
        "referring_physician": "Quill^Referrer",
        "institution": "Quill House",
        "study_date_raw": "20240102",
        "study_date": "2024-01-02",
        "study_time_raw": "101112",
        "n_series": 1,
        "n_instances": 1,
    }
    assert set(values) == set(ERASED), "give the new column a value here"
    study = make_study(cast.ct, **values)
    make_instance(make_series(study, description="Quill"))
    other = make_instance(make_series(make_study(cast.ct)))
    now = clock.now()

    erase_study(study=study, by=acting(cast.ana), why="a mistake", at=now)

    row = (
        Study.objects.filter(pk=study.pk).values(*ERASED, "deleted_at", "deleted_by", "deleted_because").get()
    )
    assert row == {**ERASED, "deleted_at": now, "deleted_by": cast.ana.pk, "deleted_because": "a mistake"}
    assert list(Instance.objects.all()) == [other]
    assert list(Series.objects.all()) == [other.series]
    assert Leftover.objects.filter(study=study).count() == 1


@pytest.mark.django_db
def test_deleting_a_study_erases_it_and_takes_its_placements(cast: Any) -> None:
    sharing_services.delete_study(placement=cast.placement.uuid, by=acting(cast.ana), why="a mistake")

    row = Study.objects.filter(pk=cast.study.pk).values(*ERASED).get()
    assert row == ERASED
    assert not Placement.objects.filter(study=cast.study).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("column", ERASED)
def test_a_deleted_study_that_keeps_a_word_is_refused_by_the_database(cast: Any, column: str) -> None:
    kept = {"patient_birth_date": "1961-07-04", "study_date": "2024-01-02", "n_series": 1, "n_instances": 1}
    study = make_study(cast.ct)
    erase_study(study=study, by=acting(cast.ana), why="a mistake", at=clock.now())

    with (
        pytest.raises(IntegrityError, match="a_deleted_study_says_nothing_of_the_examination"),
        transaction.atomic(),
    ):
        Study.objects.filter(pk=study.pk).update(**{column: kept.get(column, "Quill")})
