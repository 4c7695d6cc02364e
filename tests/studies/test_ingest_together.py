"""Two imports at once, on two connections: neither fails and nothing is there twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from studies.ingest.results import IngestResult
from studies.models import Blob, Instance, Placement, Study
from studies.models.study import ERASED
from studies.services import render_previews, take_in_all
from tests.bad_files import Homes, dicom_storage, sound, source
from tests.cast import IMPORTER
from tests.factories import make_account, make_location, make_uid, make_user
from tests.plumbing import database

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.usefixtures("dicom_storage"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def places() -> Iterator[Homes]:
    yield Homes(ct=make_location(make_account(), "CT"), imaging=make_location(make_account(), "Imaging"))


def at_once(*works: Callable[[], Any]) -> list[Any]:
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            barrier.wait(20)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(run, work) for work in works]]


def until_somebody_waits() -> None:
    with database.owner(connection.settings_dict["NAME"]) as watching:
        end = monotonic() + 20
        while not watching.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]:
            assert monotonic() < end, "nobody waits"


def importing(worklist: Any, files: list[bytes]) -> Callable[[], IngestResult]:
    return lambda: take_in_all(worklist=worklist, by=IMPORTER, sources=[source(data) for data in files])


def test_two_imports_of_one_study_at_once_make_one_study(places: Homes, dicom_storage: Path) -> None:
    for _ in range(5):
        study = make_uid()
        files = [sound(StudyInstanceUID=study) for _ in range(12)]

        first, second = at_once(importing(places.ct, files), importing(places.ct, files[::-1]))

        assert not [*first.left_out, *second.left_out]
        assert first.n_new + second.n_new == 12
        made = Study.objects.get(study_instance_uid=study)
        assert made.n_instances == Instance.objects.filter(study=made).count() == 12
        assert made.n_series == made.series.count() == 12
        assert Placement.objects.filter(study=made).count() == 1
    assert Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 60


def test_two_halves_of_one_study_at_once_become_whole(places: Homes) -> None:
    study, series = make_uid(), make_uid()
    files = [sound(StudyInstanceUID=study, SeriesInstanceUID=series) for _ in range(40)]

    at_once(importing(places.ct, files[:20]), importing(places.ct, files[20:]))

    made = Study.objects.get(study_instance_uid=study)
    assert (made.n_instances, made.n_series, made.series.get().n_instances) == (40, 1, 40)


def test_many_studies_that_two_imports_share_in_opposite_orders_are_all_made_once(places: Homes) -> None:
    for _ in range(5):
        studies = [make_uid() for _ in range(30)]
        # Some are there already: what is locked and what is added alternate.
        importing(places.ct, [sound(StudyInstanceUID=uid) for uid in studies[::3]])()
        halves = [[sound(StudyInstanceUID=uid) for uid in studies] for _ in range(2)]

        first, second = at_once(importing(places.ct, halves[0]), importing(places.ct, halves[1][::-1]))

        assert (first.n_new, second.n_new) == (30, 30)
        made = Study.objects.filter(study_instance_uid__in=studies)
        assert sorted(made.values_list("n_instances", flat=True)) == [2] * 20 + [3] * 10
        assert Placement.objects.filter(study__in=made).count() == 30


def test_a_study_deleted_while_its_files_wait_for_the_lock_is_made_anew_beside_the_others(
    places: Homes,
) -> None:
    uids = [make_uid() for _ in range(3)]
    importing(places.ct, [sound(StudyInstanceUID=uid) for uid in uids])()
    deleted = Study.objects.get(study_instance_uid=uids[1])
    person = make_user()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Study.objects.select_for_update(no_key=True).get(pk=deleted.pk)
            more = pool.submit(at_once, importing(places.ct, [sound(StudyInstanceUID=uid) for uid in uids]))
            until_somebody_waits()
            Study.objects.filter(pk=deleted.pk).update(**ERASED, deleted_at=Now(), deleted_by=person)
        [result] = more.result(60)

    assert result.n_new == 3
    there = Study.objects.filter(study_instance_uid__in=uids, deleted_at=None)
    assert dict(there.values_list("study_instance_uid", "n_instances")) == {
        uids[0]: 2,
        uids[1]: 1,
        uids[2]: 2,
    }
    assert Placement.objects.filter(study__in=there, is_home=True).count() == 3
    assert Instance.objects.filter(study=deleted).count() == 1


def test_the_same_bytes_to_two_homes_at_once_are_stored_once(places: Homes, dicom_storage: Path) -> None:
    files = [sound() for _ in range(20)]

    first, second = at_once(importing(places.ct, files), importing(places.imaging, files[::-1]))

    assert (first.n_new, second.n_new) == (20, 20)
    assert Study.objects.count() == 40
    assert Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 20


def test_the_same_instance_with_different_bytes_at_once_is_kept_once_and_refused_once(
    places: Homes, dicom_storage: Path
) -> None:
    uids = {"StudyInstanceUID": make_uid(), "SeriesInstanceUID": make_uid(), "SOPInstanceUID": make_uid()}

    results = at_once(*(importing(places.ct, [sound(**uids, PatientID=str(n))]) for n in range(2)))

    assert sorted((result.n_new, len(result.left_out)) for result in results) == [(0, 1), (1, 0)]
    assert Instance.objects.count() == Blob.objects.count() == 1
    assert len(list(dicom_storage.rglob("*.dcm"))) == 1


def test_two_renderers_at_once_do_each_file_once(places: Homes) -> None:
    result = importing(places.ct, [sound() for _ in range(20)])()

    done = at_once(*[lambda: render_previews(blob_ids=result.blob_ids)] * 2)

    assert sum(done) == 20
    assert set(Blob.objects.values_list("preview", flat=True)) == {"ready"}
