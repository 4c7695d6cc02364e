"""`python -m studies.pixels` is the renderer, a process of its own.

The decoders are C code fed by strangers, and they may crash, hang or eat all memory. The process has no database and
no secret, and limits itself (see `_confine`). It reads a job a line (`{"kind", "source", ...}`) and answers with a line
(for the pages of a file `{"frames", "note"}`), or with `{"error"}`. Its arguments: how much memory it may have, and
after how many seconds without a job it ends.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from studies.pixels import CannotShow, render
from studies.pixels.plain import frames_written, object_written
from studies.pixels.view_copy import packed
from studies.pixels.views import recoded, viewed
from studies.renderer import MEMORY, TOO_LARGE, UNREADABLE

CPU_SECONDS = 240
KINDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "pages": lambda job: render(job["source"], job["folder"]),
    "view": viewed,
    "recode": recoded,
    "frames": frames_written,
    "object": object_written,
    "view copy": packed,
}


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return KINDS[job["kind"]](job)
    except CannotShow as cannot:
        return {"error": str(cannot)}
    except MemoryError:
        return {"error": TOO_LARGE}
    except Exception:  # decoders fail in every way there is, and their words may quote the file
        return {"error": UNREADABLE}


def _confine(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS does not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _wind_up() -> None:
    """Each job has so much time: should our parent be killed, nothing else would stop a decoder that hangs."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def main() -> None:
    # What decoders print goes nowhere: it may quote the file, and must not mix with our answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    memory, idle_seconds = [*map(int, sys.argv[1:]), *(MEMORY, 0)[len(sys.argv) - 1 :]]
    _confine(memory)
    # Without a handler the alarm ends the process.
    signal.alarm(idle_seconds)
    for line in sys.stdin:
        signal.alarm(0)
        _wind_up()
        print(json.dumps(_answer(json.loads(line))), file=answers)
        signal.alarm(idle_seconds)


if __name__ == "__main__":
    main()
