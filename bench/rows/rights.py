"""Who may do what: the one question, and a permission ticked in a role that thousands hold."""

from collections.abc import Iterator

from audit.actor import OPERATOR, Actor
from bench import budgets
from bench.meter import floor
from bench.scene import Scene, measured_text, ms
from bench.table import Row


def rows(scene: Scene) -> Iterator[Row]:
    yield from _questions(scene)
    yield from _tick(scene)


def _questions(scene: Scene) -> Iterator[Row]:
    from studies import selectors
    from studies.models import Placement
    from worklists import access

    people, placed = (
        scene.people,
        list(Placement.objects.filter(worklist=scene.big).select_related("worklist")[:200]),
    )
    may = scene.meter.many(
        lambda n: access.may(
            Actor.of(people[n % len(people)]),
            "share_study",
            placed[n % len(placed)].worklist,
        ),
        scene.times(200),
    )
    bare = floor(scene.bare, "SELECT true", [], 100)
    yield Row(
        "may this person do this to this placement",
        budgets.MAY,
        measured_text(may, database=False),
        f"{may.median / bare:.1f} × SELECT true ({ms(bare)})",
        str(may.statements),
        may.p95 <= budgets.MAY.ms and may.statements <= budgets.MAY.statements,
        may.busy_median <= budgets.MAY.ms and may.statements <= budgets.MAY.statements,
        key="may",
        number=may.median,
    )
    seen = scene.meter.many(
        lambda n: selectors.placement_for(
            Actor.of(people[n % len(people)]),
            placed[n % len(placed)].uuid,
        ),
        scene.times(100),
    )
    yield Row(
        "find a placement by its uuid, if this person sees it",
        budgets.NOTHING,
        measured_text(seen, database=False),
        queries=str(seen.statements),
        key="placement_for",
        number=seen.median,
    )


def _tick(scene: Scene) -> Iterator[Row]:
    from accounts.models import AccountMembership, Role
    from worklists.models import Worklist
    from worklists.services import change_role

    role = Role.objects.get(account=scene.big.account, name="Radiologist")
    people = AccountMembership.objects.filter(role=role, active=True).count()
    places = Worklist.objects.filter(account=scene.big.account).count()
    ticked = set(role.permissions.values_list("codename", flat=True))

    def tick(number: int) -> None:
        wanted = ticked | {"edit_study"} if number % 2 else ticked - {"edit_study"}
        change_role(role=role, permissions=wanted, by=OPERATOR)

    with scene.undone():
        change_role(role=role, permissions=ticked - {"edit_study"}, by=OPERATOR)
        taken = scene.meter.sample(lambda n: tick(n + 1), scene.times(10))
    yield Row(
        f"tick a permission in a role of {people:,} people on {places} worklists",
        budgets.TICK,
        measured_text(taken, database=False),
        queries=str(taken.statements),
        ok=taken.p95 <= budgets.TICK.ms,
        ok_alone=taken.busy_median <= budgets.TICK.ms,
        key="tick",
        number=taken.median,
    )
