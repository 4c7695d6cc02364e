"""Instances sent from the upload page: until all are taken in and have pictures, and the memory of web and worker."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from bench import budgets
from bench.files import LARGE_SIDE, SIDE, files_of
from bench.rows.ingest import place_of, uploader_of
from bench.scene import Scene
from bench.servers import Memory, site_of, worker_of
from bench.table import Row
from bench.uploading import UploadPage

INSTANCES, IN_A_STUDY = 5_000, 1_000
PATIENCE = 900


def rows(scene: Scene) -> Iterator[Row]:
    from django.conf import settings

    number, side = scene.files or scene.times(INSTANCES), LARGE_SIDE if scene.files else SIDE
    size = len(next(files_of(1, 1, side)))
    with ExitStack() as stack:
        place = stack.enter_context(place_of(scene))
        # The site keeps its key where its data is; the session is made here. View copies are no part of an upload.
        data = {"CIMAR_DATA": str(place.folder.parent), "SECRET_KEY": settings.SECRET_KEY}
        data["CIMAR_VIEW_COPIES"] = "never"
        port, web = stack.enter_context(site_of(scene, by_proxy=False, **data))
        worker = stack.enter_context(worker_of(scene, **data))
        page = UploadPage(port, str(place.worklist.uuid), _cookies(scene, place.worklist))
        files = islice(files_of(-(-number // IN_A_STUDY), IN_A_STUDY, side), number)
        with Memory(web=web.pid, worker=worker.pid) as memory:
            start = time.perf_counter()
            upload = page.send(files, number)
            sent = time.perf_counter() - start
            taken = _taken_in(upload)
            ingested = time.perf_counter() - start
            _until(lambda: not _waiting(place.worklist))
            pictured = time.perf_counter() - start
    yield Row(
        f"upload {number:,} instances of {size / 1000:.0f} kB from the page",
        budgets.UPLOAD,
        f"sent in {sent:.0f} s, {taken:,} taken in after {ingested:.0f} s ({taken / ingested:.0f} a second), pictures "
        f"after {pictured:.0f} s; {memory.words}",
        ok=taken == number
        and memory.most["web"] <= budgets.UPLOAD.web
        and memory.most["worker"] <= budgets.UPLOAD.worker,
        key="upload",
        number=memory.most["worker"],
    )


def _cookies(scene: Scene, worklist: Any) -> dict[str, str]:
    browser = scene.client(uploader_of(worklist))
    return {name: each.value for name, each in browser.cookies.items()}


def _taken_in(uuid: str) -> int:
    """How many instances of the upload are new, once it is over."""
    from studies.models import Upload

    uploads = Upload.objects.filter(uuid=uuid)
    _until(lambda: uploads.get().state == Upload.State.DONE)
    return uploads.get().n_new


def _waiting(worklist: Any) -> bool:
    from studies.models import Blob, Instance

    waiting = Instance.objects.filter(study__home=worklist, blob__preview=Blob.Preview.WAITING)
    return waiting.exists()


def _until(is_so: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError("the worker does not finish")
        time.sleep(0.2)
