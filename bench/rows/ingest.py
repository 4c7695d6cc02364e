"""Files taken in and their previews made: how many a second, and whether the work grows no faster than the files."""

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit.actor import Actor
from bench import budgets
from bench.files import write_files
from bench.growth import INSTANCES
from bench.meter import session
from bench.scene import Scene, ms
from bench.table import Row

STUDIES = 2_000
ROUNDS = 2


@dataclass(frozen=True)
class Took:
    """Seconds on the wall and of processor time: ours, the database session's and the renderer's."""

    wall: float
    busy: float


def rows(scene: Scene) -> Iterator[Row]:
    with place_of(scene) as place:
        yield _rate(place, scene.times(STUDIES))
        sizes = [scene.times(size) for size in INSTANCES]
        taken_in: dict[int, list[Took]] = {size: [] for size in sizes}
        previews: dict[int, list[Took]] = {size: [] for size in sizes}
        for _ in range(1 if scene.quick else ROUNDS):
            for size in sizes:
                took, blob_ids = place.take_in(studies=1, instances=size)
                taken_in[size].append(took)
                previews[size].append(place.render(blob_ids))
        yield _growth("take in one study", taken_in, key="ingest growth")
        yield _growth("make the previews of one study", previews, key="preview growth")


def _rate(place: "Place", studies: int) -> Row:
    took, _ = place.take_in(studies=studies, instances=1)
    wall, busy = studies / took.wall, studies / took.busy
    return Row(
        f"take in {studies:,} studies of one instance of 34 kB, without previews",
        budgets.SMALL_STUDIES,
        f"{wall:.0f} a second ({ms(took.wall * 1000 / studies)} each; busy {ms(took.busy * 1000 / studies)})",
        ok=wall >= budgets.SMALL_STUDIES.rate,
        ok_alone=busy >= budgets.SMALL_STUDIES.rate,
        key="ingest",
        number=wall,
    )


def _growth(what: str, took: dict[int, list[Took]], *, key: str) -> Row:
    """Of each size the quickest round, beside the smallest size: sizes that only double show late what is quadratic."""
    wall = {size: min(each.wall for each in times) / size for size, times in took.items()}
    busy = {size: min(each.busy for each in times) / size for size, times in took.items()}
    grown, grown_busy = (max(each.values()) / next(iter(each.values())) for each in (wall, busy))
    each = ", ".join(ms(seconds * 1000) for seconds in wall.values())
    return Row(
        f"{what} of {', '.join(f'{size:,}' for size in took)} instances",
        budgets.INGEST_GROWTH,
        f"{each} for each instance: {grown:.2f} × linear (busy {grown_busy:.2f} ×)",
        ok=grown <= budgets.INGEST_GROWTH.times,
        ok_alone=grown_busy <= budgets.INGEST_GROWTH.times,
        key=key,
        number=grown,
    )


@dataclass
class Place:
    """A location that takes files in, and a folder for them on the storage's disk."""

    worklist: Any
    folder: Path
    number: int = 0

    def take_in(self, *, studies: int, instances: int) -> tuple[Took, set[int]]:
        from studies.ingest.sources import from_path
        from studies.services import take_in_all

        self.number += 1
        paths = write_files(self.folder / str(self.number), studies=studies, instances=instances)
        took, result = _timed(
            lambda: take_in_all(
                worklist=self.worklist, by=Actor.system("upload_study"), sources=map(from_path, paths)
            )
        )
        if result.n_new != len(paths):
            raise RuntimeError(f"of {len(paths)} files {result.n_new} were taken in")
        return took, result.blob_ids

    def render(self, blob_ids: set[int]) -> Took:
        from studies.services import render_previews

        took, rendered = _timed(lambda: render_previews(blob_ids=blob_ids))
        if rendered != len(blob_ids):
            raise RuntimeError(f"of {len(blob_ids)} files {rendered} were rendered")
        return took


def _timed(action: Callable[[], Any]) -> tuple[Took, Any]:
    spent, ours, start = session(), _processor(), time.perf_counter()
    result = action()
    wall = time.perf_counter() - start
    return Took(wall, _processor() - ours + (session() - spent) / 1000), result


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


@contextmanager
def place_of(scene: Scene) -> Iterator[Place]:
    """Whatever is taken in goes again, but for its lines in the trail."""
    from django.conf import settings
    from django.core.files.storage import storages
    from django.test import override_settings

    from tests.factories import make_account, make_location
    from worklists.models import Worklist

    name = "Bench of ingest"
    worklist = Worklist.objects.select_related("account").filter(account__name=name).first()
    worklist = worklist or make_location(make_account(name), "CT")
    above = Path(storages["dicom"].path("")).parent
    above.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bench-ingest-", dir=above) as folder:
        kept = settings.STORAGES["dicom"]
        moved = {**kept, "OPTIONS": {**kept.get("OPTIONS", {}), "location": f"{folder}/dicom"}}
        try:
            with override_settings(STORAGES={**settings.STORAGES, "dicom": moved}):
                yield Place(worklist, Path(folder, "files"))
        finally:
            _forget(scene, worklist.pk)


def uploader_of(worklist: Any) -> Any:
    """Somebody who may store there."""
    from accounts.models import User
    from tests.factories import join, make_user

    email = "bench.of.ingest@example.org"
    person = User.objects.filter(email=email).first()
    if person is None:
        person = make_user("Bench of ingest", email=email)
        join(person, worklist.account, "Administrator", [worklist])
    return person


def _forget(scene: Scene, home: int) -> None:
    of_home = "WHERE study_id IN (SELECT id FROM studies_study WHERE home_id = %s)"
    statements: Sequence[str] = (
        f"CREATE TEMP TABLE gone AS SELECT DISTINCT blob_id FROM studies_instance {of_home}",
        f"DELETE FROM studies_instancemetadata WHERE instance_id IN (SELECT id FROM studies_instance {of_home})",
        f"DELETE FROM studies_instance {of_home}",
        f"DELETE FROM studies_viewcopy WHERE series_id IN (SELECT id FROM studies_series {of_home})",
        f"DELETE FROM studies_series {of_home}",
        f"DELETE FROM studies_uploadedstudy {of_home}",
        f"DELETE FROM studies_placement {of_home}",
        "DELETE FROM studies_study WHERE home_id = %s",
        "DELETE FROM studies_uploadedfile WHERE upload_id IN (SELECT id FROM studies_upload WHERE worklist_id = %s)",
        "DELETE FROM studies_upload WHERE worklist_id = %s",
    )
    with scene.profile.connect(scene.database) as owner, owner.transaction():
        for statement in statements:
            owner.execute(statement.encode(), [home])
        owner.execute("DELETE FROM studies_blob WHERE id IN (SELECT blob_id FROM gone)")
