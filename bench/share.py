"""How long one press takes, and how many statements: 1 × 1, 50 × 5, 500 × 20 (budget 4 s, 60 statements)."""

import sys
from collections.abc import Callable
from typing import Any

from bench.house import Timed, house, make_studies, settle_down


def main() -> None:
    with house("share"):
        measure()


def measure() -> None:
    from django.db import connection

    from sharing import services
    from tests.cast import make_cast

    cast = make_cast()
    placements = make_studies(cast.ct, 560)
    everybody = recipients(cast, 10)
    settle_down()

    def press(studies: list[Any], targets: list[Any]) -> Timed:
        with Timed() as timed:
            services.share_studies(
                placements=[one.uuid for one in studies], targets=targets, by=cast.ana, note="For the meeting"
            )
        return timed

    print(press(placements[:1], everybody[:1]).line("share 1 × 1", "0.1 s"))
    print(press(placements[10:60], everybody[:5]).line("share 50 × 5", "-"))
    settle_down()
    big = press(placements[60:560], everybody)
    print(big.line("share 500 × 20", "4 s, 60 statements"))
    print(press(placements[60:560], everybody).line("the identical press again", "-"))
    if "--statements" in sys.argv:
        print(*(sql[:160] for sql in big.statements), sep="\n")
    each(200, lambda n: press(placements[60 + n : 61 + n], [everybody[0]]))
    connection.close()


def each(times: int, deed: Callable[[int], Timed]) -> None:
    took = sorted(deed(n).seconds * 1000 for n in range(times))
    print(
        f"{sum(took) / times:7.1f} ms on average, 95 %: {took[int(times * 0.95)]:.1f} ms  already shared, 1 × 1"
    )


def recipients(cast: Any, addresses: int) -> list[Any]:
    """20 of every method; the addresses are nobody's yet."""
    from sharing.models import Method
    from sharing.targets import Target
    from tests.factories import join, make_group, make_location, make_user

    locations = [make_location(cast.northgate) for _ in range(3)]
    groups = [make_group(cast.northgate) for _ in range(3)]
    physicians = [make_user() for _ in range(3)]
    for person in physicians:
        join(person, cast.northgate, "Viewer")
    return [
        *(Target(Method.LOCATION, str(one.uuid)) for one in locations),
        Target(Method.EMAIL, "first@example.net"),
        *(Target(Method.GROUP, str(one.uuid)) for one in groups),
        *(Target(Method.PHYSICIAN, str(one.uuid)) for one in physicians),
        Target(Method.CODE, "RIVERSIDE"),
        *(Target(Method.EMAIL, f"somebody{n}@example.net") for n in range(addresses - 1)),
    ]


if __name__ == "__main__":
    main()
