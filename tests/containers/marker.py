"""Whether a rehearsal is due: what it rests on has changed since the last green one.

A green rehearsal writes what it rested on into the checkout, to be committed: then it is not due on other machines.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cimar.installation import CHECKOUT

RESTS_ON = (
    "Dockerfile",
    ".dockerignore",
    "docker-compose.yml",
    "deploy",
    "requirements.txt",
    "docs/install.md",
    "docs/operations.md",
    "tests/containers",
    "bin/rehearse-compose",
)
# As .dockerignore lets it through.
BUILT_FROM = (
    "Dockerfile",
    ".dockerignore",
    "accounts",
    "administration",
    "audit",
    "bin",
    "cimar",
    "common",
    "deploy",
    "manage.py",
    "requirements.txt",
    "sharing",
    "static",
    "studies",
    "templates",
    "worklists",
)
REHEARSED = Path(".ci/rehearsed")
# Made for one installation, and never in an image.
SECRETS = Path("deploy/secrets")


def state(folder: Path = CHECKOUT, parts: Sequence[str] = RESTS_ON) -> str:
    """Changes with the content of any of these files, committed or not."""
    digest = hashlib.sha256()
    for name in _files(folder, parts):
        file = folder / name
        digest.update(bytes(name) + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(folder: Path, parts: Sequence[str]) -> list[Path]:
    roots = [folder / part for part in parts]
    found = [file for root in roots for file in (root.rglob("*") if root.is_dir() else [root])]
    names = [file.relative_to(folder) for file in found if file.is_file() and "__pycache__" not in file.parts]
    return sorted(name for name in names if not name.is_relative_to(SECRETS))


def is_green(now: str, folder: Path = CHECKOUT) -> bool:
    marker = folder / REHEARSED
    return marker.exists() and marker.read_text().strip() == now


def set_green(now: str, folder: Path = CHECKOUT) -> None:
    (folder / REHEARSED).write_text(f"{now}\n")
