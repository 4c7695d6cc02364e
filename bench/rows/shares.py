"""Sharing, ending, and who has access."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

from audit.actor import Actor
from bench import budgets
from bench.meter import quantile
from bench.scene import Scene, measured_text, ms
from bench.table import Row
from cimar.installation import CHECKOUT, SUPERUSER

SHARERS, SECONDS = 2, 15
ONWARD = 10_000
# An email one letter from the 5,000th of those that were used.
EMAILS, TYPED, MEANT = 200_000, "persom5000@practice53.example", "person5000@practice53.example"
SHAPES: dict[str, Callable[[int], int]] = {
    # For each onward share the place it comes from, 0 being where the share that is ended leads.
    "star": lambda n: 0,
    "tree": lambda n: (n - 1) // 10,
    "chain": lambda n: n - 1,
}


def rows(scene: Scene) -> Iterator[Row]:
    yield _sustained(scene)
    yield _big_press(scene)
    yield from _ends(scene)
    yield _alike(scene)


def _sustained(scene: Scene) -> Row:
    """Each process shares as fast as it can: another study to another worklist every time, really committed."""
    seconds = 3 if scene.quick else SECONDS
    sharers = [_sharer(scene, seconds, number) for number in range(SHARERS)]
    for sharer in sharers:
        assert sharer.stdout is not None
        if sharer.stdout.readline().strip() != "ready":
            raise RuntimeError("a process that shares did not begin")
    took: list[float] = []
    busy: list[float] = []
    for sharer in sharers:
        assert sharer.stdin is not None
        sharer.stdin.write("go\n")
        sharer.stdin.flush()
    for sharer in sharers:
        answer, _ = sharer.communicate(timeout=seconds + 120)
        if sharer.returncode:
            raise RuntimeError("a process that shares has failed")
        for wall, worked in json.loads(answer):
            took.append(wall)
            busy.append(worked)
    rate = len(took) / seconds
    return Row(
        f"share 1 study to 1 target, {SHARERS} processes for {seconds} s, audit and commit included",
        budgets.SHARE,
        f"{rate:.0f} a second; {ms(quantile(took, 0.5))} (95 %: {ms(quantile(took, 0.95))}; "
        f"busy {ms(quantile(busy, 0.5))}, 95 %: {ms(quantile(busy, 0.95))})",
        ok=rate >= budgets.SHARE.rate and quantile(took, 0.95) <= budgets.SHARE.ms,
        ok_alone=SHARERS * 1000 / quantile(busy, 0.5) >= budgets.SHARE.rate
        and quantile(busy, 0.95) <= budgets.SHARE.ms,
        key="share 1x1",
        number=rate,
    )


def _sharer(scene: Scene, seconds: int, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.sharer", str(seconds), str(number)],
        cwd=CHECKOUT,
        env=scene.profile.environment(scene.database),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _big_press(scene: Scene) -> Row:
    from sharing.services import share_studies
    from studies.models import Placement

    studies, places = (50, 10) if scene.quick else (500, 20)
    targets = _targets(scene, places)
    offset = scene.placed // 4
    placements = Placement.objects.filter(worklist=scene.big).order_by("-id")

    def press(number: int) -> None:
        nonlocal offset
        ticked = list(placements.values_list("uuid", flat=True)[offset : offset + studies])
        offset += studies
        with scene.undone() as check:
            report = share_studies(
                placements=ticked,
                targets=targets,
                by=Actor.of(scene.people[0]),
                note="For the meeting",
            )
            check()
            done.append(report.count("shared", "awaiting_approval", "invited"))

    done: list[int] = []
    taken = scene.meter.sample(press, 3, warm=1)
    return Row(
        f"share {studies} studies to {places} targets in one press: {min(done):,} shares",
        budgets.PRESS,
        measured_text(taken, database=False),
        queries=str(
            taken.statements - 4
        ),  # the three of a transaction that is undone, and reading what is ticked
        ok=taken.p95 <= budgets.PRESS.ms and taken.statements - 4 <= budgets.PRESS.statements,
        ok_alone=taken.busy_median <= budgets.PRESS.ms and taken.statements - 4 <= budgets.PRESS.statements,
        key="big press",
        number=taken.median,
    )


def _targets(scene: Scene, number: int) -> list[Any]:
    """Of every method; no email is registered yet."""
    from accounts.models import User
    from sharing.models import Method
    from sharing.targets import Target
    from worklists.models import Worklist

    ours = Worklist.objects.filter(account=scene.big.account, needs_approval=False).exclude(pk=scene.big.pk)
    locations = list(ours.filter(kind="location").order_by("-pk")[: number * 2 // 5])
    groups = list(ours.filter(kind="group").order_by("-pk")[: number // 4])
    people = User.objects.filter(account_memberships__account=scene.big.account).order_by("-pk")[
        : number // 5
    ]
    codes = Worklist.objects.exclude(share_code=None).exclude(account=scene.big.account).order_by("pk")[:1]
    targets = [Target(Method.LOCATION, str(place.uuid)) for place in locations]
    targets += [Target(Method.GROUP, str(place.uuid)) for place in groups]
    targets += [Target(Method.PHYSICIAN, str(person.uuid)) for person in people]
    targets += [Target(Method.CODE, place.share_code or "") for place in codes]
    left = number - len(targets)
    return targets + [Target(Method.EMAIL, f"nobody{n}@elsewhere.example") for n in range(left)]


def _ends(scene: Scene) -> Iterator[Row]:
    onward = 500 if scene.quick else ONWARD
    for name, source_of in SHAPES.items():
        with _hung(scene, onward, source_of) as share:
            taken = scene.meter.sample(partial(_end, scene, share, onward), scene.times(5), warm=1)
        yield Row(
            f"end a share that {onward:,} onward shares hang on, in a {name}",
            budgets.END,
            f"{ms(taken.median)} (most: {ms(max(taken.wall))}; busy {ms(taken.busy_median)}); "
            f"{ms(taken.database_median)} in the database",
            queries=str(taken.statements),
            ok=max(taken.wall) <= budgets.END.ms,
            ok_alone=taken.busy_median <= budgets.END.ms,
            key=f"end {name}",
            number=taken.busy_median,
        )


def _end(scene: Scene, share: Any, onward: int, _: int) -> None:
    from sharing.services import end_shares

    with scene.undone() as check:
        ended = end_shares(shares=[share.uuid], by=Actor.of(scene.people[0]))
        check()
    if ended.ended_with_them != onward:
        raise RuntimeError(f"{ended.ended_with_them} shares ended with it instead of {onward}")


@contextmanager
def _hung(scene: Scene, onward: int, source_of: Callable[[int], int]) -> Iterator[Any]:
    """A share and its onward shares, committed: of rows of its own transaction PostgreSQL checks each key anew."""
    from django.db import transaction

    from sharing.models import Method
    from sharing.services import share_studies
    from sharing.targets import Target
    from studies.models import Placement
    from worklists.models import Worklist

    placement = Placement.objects.filter(worklist=scene.big, is_home=True).order_by("-id")[0]
    with transaction.atomic():
        places = Worklist.objects.bulk_create(
            Worklist(account=scene.big.account, kind="group", name=f"Onward {n}") for n in range(onward + 1)
        )
        Worklist.objects.filter(pk=places[0].pk).update(share_code="ONWARD0000")
        report = share_studies(
            placements=[placement.uuid],
            targets=[Target(Method.CODE, "ONWARD0000")],
            by=Actor.of(scene.people[0]),
        )
        hang_on(placement.study, scene.people[1], places, source_of)
    try:
        yield report.rows[0].share
    finally:
        _forget(scene, [place.pk for place in places])


def _forget(scene: Scene, places: list[int]) -> None:
    """As the superuser past the triggers, since a share is never deleted."""
    with scene.profile.connect(scene.database, SUPERUSER) as server, server.transaction():
        server.execute("SET LOCAL session_replication_role = replica")
        for statement in (
            "DELETE FROM sharing_share WHERE from_worklist_id = ANY(%(places)s) OR to_worklist_id = ANY(%(places)s)",
            "DELETE FROM studies_placement WHERE worklist_id = ANY(%(places)s)",
            "DELETE FROM worklists_worklist WHERE id = ANY(%(places)s)",
        ):
            server.execute(statement.encode(), {"places": places})


def hang_on(study: Any, by: Any, places: list[Any], source_of: Callable[[int], int]) -> None:
    """The onward shares, as rows, and their placements by the law."""
    from sharing.models import Share
    from sharing.services import settling

    graphs, now = settling.locked_graphs([study.pk])
    graphs[study.pk].shares += Share.objects.bulk_create(
        Share(
            study=study, from_worklist=places[source_of(n)], to_worklist=places[n], method="group", press=uuid4(),
            account_id=places[n].account_id, shared_by=by, shared_at=now, approved_at=now,
        )
        for n in range(1, len(places))
    )  # fmt: skip
    settling.settle(graphs, now)


def _alike(scene: Scene) -> Row:
    """The emails that were used are in a table of this connection alone, which takes the place of the shares."""
    from django.db import connection

    from sharing.selectors.history import History
    from sharing.services.emails import compare

    known, person = EMAILS // 20 if scene.quick else EMAILS, scene.people[0]
    history, by = History.of(scene.big, person), Actor.of(person)
    with connection.cursor() as cursor:
        cursor.execute(_EMAILS_USED, [scene.big.pk, known])
    try:
        if compare([TYPED], history=history, by=by).meant != {TYPED: MEANT}:
            raise RuntimeError("an email that looks like another was not asked about")
        taken = scene.meter.sample(lambda _: compare([TYPED], history=history, by=by), scene.times(20))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE pg_temp.sharing_share")
    return Row(
        f"whether a typed email looks like another of {known:,} that were used",
        budgets.ALIKE,
        measured_text(taken, database=True),
        queries=str(taken.statements),
        ok=taken.database_p95 <= budgets.ALIKE.ms,
        ok_alone=taken.database_busy_median <= budgets.ALIKE.ms,
        key="email alike",
        number=taken.database_median,
    )


# Each email in two presses, with an index as the shares have.
_EMAILS_USED = """
CREATE TEMPORARY TABLE sharing_share AS
SELECT gen_random_uuid() AS press, %s::bigint AS from_worklist_id, 'email'::text AS method, ''::text AS end_reason,
    'person' || each || '@practice' || each %% 97 || '.example' AS address
FROM generate_series(1, %s) AS each, generate_series(1, 2);
CREATE INDEX ON sharing_share (address, from_worklist_id) WHERE method = 'email';
ANALYZE sharing_share
"""
