"""The plans of the hot statements, as PostgreSQL ran them on this database: python -m bench.plans, as Markdown.

A statement is caught where the product asks it, with what it was asked, and asked again under EXPLAIN.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import django

from audit.actor import Actor
from bench.profile import Profile
from bench.rows.lists import SORTS, halfway
from bench.scene import Scene

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY ON) "
INDEX = re.compile(r"(?:using|Index Scan on|Index Only Scan using) (\w+)")
KEPT = re.compile(
    r"Scan|Index Cond|Filter|Sort|Limit|Rows Removed|Execution Time|Recheck|Heap Blocks|Buffers"
)
LINES = 34


def main() -> None:
    django.setup()
    scene = Scene(Profile(os.environ["CIMAR_PROFILE"]), os.environ["CIMAR_DATABASE_NAME"])
    for what, wanted, action in actions(scene):
        for plan in caught(wanted, action):
            indexes = ", ".join(f"`{name}`" for name in dict.fromkeys(INDEX.findall("\n".join(plan))))
            sys.stdout.write(
                f"### {what}\n\nIndexes: {indexes}\n\n```\n" + "\n".join(shortened(plan)) + "\n```\n\n"
            )


def actions(scene: Scene) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """What it is, a text its statement holds, and how the product comes to ask it."""
    from studies import selectors
    from studies.models import Placement
    from studies.selectors import Cursor, Order, Question, Sort
    from worklists import access

    person, nothing = scene.people[0], Question()
    for sort, descending, columns in SORTS:
        order = Order(Sort(sort), descending)
        ids, _ = halfway(scene, columns, "DESC" if descending else "ASC")
        for depth, cursor in (("first", None), ("deep", Cursor("after", ids))):
            what = f"A page by {sort}, {depth}"
            yield (
                what,
                "studies_placement",
                lambda o=order, c=cursor: selectors.page_of(scene.big, nothing, o, c),
            )  # type: ignore[misc]
    for what, question in (
        ("Search for a common name", Question(text="smith")),
        ("Search for a name of two letters", Question(text="Li")),
        ("Search for a name that is common elsewhere and absent here", Question(text="penhaligon")),
        ("Search by the beginning of an MRN", Question(text="0010001")),
        ("Search by a common modality", Question(modality="CT")),
        ("Search by a modality that is common elsewhere and absent here", Question(modality="XA")),
    ):
        yield what, "studies_placement", lambda q=question: selectors.page_of(scene.big, q, Order(), None)  # type: ignore[misc]
    placement = Placement.objects.filter(worklist=scene.big).order_by("-id")[5]
    yield (
        "May this person do this there",
        "permission_id",
        lambda: access.may(Actor.of(person), "share_study", scene.big),
    )
    yield (
        "Find a placement, if this person sees it",
        "studies_placement",
        lambda: selectors.placement_for(Actor.of(person), placement.uuid),
    )
    yield "The shares of a study that have not ended", "sharing_share", lambda: _graph(placement.study_id)


def _graph(study: int) -> None:
    from sharing import graph

    graph.load_graphs([study])


def caught(wanted: str, action: Callable[[], Any]) -> Iterator[list[str]]:
    """The first statement of the action that names what is wanted."""
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if wanted in sql and sql.lstrip().startswith(("SELECT", "WITH")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        action()
    for sql, params in asked[:1]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)  # what is asked often is in memory
            cursor.execute(EXPLAIN + sql, params)
            yield [row[0] for row in cursor.fetchall()]


def shortened(plan: list[str]) -> list[str]:
    """Without a patient's name or a number out of the database, and no longer than a page."""
    lines = [line for line in plan if KEPT.search(line) and "Planning" not in line]
    lines = [re.sub(r"'[^']*'", "'…'", line)[:150] for line in lines]
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], "…", lines[-1]]


if __name__ == "__main__":
    main()
