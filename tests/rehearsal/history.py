"""Which commit an upgrade comes from, and its files."""

import subprocess
from pathlib import Path

from cimar.installation import CHECKOUT

MIGRATIONS = ":(glob)*/migrations/*.py"


class NoHistory(Exception):
    """Nothing to upgrade from; the text says why."""


def _git(*arguments: str, folder: Path = CHECKOUT) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise NoHistory("There is no git here, so there is no commit to upgrade from.") from None
    except subprocess.CalledProcessError:
        raise NoHistory(
            "This is no checkout with a history, so there is no commit to upgrade from."
        ) from None
    return done.stdout


def commit_before(folder: Path = CHECKOUT) -> str:
    """The commit before the newest change of migrations: the schema that an upgrade to this checkout starts from.

    Where migrations are changed and not yet committed, that is the commit checked out.
    """
    head = _git("rev-parse", "HEAD", folder=folder).strip()
    if _git("status", "--porcelain", "--", MIGRATIONS, folder=folder).strip():
        return head
    changed = _git("log", "-1", "--format=%H", "--", MIGRATIONS, folder=folder).strip()
    if not changed:
        raise NoHistory("No commit here has changed a migration.")
    parents = _git("log", "-1", "--format=%P", changed, folder=folder).split()
    if not parents:
        raise NoHistory(
            "The history here begins with the newest migrations, as a shallow clone's does: fetch more of it "
            "(git fetch --unshallow) to rehearse the upgrade."
        )
    return parents[0]


def unpack(commit: str, target: Path, folder: Path = CHECKOUT) -> None:
    """The tree of a commit, as files."""
    target.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(["git", "archive", commit], cwd=folder, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", target], input=packed, check=True)
