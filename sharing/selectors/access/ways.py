"""The ways of one study's shares: from one worklist to each that they lead on to, by the fewest shares."""

from collections.abc import Callable, Collection, Iterable

from sharing.models import Share

Onward = Callable[[int], Iterable[tuple[Share, int]]]


class Ways:
    """For each worklist that is reached: the share that leads there, and how many shares the way has."""

    def __init__(self, start: int, onward: Onward, within: Collection[int] | None = None) -> None:
        self.start = start
        self.last: dict[int, Share] = {}
        self.length = {start: 0}
        waiting = [start]
        for source in waiting:
            for share, target in onward(source):
                if target not in self.length and (within is None or target in within):
                    self.last[target] = share
                    self.length[target] = self.length[source] + 1
                    waiting.append(target)

    def to(self, worklist: int, most: int | None = None) -> list[Share]:
        """The shares that lead there, from the start; of a longer way only the last `most`."""
        shares: list[Share] = []
        while (share := self.last.get(worklist)) is not None and (most is None or len(shares) < most):
            shares.append(share)
            worklist = share.from_worklist_id
        return shares[::-1]
