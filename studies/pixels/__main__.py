"""`python -m studies.pixels` is the renderer, a process of its own.

The decoders are C code fed by strangers, and they may crash, hang or eat all memory. The process has no database and
no secret, and limits itself (see `_confine`). It reads a job a line (`{"source", "folder"}`) and answers with a line
(`{"frames", "note"}` or `{"error"}`).
"""

import json
import os
import resource
import sys
from typing import Any

from studies.pixels import CannotShow, render
from studies.renderer import TOO_LARGE, UNREADABLE

MEMORY = 3 * 1024**3
CPU_SECONDS = 240


def _answer(job: dict[str, str]) -> dict[str, Any]:
    try:
        return render(job["source"], job["folder"])
    except CannotShow as cannot:
        return {"error": str(cannot)}
    except MemoryError:
        return {"error": TOO_LARGE}
    except Exception:  # decoders fail in every way there is, and their words may quote the file
        return {"error": UNREADABLE}


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS does not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


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
    _confine()
    for line in sys.stdin:
        _wind_up()
        print(json.dumps(_answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main()
