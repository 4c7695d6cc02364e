"""What a process that only makes rows runs; it knows the plan and nothing else."""

from cimar.demo.scale.chunks import Maker, Plan

_maker: Maker | None = None


def begin(plan: Plan) -> None:
    global _maker
    _maker = Maker(plan)


def make(number: int) -> dict[str, bytes]:
    if _maker is None:
        raise RuntimeError("begin() comes first")
    return _maker.chunk(number)
