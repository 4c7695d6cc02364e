"""OHIF, the well-known web viewer, installed into the same server for as long as it is measured."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cimar.installation import CHECKOUT

# A release archive that somebody brought: `npm pack @ohif/app@3.13.2`.
ARCHIVE = "BENCH_OHIF"


@dataclass(frozen=True)
class Ohif:
    """`environment` is what the site needs to serve it; without an archive it is not there."""

    is_there: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def url(port: int, worklist: str, study_uid: str) -> str:
        return f"http://127.0.0.1:{port}/ohif/{worklist}/viewer?StudyInstanceUIDs={study_uid}"


@contextmanager
def ohif_of() -> Iterator[Ohif]:
    archive = os.environ.get(ARCHIVE, "")
    if not archive:
        yield Ohif()
        return
    with TemporaryDirectory(prefix="bench-ohif-") as folder:
        environment = {"CIMAR_OHIF_ROOT": str(Path(folder, "ohif"))}
        install = [sys.executable, "manage.py", "install_ohif", archive]
        subprocess.run(install, cwd=CHECKOUT, env=os.environ | environment, check=True, stdout=sys.stderr)
        yield Ohif(True, environment)
