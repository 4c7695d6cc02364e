"""Who has access to a study, and its audit trail: the whole pages, and how they grow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from audit.actor import Actor
from bench import budgets
from bench.growth import EVENTS, SHARES, times_linear
from bench.meter import Sample
from bench.rows.shares import SHAPES, hang_on
from bench.scene import Scene, measured_text, ms
from bench.table import Row


def rows(scene: Scene) -> Iterator[Row]:
    yield from _as_they_are(scene)
    for shape, source_of in SHAPES.items():
        yield from _spread(scene, shape, source_of)
    yield _trail(scene)
    yield from _by_person(scene)


def _by_person(scene: Scene) -> Iterator[Row]:
    """Everyone who can open a study on 200 worklists, now and at a moment that the trail alone tells of."""
    from django.urls import reverse

    from audit import clock
    from common.timezones import zone_named
    from studies.models import Placement
    from worklists.services.noting import note_rights

    placement = Placement.objects.filter(worklist=scene.big, is_home=True).order_by("-id")[200]
    with _shared_onward(scene, SHARES[-1], SHAPES["star"]):
        now = _read(scene, reverse("sharing:access_people", args=[placement.uuid]))
        yield _within(f"everyone who can open a study on {SHARES[-1]} worklists", now, "people now")
        _record_shares(scene, placement.study)
        noted = note_rights()
        at = clock.now().astimezone(zone_named(scene.people[0].timezone))
        moment = f"day={at:%Y-%m-%d}&time={at:%H:%M:%S.%f}"
        url = reverse("sharing:access_then", args=[placement.uuid])
        taken = _read(scene, f"{url}?{moment}")
        what = f"everyone who could open it at a past moment, by {noted:,} events of rights"
        yield _within(what, taken, "people then", budgets.PAST)


def _record_shares(scene: Scene, study: Any) -> None:
    """As the service records them; the shares of a bench have no events."""
    from audit.actions import Action
    from audit.services import event, record_all
    from sharing.events import Labels, on_share

    shares = list(study.shares.filter(ended_at=None))
    labels = Labels.of(shares)
    by = Actor.of(scene.people[1])
    record_all(
        event(Action.SHARE_ADD, by=by, on=on_share(share, study, labels, in_original=True, outcome="shared"))
        for share in shares
    )


def _as_they_are(scene: Scene) -> Iterator[Row]:
    from django.urls import reverse

    from studies.models import Placement

    homes = Placement.objects.filter(worklist=scene.big, is_home=True).order_by("id")[1000:1400]
    shared = {
        placement: placement.study.shares.filter(ended_at=None).count()
        for placement in homes.select_related("study")
    }
    few = next(placement for placement, number in shared.items() if number == 2)
    many = max(shared, key=lambda placement: shared[placement])
    for what, placement in (("a few", few), ("many", many)):
        taken = _read(scene, reverse("sharing:access", args=[placement.uuid]))
        yield _within(
            f"who has access to a study with {what} shares ({shared[placement]})", taken, f"access {what}"
        )


def _within(what: str, taken: Sample, key: str, budget: budgets.Budget = budgets.ACCESS) -> Row:
    return Row(
        f"{what}, the whole page",
        budget,
        measured_text(taken, database=False),
        queries=str(taken.statements),
        ok=taken.p95 <= budget.ms,
        ok_alone=taken.busy_median <= budget.ms,
        key=key,
        number=taken.median,
    )


def _spread(scene: Scene, shape: str, source_of: Callable[[int], int]) -> Iterator[Row]:
    """To worklists made a moment ago, of which PostgreSQL knows nothing yet."""
    taken: dict[int, Sample] = {}
    sizes: dict[int, int] = {}
    for number in SHARES:
        with _shared_onward(scene, number, source_of) as url:
            taken[number] = _read(scene, url)
            sizes[number] = len(scene.client(scene.people[0]).get(url).content)
    most = SHARES[-1]
    yield _within(
        f"who has access, up to {most} worklists: shared in a {shape}", taken[most], f"access {shape}"
    )
    yield _growth(
        f"who has access, shared in a {shape}",
        "worklists",
        budgets.ACCESS_GROWTH,
        taken,
        f"; {sizes[most] / 1000:.0f} kB",
    )


@contextmanager
def _shared_onward(scene: Scene, number: int, source_of: Callable[[int], int]) -> Iterator[str]:
    from django.urls import reverse

    from studies.models import Placement
    from worklists.models import Worklist

    placement = Placement.objects.filter(worklist=scene.big, is_home=True).order_by("-id")[200]
    with scene.undone() as check:
        places = Worklist.objects.bulk_create(
            Worklist(account=scene.big.account, kind="group", name=f"Onward {n:03}") for n in range(number)
        )
        hang_on(placement.study, scene.people[1], [scene.big, *places], source_of)
        check()
        yield reverse("sharing:access", args=[placement.uuid])


def _trail(scene: Scene) -> Row:
    taken = {}
    for number in EVENTS:
        with _looked_at(scene, number) as url:
            taken[number] = _read(scene, url)
    return _growth("the audit trail of a study, its first page", "events", budgets.TRAIL_GROWTH, taken)


@contextmanager
def _looked_at(scene: Scene, number: int) -> Iterator[str]:
    """By everybody of the trust in turn."""
    from django.urls import reverse

    from audit import clock
    from audit.actions import Action
    from audit.services import event, record_all
    from studies.events import on_placement
    from studies.models import Placement

    homes = Placement.objects.filter(worklist=scene.big, is_home=True).order_by("-id")
    placement = homes.select_related("study", "worklist__account", "worklist__owner")[201]
    with scene.undone():
        on = on_placement(placement, at=clock.now())
        people = scene.people
        record_all(
            event(Action.STUDY_OPEN, by=Actor.of(people[n % len(people)]), on=on) for n in range(number)
        )
        yield reverse("studies:trail", args=[placement.uuid])


def _growth(what: str, unit: str, budget: budgets.Budget, taken: dict[int, Sample], more: str = "") -> Row:
    wall = times_linear({number: min(sample.wall) for number, sample in taken.items()})
    busy = times_linear({number: min(sample.busy) for number, sample in taken.items()})
    each = ", ".join(ms(min(sample.wall)) for sample in taken.values())
    return Row(
        f"{what}: {', '.join(f'{number:,}' for number in taken)} {unit}",
        budget,
        f"{each}{more}: {wall:.2f} × linear (busy {busy:.2f} ×)",
        ok=wall <= budget.times,
        ok_alone=busy <= budget.times,
        key=f"growth {what}",
        number=busy,
    )


def _read(scene: Scene, url: str) -> Sample:
    return scene.meter.sample(partial(_get, scene.client(scene.people[0]), url), scene.times(20))


def _get(browser: Any, url: str, number: int) -> None:
    if browser.get(url).status_code != 200:
        raise RuntimeError(f"{url} does not answer")
