"""One study shared onward many times, in a star, a chain or a tree of ten: as rows, and placements by the law."""

from collections.abc import Callable
from uuid import uuid4

from accounts.models import User
from sharing.models import Method, Share
from sharing.services import settling
from studies.models import Study
from worklists.models import Worklist

# For each onward share the number of the share it hangs on; -1 is the study's home.
SHAPES: dict[str, Callable[[int], int]] = {
    "star": lambda number: -1,
    "chain": lambda number: number - 1,
    "tree": lambda number: number // 10 - 1 if number >= 10 else -1,
}


def share_onward(study: Study, shape: str, number: int, by: User) -> list[Worklist]:
    """The worklists of home's account that were shared to, in order."""
    hangs_on, home = SHAPES[shape], study.home
    places = Worklist.objects.bulk_create(
        Worklist(account=home.account, kind="group", name=f"Ward {n:03} of {study.pk}") for n in range(number)
    )
    graphs, now = settling.opened([study.pk])
    graphs[study.pk].shares += Share.objects.bulk_create(
        Share(
            study=study, from_worklist=places[hangs_on(n)] if hangs_on(n) >= 0 else home, to_worklist=places[n],
            method=Method.GROUP, press=uuid4(), account=home.account, shared_by=by, shared_at=now, approved_at=now,
        )
        for n in range(number)
    )  # fmt: skip
    settling.settle(graphs, now)
    return places
