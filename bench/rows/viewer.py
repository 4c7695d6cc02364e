"""The viewer in a real browser, from the click to the pixels, and OHIF against the same server in the same run."""

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from audit.actor import Actor
from bench import budgets
from bench.ohif import ohif_of
from bench.rows.ingest import Place, place_of
from bench.scene import Scene, ms
from bench.servers import site_of
from bench.table import Row
from bench.volumes import volume
from bench.watching import (
    CHROMIUM,
    DESKTOP,
    FREE,
    MOBILE,
    PATIENCE,
    PHONE,
    THROTTLED,
    Line,
    Seen,
    Unwatched,
    browser,
    load,
    page_of,
)

SLICES, MANY = 500, 1_000
ROUNDS = 3
# The picture that the page brings has the image's full size; pixels from values follow it. The coarse parts of all
# slices come before all heads, and these before the rest of any but the slice that is shown, in one answer or in a few.
OURS = """
const picture = document.querySelector("[data-first-image]"), marks = window.marks;
const canvas = document.querySelector("#viewer canvas"), now = performance.now();
const is_there = picture && picture.complete && picture.naturalWidth > 0;
if (!marks.first && (is_there || canvas?.dataset.quality === "full")) marks.first = now;
if (!marks.values && canvas?.dataset.quality === "full") marks.values = now;
const packs = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/pixels/"));
const came = packs.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
if (!marks.scrollable && came >= window.COARSE_BYTES && ["reduced", "full"].includes(canvas?.dataset.quality)) {
    marks.coarse = Math.max(...packs.map(({ responseEnd }) => responseEnd));
    marks.scrollable = now;
}
if (!marks.sharper && came >= window.HEAD_BYTES) marks.sharper = now;
if (marks.values && marks.scrollable && marks.sharper) marks.done = now;
"""
OHIF = """
const marks = window.marks, canvas = document.querySelector("canvas.cornerstone-canvas"), now = performance.now();
if (!marks.first && canvas && canvas.width > 20) {
    const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1);
    for (let at = 0; at < data.length; at += 4) if (data[at] > 60 && data[at + 3]) { marks.first = now; break; }
}
const frames = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/frames/"));
if (!marks.scrollable && frames.length >= window.SLICES) marks.scrollable = now;
if (marks.first && marks.scrollable) marks.done = now;
"""
# A step of the wheel in each frame of the screen, through the whole series.
SCROLL = """async (slices) => {
    const stage = document.querySelector("[data-stage]"), canvas = stage.querySelector("canvas");
    const frame = () => new Promise(requestAnimationFrame), took = [];
    let blank = 0, last = await frame();
    for (let slice = 0; slice < slices; slice++) {
        stage.dispatchEvent(new WheelEvent("wheel", { deltaY: 100, bubbles: true, cancelable: true }));
        const now = await frame();
        took.push(now - last);
        last = now;
        if (!["reduced", "full"].includes(canvas.dataset.quality)) blank++;
    }
    return { took, blank };
}"""

FULL = "document.querySelector('#viewer canvas')?.dataset.quality === 'full'"
HOME = """
const home = new KeyboardEvent("keydown", { key: "Home", bubbles: true });
document.querySelector("[data-stage]").dispatchEvent(home)
"""


@dataclass(frozen=True)
class Site:
    """Where the study is, and who looks."""

    port: int
    placement: str
    worklist: str
    study_uid: str
    cookies: list[dict[str, str]]
    # Of all slices: their coarse parts, and these with their heads.
    coarse_bytes: int
    head_bytes: int
    slices: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/placements/{self.placement}/viewer/"


def rows(scene: Scene) -> Iterator[Row]:
    from django.conf import settings

    if CHROMIUM is None:
        for budget in (budgets.VIEWER, budgets.SCROLL, budgets.TAB):
            yield Row(budget.what, budget, "not measured: there is no Chromium on this machine")
        return
    with ExitStack() as stack:
        place = stack.enter_context(place_of(scene))
        # The site keeps its key where its data is; sessions are made here.
        data = {"CIMAR_DATA": str(place.folder.parent), "SECRET_KEY": settings.SECRET_KEY}
        ohif = stack.enter_context(ohif_of())
        port, _ = stack.enter_context(site_of(scene, by_proxy=False, **data, **ohif.environment))
        site = _site(scene, place, port, scene.times(SLICES))
        chromium = stack.enter_context(browser())
        for line, size in ((THROTTLED, DESKTOP), (FREE, DESKTOP), (MOBILE, PHONE)):
            yield _opened(chromium, site, ohif, line, size, 1 if scene.quick else ROUNDS)
        yield _scrolled(chromium, site)
        yield _memory(_site(scene, place, port, scene.times(MANY)))


def _site(scene: Scene, place: Place, port: int, slices: int) -> Site:
    """The volume taken in, its pictures and its view copy made."""
    from django.conf import settings
    from django.db.models import Q

    from studies import services
    from studies.ingest.sources import from_path
    from studies.models import Placement, Series, ViewCopy

    folder = place.folder / f"volume-{slices}"
    folder.mkdir(parents=True)
    paths = []
    for number, file in enumerate(volume(slices)):
        paths.append(folder / f"{number:04}.dcm")
        paths[-1].write_bytes(file)
    by = Actor.system("upload_study")
    taken = services.take_in_all(worklist=place.worklist, by=by, sources=map(from_path, paths))
    services.render_previews(blob_ids=taken.blob_ids)
    series = Series.objects.filter(study__home=place.worklist, n_instances=slices).latest("pk")
    services.ask_for_view_copies(which=Q(pk=series.pk))
    services.make_view_copies(series_ids=[series.pk])
    copy = ViewCopy.objects.get(series=series)
    placement = Placement.objects.get(study=series.study_id, is_home=True)
    client = scene.client(_person(place.worklist))
    morsel = client.cookies[settings.SESSION_COOKIE_NAME]
    cookie = {"name": morsel.key, "value": morsel.value, "url": f"http://127.0.0.1:{port}"}
    study_uid = series.study.study_instance_uid
    where = (str(placement.uuid), str(place.worklist.uuid), study_uid)
    coarse = sum(json.loads(f"{{{copy.part}}}")["coarse"])
    return Site(port, *where, [cookie], coarse, copy.head_size, slices)


