"""DICOMweb through the site, beside Debian's Orthanc with the same files on the same machine, and beside nginx."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit.actor import Actor
from bench import budgets
from bench.asking import (
    IN_A_REQUEST,
    JSON,
    TOGETHER,
    WARM,
    Busy,
    Server,
    beside,
    in_turn,
    store_together,
    warm_up,
)
from bench.files import LARGE_SIDE, SIDE, files_of, write_files
from bench.rows.images import nginx_of
from bench.rows.ingest import place_of, uploader_of
from bench.scene import Scene, ms
from bench.searching import searches, studies_of_orthanc
from bench.servers import NGINX, Memory, peak_memory, site_of
from bench.table import Row
from tests.clients.orthanc import orthanc, why_not_here

# Instances of the series that is taken in and whose metadata are read; of the one by which memory is measured.
SERIES, LARGE = 2_000, 5_000
CONNECTIONS = 6
OCTETS = {"Accept": "application/octet-stream; transfer-syntax=*"}
ORTHANC_OCTETS = {"Accept": 'multipart/related; type="application/octet-stream"'}


def rows(scene: Scene) -> Iterator[Row]:
    with ExitStack() as stack:
        place = stack.enter_context(place_of(scene))
        token = _token(place.worklist)
        data = {"CIMAR_DATA": str(place.folder.parent)}
        port, process = stack.enter_context(site_of(scene, by_proxy=False, **data))
        processes = partial(_processes, scene, process.pid)
        ours = Server(port, f"/dicomweb/{place.worklist.uuid}", _bearer(token), processes)
        peer = stack.enter_context(_peer())
        folder = stack.enter_context(TemporaryDirectory(prefix="bench-dicomweb-"))
        for server in filter(None, (ours, peer)):
            # On several connections, so that each process has done it before.
            for _ in range(CONNECTIONS):
                replace(server, connection=None).store(list(files_of(1, 10)))
        for senders in (1, 2):
            with Memory(web=process.pid) if scene.files else nullcontext() as memory:
                row = _ingest(scene, senders, ours, peer)
            yield replace(row, measured=f"{row.measured}; {memory.words}") if memory else row
        series = list(files_of(1, scene.times(SERIES)))
        for server in filter(None, (ours, peer)):
            server.store(series)
        yield _metadata(len(series), series[0], ours, peer)
        yield _frame(scene, Path(folder), ours, peer)
        yield _memory(scene.times(LARGE), ours, process.pid)
        big = replace(
            ours,
            root=f"/dicomweb/{scene.big.uuid}",
            headers=_bearer(_token(scene.big, scene.people[0])),
            connection=None,
        )
        yield from searches(scene, big, peer, budget=budgets.QIDO)
        # Once more, now that Orthanc has as many studies as an archive.
        yield _frame(scene, Path(folder), ours, peer, among=studies_of_orthanc(scene))


def _ingest(scene: Scene, senders: int, ours: Server, peer: Server | None) -> Row:
    """So many programs that store at once, each a request after the other and studies of its own."""
    number, side = scene.files or scene.times(SERIES), LARGE_SIDE if scene.files else SIDE
    each = number // senders
    made = [islice(files_of(-(-each // SERIES), min(each, SERIES), side), each) for _ in range(senders)]
    servers = [
        [replace(server, connection=None) for _ in range(senders)] if server else []
        for server in (ours, peer)
    ]
    spent, size = [0.0, 0.0], 0
    busy = Busy(ours, peer)
    # In turn, so that both meet the same machine; no more of the files in memory than that.
    while any(some := [list(islice(files, 4 * IN_A_REQUEST // senders)) for files in made]):
        size = len(some[0][0])
        for at, these in enumerate(servers):
            spent[at] += store_together(these, some) if these else 0.0
    taken, theirs = each * senders / spent[0], each * senders / spent[1] if peer else 0.0
    ours_each, their_each = busy.each(each * senders)
    at_once = f", {senders} senders at once" if senders > 1 else ""
    return Row(
        f"store {each * senders:,} instances of {size / 1000:.0f} kB by STOW-RS, {IN_A_REQUEST} in a request{at_once}",
        budgets.INGEST,
        f"{taken:.0f} a second, busy {ms(ours_each)} each",
        beside(taken, theirs, ours_each, their_each),
        ok=taken >= budgets.INGEST.times * theirs if peer else None,
        ok_alone=their_each >= budgets.INGEST.times * ours_each,
        key=f"web ingest {senders}",
        number=taken,
    )


def _metadata(number: int, file: bytes, ours: Server, peer: Server | None) -> Row:
    url = f"{_series_url(file)}/metadata"
    asked: list[Callable[[], Any]] = [lambda: ours.ask(url, JSON)]
    asked += [lambda: peer.ask(url, JSON)] if peer else []
    busy = Busy(ours, peer)
    took, *theirs = in_turn(asked, 3, warm=1)
    spent, their_spent = busy.each(4)
    median = statistics.median(took)
    return Row(
        f"metadata of a series of {number:,} instances",
        budgets.METADATA,
        f"{ms(median)} ({ms(median / number)} each), busy {ms(spent)}",
        beside(1000 / median, 1000 / statistics.median(theirs[0]) if theirs else 0.0, spent, their_spent),
        ok=median <= budgets.METADATA.ms,
        ok_alone=spent <= budgets.METADATA.ms,
        key="web metadata",
        number=median,
    )


def _frame(scene: Scene, folder: Path, ours: Server, peer: Server | None, among: int = 0) -> Row:
    """`among`: how many studies Orthanc has, where these are many."""
    [path] = write_files(folder / f"large-{among}", studies=1, side=512)
    file = path.read_bytes()
    for server in filter(None, (ours, peer)):
        server.store([file])
    url = f"{_series_url(file)}/instances/{_uid(file, 'SOPInstanceUID')}/frames/1"
    frame = ours.ask(url, OCTETS)
    (folder / "frame").write_bytes(frame)
    asked: list[Callable[[], Any]] = [lambda: ours.ask(url, OCTETS)]
    asked += [lambda: peer.ask(url, ORTHANC_OCTETS)] if peer else []
    with ExitStack() as stack:
        if NGINX:
            bare, _front = stack.enter_context(nginx_of(str(folder), ours.port))
            plain = Server(bare, "", {})
            asked.append(lambda: plain.ask("/frame"))
        warm_up(asked[0])
        in_turn(asked, 0, warm=WARM)
        busy = Busy(ours, peer)
        took = in_turn(asked, scene.times(300), warm=0, together=TOGETHER)
        spent, their_spent = busy.each(scene.times(300))
    median, *others = (statistics.median(each) for each in took)
    theirs = others[0] if peer else 0.0
    above = median - others[-1] if NGINX else 0.0
    compared = beside(1000 / median, 1000 / theirs if theirs else 0.0, spent, their_spent)
    return Row(
        f"a frame of {len(frame) / 1000:.0f} kB by DICOMweb, sent by the site"
        + (f", among {among:,} studies of Orthanc's" if among else ""),
        budgets.WEB_FRAME,
        f"{ms(median)}, busy {ms(spent)}"
        + (f": {ms(above)} above nginx ({ms(others[-1])})" if NGINX else ""),
        compared,
        ok=above <= budgets.WEB_FRAME.ms and median <= (theirs or median) / budgets.WEB_FRAME.times,
        ok_alone=spent <= budgets.WEB_FRAME.ms and spent <= (their_spent or spent) / budgets.WEB_FRAME.times,
        key=f"web frame {among}" if among else "web frame",
        number=median,
    )


def _memory(number: int, ours: Server, process: int) -> Row:
    """Of the web process: after a tenth of the instances of a study, after all of them, and after they were read."""
    files = list(files_of(1, number))
    ours.store(files[: number // 10])
    before = peak_memory(process)
    ours.store(files[number // 10 :])
    ours.store(files, at_once=number)
    stored = peak_memory(process)
    size = len(ours.ask(f"/studies/{_uid(files[0], 'StudyInstanceUID')}"))
    ours.ask(f"{_series_url(files[0])}/metadata", JSON)
    after = peak_memory(process)
    return Row(
        f"store and retrieve a study of {number:,} instances ({size / 1e6:.0f} MB), also in a single request",
        budgets.INGEST,
        f"the web process has {before:.0f} MB after {number // 10:,}, {stored:.0f} MB after all, {after:.0f} MB after "
        "the whole study and its metadata were sent",
        ok=after <= before + max(64, 0.25 * size / 1e6),
        key="web memory",
        number=after,
    )


@contextmanager
def _peer() -> Iterator[Server | None]:
    if why_not_here():
        yield None
        return
    with TemporaryDirectory(prefix="bench-orthanc-") as folder, orthanc(Path(folder)) as peer:
        yield Server(peer.port, "/dicom-web", {}, lambda: [peer.process])


def _processes(scene: Scene, web: int) -> list[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'cimar_app'"
    return [web, *(pid for (pid,) in scene.meter.watching.execute(query).fetchall())]


def _token(worklist: Any, person: Any = None) -> str:
    from worklists.models import AccessToken
    from worklists.services import make_token, revoke_token

    by = Actor.of(person or uploader_of(worklist))
    for token in AccessToken.objects.live().filter(owner=by.user):
        revoke_token(by=by, token=token.uuid)
    last_day = date.today() + timedelta(days=7)
    may_store = by.may("upload_study", worklist)
    return make_token(
        by=by, name="Bench", worklists=[worklist.uuid], last_day=last_day, may_store=may_store
    ).secret


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def _series_url(file: bytes) -> str:
    return f"/studies/{_uid(file, 'StudyInstanceUID')}/series/{_uid(file, 'SeriesInstanceUID')}"


def _uid(file: bytes, word: str) -> str:
    from io import BytesIO

    from pydicom import dcmread

    return str(dcmread(BytesIO(file), specific_tags=[word])[word].value)
