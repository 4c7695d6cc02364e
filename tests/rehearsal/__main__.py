"""python -m tests.rehearsal: what bin/rehearse runs, with the servers of the tests up.

The commit before prepares a database and loads its demo; this checkout migrates it, proves it and shows its pages; then
the commit before shows its own once more, as it has to while an upgrade is rolled out.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cimar.embedded.places import Places
from cimar.installation import CHECKOUT
from tests.rehearsal import history

LONGEST_LOCK = 1.0  # seconds
CHECKS = ("check_placements", "check_access", "check_bytes")
# Signs in as somebody of the demo who sees studies, and reads a list and a study; written for either version.
LOOK = """
import re, django; django.setup()
from django.conf import settings; settings.ALLOWED_HOSTS = ["testserver"]; settings.SECURE_SSL_REDIRECT = False
from django.test import Client
from django.urls import reverse
from cimar.demo.people import LOGINS, PASSWORD
for email, _ in LOGINS:
    reader = Client()
    reader.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    listed = reader.get(reverse("studies:list"), follow=True)
    studies = re.findall(r'href="(/placements/[0-9a-f-]{36}/)', listed.content.decode())
    if studies:
        break
assert (listed.status_code, bool(studies)) == (200, True), (listed.status_code, len(studies))
study = reader.get(studies[0])
assert study.status_code == 200, study.status_code
print("pages answer")
"""


class Failed(Exception):
    """A step did not go as it should; what it printed stands above."""


class Place:
    """One database and one folder of images, for the code of either commit."""

    def __init__(self, folder: Path) -> None:
        places = Places(os.environ.get("CIMAR_PROFILE", "test"))
        self.database = f"rehearsal_{os.getpid()}"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("CIMAR_", "DATABASE_"))
        }
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "cimar.settings",
            "CIMAR_PROFILE": places.profile,
            "CIMAR_DEVELOPMENT": "1",
            "CIMAR_DATA": str(folder),
            "CIMAR_DATABASE_NAME": self.database,
            "CIMAR_BROKER_PREFIX": f"{self.database}-",
            # By their addresses: each checkout would look for servers of its own.
            "DATABASE_URL": places.database_url,
            "DATABASE_OWNER_URL": places.database_owner_url,
            "REDIS_URL": places.redis_url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "CIMAR_TOKEN_KEY": secrets.token_urlsafe(50),
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, what: str, *command: str, code: Path = CHECKOUT) -> str:
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, *command],
            cwd=code,
            env={**self.environment, "PYTHONPATH": str(code)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            raise Failed(f"{what}: failed, and its lines stand above.")
        print(f"ok      {what} ({time.monotonic() - begun:.1f} s)", flush=True)
        return done.stdout


@contextmanager
def _place() -> Iterator[tuple[Place, Path]]:
    # Imported here: it reads the environment of a test run.
    from tests.plumbing import database

    folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
    place = Place(folder / "data")
    with database.owner() as owner:
        owner.execute(f"CREATE DATABASE {place.database}")
    try:
        yield place, folder / "before"
    finally:
        database.drop(place.database)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    try:
        commit = history.commit_before()
    except history.NoHistory as why:
        print(f"Not rehearsed: {why}")
        return 0
    print(f"Rehearsing the upgrade from {commit[:10]}.", flush=True)
    try:
        with _place() as (place, before):
            history.unpack(commit, before)
            _rehearse(place, before)
    except Failed as failed:
        print(f"FAILED  {failed}", file=sys.stderr)
        return 1
    return 0


def _rehearse(place: Place, before: Path) -> None:
    from tests.rehearsal.locks import Watch

    place.run(
        "the commit before prepares a database", "manage.py", "prepare", "--verbosity", "0", code=before
    )
    place.run("the commit before loads its demo", "manage.py", "load_demo", code=before)
    with Watch(place.database) as watch:
        place.run("this checkout migrates it", "manage.py", "prepare", "--verbosity", "0")
    longest = watch.longest()
    print(f"        longest lock: {longest.seconds:.2f} s, {longest.mode} on {longest.table}")
    if longest.seconds > LONGEST_LOCK:
        raise Failed(
            f"{longest.mode} on {longest.table} was held for {longest.seconds:.2f} s: nobody may wait that long."
        )
    looks = [(check, ["manage.py", check], CHECKOUT) for check in CHECKS]
    looks += [("this checkout's pages", ["-c", LOOK], CHECKOUT)]
    looks += [("the pages of the commit before, on the new schema", ["-c", LOOK], before)]
    failed = [what for what, command, code in looks if not _went_well(place, what, command, code)]
    if failed:
        raise Failed(f"{'; '.join(failed)}. The lines above say why.")


def _went_well(place: Place, what: str, command: list[str], code: Path) -> bool:
    try:
        place.run(what, *command, code=code)
    except Failed as failed:
        print(f"FAILED  {failed}", flush=True)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
