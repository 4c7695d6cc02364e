"""One study shared onward many times, in a star, a chain or a tree of ten: as rows, and placements by the law."""

from collections.abc import Callable, Iterable
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
    wards = Worklist.objects.bulk_create(
        Worklist(account=home.account, kind="group", name=f"Ward {n:03} of {study.pk}") for n in range(number)
    )
    sources = (wards[hangs_on(n)] if hangs_on(n) >= 0 else home for n in range(number))
    _share(study, zip(sources, wards, strict=True), Method.GROUP, by)
    return wards


def share_on(study: Study, source: Worklist, target: Worklist, by: User) -> None:
    """By share code, so that the target may be anywhere."""
    _share(study, [(source, target)], Method.CODE, by)


def _share(study: Study, pairs: Iterable[tuple[Worklist, Worklist]], method: Method, by: User) -> None:
    graphs, now = settling.locked_graphs([study.pk])
    account = study.home.account if method == Method.GROUP else None
    graphs[study.pk].shares += Share.objects.bulk_create(
        Share(
            study=study, from_worklist=source, to_worklist=target, method=method, press=uuid4(), account=account,
            shared_by=by, shared_at=now, approved_at=now,
        )
        for source, target in pairs
    )  # fmt: skip
    settling.settle(graphs, now)
