"""How long it takes to end a share that 10,000 onward shares hang on (budget 2 s), as a star, a chain and a tree."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bench.house import Timed, house, make_studies, settle_down

ONWARD = 10_000
SHAPES: dict[str, Callable[[int], int]] = {
    # For each onward share the place it comes from, 0 being where the share that is ended leads.
    "star": lambda n: 0,
    "tree": lambda n: (n - 1) // 10,
    "chain": lambda n: n - 1,
}


def main() -> None:
    with house("end"):
        measure()


def measure() -> None:
    from sharing import services
    from sharing.models import Method
    from sharing.targets import Target
    from tests.cast import make_cast
    from worklists.models import Worklist

    cast = make_cast()
    places = Worklist.objects.bulk_create(
        Worklist(account=cast.riverside, kind="group", name=f"Place {n}") for n in range(ONWARD + 1)
    )
    Worklist.objects.filter(pk=places[0].pk).update(share_code="PLACE0000")
    for name, source_of in SHAPES.items():
        [placement] = make_studies(cast.ct, 1)
        report = services.share_studies(
            placements=[placement.uuid], targets=[Target(Method.CODE, "PLACE0000")], by=cast.ana
        )
        hang_on(placement.study, cast.rita, places, source_of)
        settle_down()
        with Timed() as timed:
            ended = services.end_shares(shares=[report.rows[0].share.uuid], by=cast.ana)
        assert ended.ended_with_them == ONWARD
        print(timed.line(f"end a share with {ONWARD:,} onward shares in a {name}", "2 s"))


def hang_on(study: Any, by: Any, places: list[Any], source_of: Callable[[int], int]) -> None:
    """The onward shares, as rows, and their placements by the law."""
    from django.db import transaction

    from sharing.models import Share
    from sharing.services import settling

    with transaction.atomic():
        graphs, now = settling.opened([study.pk])
        graphs[study.pk].shares += Share.objects.bulk_create(
            Share(
                study=study, from_worklist=places[source_of(n)], to_worklist=places[n], method="group", press=uuid4(),
                account_id=places[n].account_id, shared_by=by, shared_at=now, approved_at=now,
            )
            for n in range(1, ONWARD + 1)
        )  # fmt: skip
        settling.settle(graphs, now)


if __name__ == "__main__":
    main()
