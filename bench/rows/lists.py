"""Pages of the big worklist and searches in it, through the site's own view."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from bench import budgets
from bench.meter import WARM, floor
from bench.scene import Scene, measured_text, ms
from bench.table import Row

SORTS = (
    ("arrived", True, ("arrived_at",)),
    ("date", True, ("study_date", "study_time")),
    ("name", False, ("name_key",)),
)
_BARE = """
SELECT p.*, s.* FROM studies_placement p JOIN studies_study s ON s.id = p.study_id
WHERE p.worklist_id = %s AND p.visible_until > statement_timestamp() {beyond}
ORDER BY {order} LIMIT 50
"""


def rows(scene: Scene) -> Iterator[Row]:
    yield from _pages(scene)
    yield from _answered(scene)
    yield from _searches(scene)
    yield from _picker(scene)
    yield from _all_worklists(scene)


def _pages(scene: Scene) -> Iterator[Row]:
    from django.urls import reverse

    from studies.selectors import Cursor, Order, Sort
    from studies.views import cursors

    browser = scene.client(scene.people[0])
    url = reverse("studies:worklist", args=[scene.big.uuid])
    for sort, descending, columns in SORTS:
        order, way = Order(Sort(sort), descending), "DESC" if descending else "ASC"
        for depth in ("first", "deep"):
            asked = {} if sort == "arrived" else {"sort": sort, "way": "down" if descending else "up"}
            beyond, parameters = "", [scene.big.pk]
            sorted_by = [f"p.{column}" for column in (*columns, "id")]
            if depth == "deep":
                ids, keys = halfway(scene, columns, way)
                asked["at"] = cursors.written(Cursor("after", ids), scene.big, order)
                places = ", ".join(["%s"] * len(sorted_by))
                beyond = f"AND ({', '.join(sorted_by)}) {'<' if descending else '>'} ({places})"
                parameters += [*keys, ids[-1]]
            taken = scene.meter.sample(partial(_get, browser, url, asked), scene.times(30))
            in_order = ", ".join(f"{column} {way}" for column in sorted_by)
            bare = floor(scene.bare, _BARE.format(beyond=beyond, order=in_order), parameters)
            yield Row(
                f"page of {scene.placed:,}, by {sort}, {depth} page",
                budgets.PAGE,
                measured_text(taken, database=True),
                f"{taken.database_median / bare:.1f} × rows alone ({ms(bare)})",
                str(taken.statements),
                taken.database_p95 <= budgets.PAGE.ms and taken.statements <= budgets.PAGE.statements,
                taken.database_busy_median <= budgets.PAGE.ms and taken.statements <= budgets.PAGE.statements,
                key=f"page {sort} {depth}",
                number=taken.database_busy_median or taken.database_median,
            )


def _answered(scene: Scene) -> Iterator[Row]:
    """As a browser gets it: the person and their rights read, the audit line written, fifty rows rendered."""
    from django.urls import reverse

    browser = scene.client(scene.people[3])
    url = reverse("studies:worklist", args=[scene.big.uuid])
    taken = scene.meter.sample(partial(_get, browser, url, {}), scene.times(40), warm=WARM)
    yield Row(
        "a page of 50 studies, from the request to its answer",
        budgets.ANSWERED,
        measured_text(taken, database=False),
        queries=str(taken.statements),
        ok=taken.p95 <= budgets.ANSWERED.ms,
        ok_alone=taken.busy_median <= budgets.ANSWERED.ms,
        key="answered page",
        number=taken.busy_median,
    )


def halfway(scene: Scene, columns: Sequence[str], way: str) -> tuple[tuple[int, ...], list[Any]]:
    """Five rows in the middle of the list, and what the last of them is sorted by."""
    in_order = ", ".join(f"{column} {way}" for column in (*columns, "id"))
    rows = scene.bare.execute(
        f"SELECT id, {', '.join(columns)} FROM studies_placement WHERE worklist_id = %s "
        f"ORDER BY {in_order} OFFSET %s LIMIT 5".encode(),
        [scene.big.pk, scene.placed // 2],
    ).fetchall()
    return tuple(row[0] for row in rows), list(rows[-1][1:])


def _searches(scene: Scene) -> Iterator[Row]:
    from django.urls import reverse

    browser = scene.client(scene.people[1])
    url = reverse("studies:search", args=[scene.big.uuid])
    [mrn, accession] = scene.bare.execute(
        b"SELECT mrn_key, accession_key FROM studies_placement WHERE worklist_id = %s ORDER BY id OFFSET %s LIMIT 1",
        [scene.big.pk, scene.placed // 3],
    ).fetchone() or ["", ""]
    for what, form in (
        ("a common name", {"q": "smith"}),
        ("a common name and first name", {"q": "Jones, Margaret"}),
        ("a rare name", {"q": "featherston"}),
        ("a name common elsewhere, absent here", {"q": "penhaligon"}),
        ("a fragment of three letters", {"q": "ing"}),
        ("a name of two letters", {"q": "Li"}),
        ("two names of two letters", {"q": "Ng An"}),
        ("a Chinese name of two signs", {"q": "秀英"}),
        ("a name without its accents", {"q": "celik"}),
        ("a name nobody has", {"q": "xyzzy"}),
        ("a whole MRN", {"q": mrn}),
        ("the beginning of an MRN", {"q": mrn[:7]}),
        ("the beginning of an accession number", {"q": accession[:8]}),
        ("a modality, common", {"modality": "CT"}),
        ("a modality, rare", {"modality": "PT"}),
        ("a modality common elsewhere, absent here", {"modality": "XA"}),
        ("a name and a modality", {"q": "smith", "modality": "MR"}),
        ("ten days of study dates", {"study_from": "2026-03-01", "study_to": "2026-03-10"}),
    ):
        kept = browser.post(url, form)
        results = kept.headers.get("Location", "")
        if not results:
            raise RuntimeError(f"the search for {what} was not taken: {kept.status_code}")
        page = browser.get(results)
        taken = scene.meter.sample(partial(_get, browser, results, {}), scene.times(20))
        yield Row(
            f"search for {what}: {_hits(page.content.decode())}",
            budgets.SEARCH,
            measured_text(taken, database=True),
            queries=str(taken.statements),
            ok=taken.database_p95 <= budgets.SEARCH.ms,
            ok_alone=taken.database_busy_median <= budgets.SEARCH.ms,
            key=f"search {what}",
            number=taken.database_busy_median,
        )


def _hits(page: str) -> str:
    count = re.search(r"(?:More than )?[\d,]+ stud(?:y|ies)[^<]{0,12}", page, re.IGNORECASE)
    return " ".join(count[0].split()) if count else "none"


def _picker(scene: Scene) -> Iterator[Row]:
    from django.urls import reverse

    browser = scene.client(scene.people[2])
    browser.get(reverse("studies:worklist", args=[scene.big.uuid]))
    taken = scene.meter.sample(partial(_get, browser, reverse("studies:worklists"), {}), scene.times(10))
    yield Row(
        "the picker, somebody who is on every worklist of the trust",
        budgets.NOTHING,
        measured_text(taken, database=True),
        queries=str(taken.statements),
        key="picker",
        number=taken.database_busy_median,
    )


def _all_worklists(scene: Scene) -> Iterator[Row]:
    """The same pages and some of the searches over every worklist of the trust at once."""
    from django.urls import reverse

    from studies.selectors import Cursor, Order, Sort
    from studies.views import cursors

    browser = scene.client(scene.people[4])
    url, search = reverse("studies:all_worklists"), reverse("studies:search_all")
    for sort, descending, columns in SORTS:
        order = Order(Sort(sort), descending)
        for depth in ("first", "deep"):
            asked = {"sort": sort, "way": "down" if descending else "up"}
            if depth == "deep":
                ids, _keys = halfway(scene, columns, "DESC" if descending else "ASC")
                asked["at"] = cursors.written(Cursor("after", ids), None, order)
            taken = scene.meter.sample(partial(_get, browser, url, asked), scene.times(20))
            yield _of_all(f"page of all worklists, by {sort}, {depth} page", budgets.PAGE, taken)
    for what, form in (
        ("a common name", {"q": "smith"}),
        ("a rare name", {"q": "featherston"}),
        ("a name nobody has", {"q": "xyzzy"}),
        ("a fragment of three letters", {"q": "ing"}),
        ("a modality, common", {"modality": "CT"}),
        ("a modality, rare", {"modality": "PT"}),
        ("ten days of study dates", {"study_from": "2026-03-01", "study_to": "2026-03-10"}),
        ("the last week", {"arrived": "7"}),
    ):
        results = browser.post(search, form).headers["Location"]
        hits = _hits(browser.get(results).content.decode())
        taken = scene.meter.sample(partial(_get, browser, results, {}), scene.times(15))
        yield _of_all(f"search of all worklists for {what}: {hits}", budgets.SEARCH, taken)


def _of_all(what: str, budget: Any, taken: Any) -> Row:
    return Row(
        what,
        budget,
        measured_text(taken, database=True),
        queries=str(taken.statements),
        ok=taken.database_p95 <= budget.ms,
        ok_alone=taken.database_busy_median <= budget.ms,
        key=f"of all: {what}",
        number=taken.database_busy_median,
    )


def _get(browser: Any, url: str, asked: dict[str, str], number: int) -> None:
    response = browser.get(url, asked)
    if response.status_code != 200:
        raise RuntimeError(f"the site answered {response.status_code}")
