"""How systems that share images have failed their users, tried from door to database: files and patients."""

from typing import Any

import pytest
from django.urls import reverse

from sharing.models import Method, Share
from sharing.targets import Target
from studies.ingest.results import FileOutcome
from studies.models import Instance, Study
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import dicom_storage, sound, source
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import client_of, root_of, take_in, url_of
from tests.factories import make_instance, make_series, make_study, placement_of
from tests.product.failure_classes import SCRIPT, share, text

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db


def test_a_search_for_earlier_studies_is_answered_with_what_may_be_seen(cast: Cast) -> None:
    """A viewer asked for earlier studies of the patient, was refused, and showed nothing at all."""
    make_study(cast.imaging, patient_id=cast.study.patient_id)

    answer = client_of(cast.ana).get(f"{root_of(cast.ct)}/studies", {"PatientID": cast.study.patient_id})
    none = client_of(cast.ana).get(f"{root_of(cast.ct)}/studies", {"PatientID": "not here"})

    assert [study["0020000D"]["Value"][0] for study in answer.json()] == [cast.study.study_instance_uid]
    assert none.status_code in (200, 204)
    assert text(none) in ("", "[]")


def test_text_of_files_and_of_people_is_shown_as_text(cast: Cast) -> None:
    """Script in a DICOM attribute, or in what was typed into a search, ran in the reader's browser."""
    study = make_study(cast.ct, patient_name=f"Quill^{SCRIPT}", description=SCRIPT, patient_id=SCRIPT)
    share(cast, placement=placement_of(study, cast.ct).uuid, note=SCRIPT)
    ana, ben = client_of(cast.ana), client_of(cast.ben)

    pages = [
        ana.get(reverse("studies:worklist", args=[cast.ct.uuid])),
        ana.get(reverse("studies:study", args=[placement_of(study, cast.ct).uuid])),
        ana.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": f'"{SCRIPT}'}, follow=True),
        ana.get(reverse("sharing:shared_by_me")),
        ben.get(reverse("studies:study", args=[placement_of(study, cast.emergency).uuid])),
        ben.get(reverse("sharing:received", args=[Share.objects.get(study=study).press])),
    ]

    assert [page.status_code for page in pages[:5]] == [200] * 5
    assert [page for page in pages if SCRIPT in text(page)] == []
    policies = [page["Content-Security-Policy"] for page in pages[:5]]
    assert [policy for policy in policies if not policy or "unsafe-inline" in policy] == []


@pytest.mark.parametrize(
    "file",
    [
        lambda: bad_files.deflate_bomb(64),
        lambda: bad_files.zip_bomb(64),
        bad_files.truncated,
        bad_files.never_ending_pixels,
        bad_files.zip_with_a_huge_directory,
    ],
    ids=["deflate bomb", "ZIP bomb", "truncated", "never-ending pixels", "huge directory"],
)
def test_a_file_that_lies_is_refused_by_name_and_the_rest_goes_on(
    cast: Cast, dicom_storage: Any, file: Any
) -> None:
    """A small file grew to fill the memory, or a header made the server allocate what it said."""
    good = sound(StudyInstanceUID="2.25.78")

    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(file()), source(good)])

    assert result.left_out
    assert all(each.outcome == FileOutcome.REFUSED for each in result.left_out)
    assert Study.objects.filter(study_instance_uid="2.25.78").exists()


def test_a_file_sent_twice_is_one_image_and_every_image_is_listed(cast: Cast, dicom_storage: Any) -> None:
    """What was stored twice was there twice, and a page's size hid the images after the first hundred."""
    known = sound(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79")
    take_in(cast.ct, [known])
    take_in(cast.ct, [known])
    study = Study.objects.get(study_instance_uid="2.25.77")
    assert Instance.objects.filter(study=study).count() == 1

    series = make_series(study)
    for number in range(250):
        make_instance(series, number=number)

    listed = client_of(cast.ana).get(
        url_of(cast.ct, study, f"/series/{series.series_instance_uid}/instances")
    )
    assert len(listed.json()) == 250


def test_one_number_at_two_hospitals_is_two_patients(cast: Cast) -> None:
    """Two hospitals gave two people the same number, and their studies were merged."""
    number = cast.study.patient_id
    theirs = make_study(cast.imaging, patient_id=number, patient_name="Somebody^Else")

    of_ana = client_of(cast.ana).get(reverse("studies:viewer", args=[cast.placement.uuid]))
    of_caro = client_of(cast.caro).get(
        reverse("studies:viewer", args=[placement_of(theirs, cast.imaging).uuid])
    )

    assert "Somebody" not in text(of_ana)
    assert "Hazel" not in text(of_caro)
    share(cast, Target(Method.CODE, "RIVERSIDE"))
    arrived = placement_of(cast.study, cast.imaging)
    # Where both are on one worklist, the second is marked until a person decides.
    assert arrived.differs
    assert Study.objects.filter(patient_id=number).count() == 2
