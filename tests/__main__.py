"""What bin/test runs: everything, what was changed (--quick), or what is named as for pytest."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from tests import quick
from tests.process_files import files_with_processes

PYTEST = [sys.executable, "-m", "pytest"]
NO_TESTS = 5
# One more than cores: a test waits for the database a quarter of its time.
WORKERS = min(os.cpu_count() or 2, 7) + 1


def main() -> int:
    if sys.argv[1:2] == ["--quick"]:
        return quick.main(*sys.argv[2:])
    if sys.argv[1:]:
        os.execv(PYTEST[0], [*PYTEST, *sys.argv[1:]])
    # Files in their order: by the number of their tests the law's, one of minutes, would come last and run alone.
    many = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    with ThreadPoolExecutor() as beside:
        waiting = beside.submit(of_processes)
        rest = subprocess.call([*PYTEST, "-m", "not process", *many])
        alone = waiting.result()
    if alone:
        print("Tests of processes failed; their lines stand among those of the others.", flush=True)
    return rest or alone


def of_processes() -> int:
    """Tests that start and kill processes, one after another, beside the many: most of their time they wait.

    What they print is shown at once, when they have ended. They have a folder of their own: pytest closes the folder of
    the user's runs to other users whenever a run begins, and the servers of these tests run as another user.
    """
    with tempfile.TemporaryDirectory(prefix="pytest-", ignore_cleanup_errors=True) as folder:
        # Only their files are read: reading all takes as long as a good part of these tests.
        command = [*PYTEST, "-m", "process", "--basetemp", f"{folder}/pytest-0", *files_with_processes()]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    print(f"\n{done.stdout}", flush=True)
    return 0 if done.returncode == NO_TESTS else done.returncode


if __name__ == "__main__":
    sys.exit(main())
