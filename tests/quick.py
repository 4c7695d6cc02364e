"""What bin/test --quick runs: lint, our own rules, and the tests of what was changed, without browsers and waiting."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# Folders without tests of their own name, and whose tests see to them.
SEEN_BY = {
    "bench": "cimar",
    "bin": "cimar",
    "deploy": "cimar",
    "docs": "cimar",
    "static": "common",
    "templates": "common",
}
MARKERS = "not browser and not process and not slow"


def main(*arguments: str) -> int:
    steps = [
        ["-m", "ruff", "format", "--check", "--quiet", "."],
        ["-m", "ruff", "check", "--quiet", "."],
        ["-m", "cimar.checks"],
    ]
    failed = [subprocess.call([sys.executable, *step], cwd=CHECKOUT) for step in steps]
    folders = folders_of(changed())
    print(f"Changed: {', '.join(folders) or 'nothing that has tests'}", flush=True)
    if folders:
        pytest = ["-m", "pytest", "-q", "-n", "2", "-m", MARKERS, *folders, *arguments]
        failed.append(subprocess.call([sys.executable, *pytest], cwd=CHECKOUT))
    return int(any(failed))


def changed() -> list[str]:
    """What differs from where this branch left the one it follows, and what is new and not ignored."""
    for trunk in ("@{upstream}", "main"):
        base = _git("merge-base", "HEAD", trunk)
        if base:
            return [
                *_git("diff", "--name-only", base[0]),
                *_git("ls-files", "--others", "--exclude-standard"),
            ]
    return _git("ls-files", "--modified", "--others", "--exclude-standard")


def folders_of(names: Iterable[str]) -> list[str]:
    """The folders of tests that see to these files."""
    found = set()
    for name in names:
        first, *rest = name.split("/")
        if first == "tests" and len(rest) > 1:
            found.add(f"tests/{rest[0]}")
        elif rest:
            found.add(f"tests/{SEEN_BY.get(first, first)}")
    return sorted(folder for folder in found if any((CHECKOUT / folder).glob("test_*.py")))


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []
