"""A PostgreSQL and a Valkey that one module may kill, with a migrated database in them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cimar.embedded.services import Services
from cimar.installation import CHECKOUT


class OwnServices(Services):
    """`own.postgres.stop()`, `own.valkey.start()`, `own.keep_up()`; processes get `own.environment`."""

    def __init__(self, profile: str, data: Path) -> None:
        super().__init__(profile)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CIMAR_")}
        self.environment = {
            **kept,
            "CIMAR_PROFILE": profile,
            "CIMAR_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "cimar.settings",
        }

    def manage(self, *arguments: str) -> str:
        """A command of manage.py on these services."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def forget(self) -> None:
        self.stop()
        for folder in (self.places.servers_home(), self.places.home, self.places.sockets):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def own_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServices]:
    own = OwnServices(f"test-own-{os.getpid()}", tmp_path_factory.mktemp("data"))
    own.enter()
    try:
        own.manage("prepare", "--verbosity", "0")
        yield own
    finally:
        own.leave()
        own.forget()