def _person(worklist: Any) -> Any:
    from accounts.models import User
    from tests.factories import join, make_user

    email = "bench.of.viewer@example.org"
    person = User.objects.filter(email=email).first()
    if person is None:
        person = make_user("Bench of viewer", email=email)
        join(person, worklist.account, "Administrator", [worklist])
    return person


def _opened(chromium: Any, site: Site, ohif: Any, line: Line, size: dict[str, Any], rounds: int) -> Row:
    ours, theirs = [], []
    their_url = ohif.url(site.port, site.worklist, site.study_uid)
    for number in range(rounds):
        ours.append(_load(chromium, site, line, size, site.url, OURS))
        if ohif.is_there:
            # It loads every frame before the last slice scrolls, which takes minutes: waited for once.
            until = "first" if number else "done"
            theirs.append(_load(chromium, site, line, size, their_url, OHIF, until, needed="first"))
    first, values, scrollable, sharper = (
        _median(ours, mark) for mark in ("first", "values", "scrollable", "sharper")
    )
    seen = ours[0]
    asked = len(seen.until(seen.marks["coarse"], "/manifest.json", "/pixels/"))
    described = sum(size for _, _, size in seen.until(seen.marks["values"], "/manifest.json")) / 1000
    beside = ""
    if theirs:
        their_first, their_scrollable = (
            _median(theirs, "first"),
            theirs[0].marks.get("scrollable", 1000 * PATIENCE),
        )
        more = "" if "scrollable" in theirs[0].marks else "more than "
        beside = (
            f"OHIF {ms(their_first)} and {more}{ms(their_scrollable)}: {their_first / values:.1f} × and "
            f"{more}{their_scrollable / scrollable:.1f} ×"
        )
    limit = 1_000 if line is FREE else budgets.VIEWER.ms
    within = values <= limit and (line is FREE or scrollable <= 3_000) and asked <= 6 and described <= 100
    ahead = not theirs or _median(theirs, "first") >= budgets.VIEWER.times * values
    return Row(
        f"open a CT of {site.slices} slices, {line.name}, nothing kept in the browser",
        budgets.VIEWER,
        f"first image {ms(first)} as a picture, {ms(values)} from values; every slice scrolls after {ms(scrollable)}, "
        f"{asked} requests for data, and is sharper after {ms(sharper)}; {described:.0f} kB described it",
        beside,
        ok=within and ahead,
        key=f"viewer {line.name}",
        number=values,
    )


def _load(
    chromium: Any,
    site: Site,
    line: Line,
    size: dict[str, Any],
    url: str,
    watch: str,
    until: str = "done",
    needed: str = "done",
) -> Seen:
    with page_of(chromium, line, site.cookies, size) as page:
        page.add_init_script(_counts(site))
        return load(page, url, watch, until, needed)


def _counts(site: Site) -> str:
    counts = {"COARSE_BYTES": site.coarse_bytes, "HEAD_BYTES": site.head_bytes, "SLICES": site.slices}
    return f"Object.assign(window, {json.dumps(counts)});"


def _scrolled(chromium: Any, site: Site) -> Row:
    with page_of(chromium, FREE, site.cookies, DESKTOP) as page:
        page.add_init_script(_counts(site))
        load(page, site.url, OURS, "done")
        at_once = page.evaluate(SCROLL, site.slices)
        page.wait_for_timeout(3_000)
        page.keyboard.press("Home")
        result = page.evaluate(SCROLL, site.slices)
    took = sorted(result["took"])
    rate, p95 = 1000 / statistics.mean(took), took[int(len(took) * 0.95)]
    return Row(
        f"scroll {site.slices} slices, a slice in each frame of the screen",
        budgets.SCROLL,
        f"{rate:.0f} frames a second, 95 % within {ms(p95)}; {result['blank']} blank, and {at_once['blank']} when "
        "scrolled at once",
        ok=rate >= budgets.SCROLL.rate and not result["blank"] + at_once["blank"],
        key="viewer scroll",
        number=rate,
    )


def _memory(site: Site) -> Row:
    with Unwatched() as chromium:
        page = chromium.page(site.url, site.cookies, DESKTOP, "")
        until = time.monotonic() + PATIENCE
        while not chromium.evaluate(page, FULL):
            if time.monotonic() > until:
                raise RuntimeError(f"no image in {PATIENCE} seconds")
            time.sleep(0.1)
        for _ in range(2):
            chromium.evaluate(page, f"({SCROLL})({site.slices})")
            time.sleep(5)
            chromium.evaluate(page, HOME)
        used = chromium.memory()
    return Row(
        f"a CT of {site.slices:,} slices in the browser, scrolled through twice",
        budgets.TAB,
        f"{used:.0f} MB in the tab and the process that draws",
        ok=used <= budgets.TAB.ms,
        key="viewer memory",
        number=used,
    )


def _median(loads: Sequence[Seen], mark: str) -> float:
    return statistics.median(each.marks[mark] for each in loads)
