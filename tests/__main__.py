"""What bin/test runs: everything, what was changed (--quick), or what is named as for pytest."""

import os
import subprocess
import sys

from tests import quick

PYTEST = [sys.executable, "-m", "pytest"]
NO_TESTS = 5
# One more than cores: a test waits for the database a quarter of its time.
WORKERS = min(os.cpu_count() or 2, 7) + 1


def main() -> int:
    if sys.argv[1:2] == ["--quick"]:
        return quick.main(*sys.argv[2:])
    if sys.argv[1:]:
        os.execv(PYTEST[0], [*PYTEST, *sys.argv[1:]])
    # Tests that kill processes want the machine to themselves; the many come last, so theirs is the closing line.
    alone = subprocess.call([*PYTEST, "-m", "process"])
    # Files in their order: by the number of their tests the law's, one of minutes, would come last and run alone.
    many = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    rest = subprocess.call([*PYTEST, "-m", "not process", *many])
    return rest or (0 if alone == NO_TESTS else alone)


if __name__ == "__main__":
    sys.exit(main())
