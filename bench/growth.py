"""How work grows: whether a unit of it costs more at a greater size than at the size before."""

from collections.abc import Mapping
from itertools import pairwise

# How many of each are measured.
SHARES = (10, 50, 200)
INSTANCES = (500, 1_000, 2_000)
EVENTS = (100, 10_000)


def times_linear(took: Mapping[int, float]) -> float:
    """1 where work grows as its size does, less where a part of it is the same at every size."""
    each = [total / size for size, total in sorted(took.items())]
    return max(after / before for before, after in pairwise(each))
