"""Every line that a run of the tests logs is kept, and at its end read for the patients of the demo and the tests.

What is read is what production would have written: the product's own formatter, with everything switched on that an
environment variable can switch on. The output of processes that tests start is read as well (`keep`).
"""

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from cimar.embedded import processes
from tests.plumbing import PLACES

# Inherited by the test processes of this run and by those that tests start.
FOLDER = "TEST_LINES"
# Loggers of the tests' own tools, not of the product: the mail server that refuses on command prints what it is sent.
TOOLS = ("mail.log",)
# Parts of names that are words of their own, or the names of the demo's staff as well.
SHORTEST = 5
ORDINARY = {"pattern", "peter"}


@dataclass(frozen=True)
class Finding:
    file: str
    number: int
    line: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}: {self.line}"


def patients() -> re.Pattern[str]:
    """Names part by part, numbers, birth dates and accession numbers: of the demo, of the cast, of the factories."""
    from cimar.demo.studies import STUDIES
    from tests.cast import PATIENTS

    names = [study.patient.name for study in STUDIES] + list(PATIENTS)
    parts = {part.lower() for name in names for part in re.split(r"[\^\-\s=]", name)}
    born = {study.patient.born for study in STUDIES} - {""}
    words = {part for part in parts if len(part) >= SHORTEST} - ORDINARY
    words |= born | {f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in born}
    words |= {study.patient_id for study in STUDIES}
    patterns = [re.escape(word) for word in sorted(words)]
    # As the factories number patients, and as the demo's files number accessions.
    patterns += [r"MRN\d{6}", *(rf"{start}\d{{7}}" for start in {study.patient_id[:2] for study in STUDIES})]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(patterns)})(?![^\W_])", re.IGNORECASE)


def search(folder: Path) -> list[Finding]:
    """Masked: what must not be in a log must not be in a report either."""
    pattern, found = patients(), []
    for file in sorted(folder.iterdir()):
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(Finding(file.name, number, pattern.sub("▇▇▇", line)[:500]))
    return found


def keep(file: Path) -> None:
    """What a process that a test started has printed; call it before the file goes."""
    if (folder := os.environ.get(FOLDER)) and file.exists():
        shutil.copyfile(file, Path(folder) / f"{os.getpid()}-{len(os.listdir(folder))}-{file.name}")


class Lines(logging.FileHandler):
    """What production would write, with the logger in each line."""

    def __init__(self, folder: Path) -> None:
        from cimar import logs

        super().__init__(folder / f"{os.getpid()}.log", encoding="utf-8", delay=True)
        self.setFormatter(logs.Lines())
        self.addFilter(lambda record: not record.name.startswith(TOOLS))


def attach(folder: Path) -> None:
    """CIMAR_LOG_LEVEL=DEBUG reaches the root alone, and so do we: what has a level of its own keeps it."""
    root = logging.getLogger()
    for handler in root.handlers:
        handler.setLevel(max(handler.level, root.level))
    root.setLevel(logging.DEBUG)
    root.addHandler(Lines(folder))


# --- The run ------------------------------------------------------------------------------------------------


class Run:
    """The process that the run began with: it makes the folder, and reads it when all is over."""

    def __init__(self) -> None:
        self.home = PLACES.home / "lines"
        self.home.mkdir(exist_ok=True)
        self._forget_the_dead()
        self.folder = self.home / f"{os.getpid()}-{processes.started(os.getpid())}"
        self.folder.mkdir()
        self.found: list[Finding] = []
        os.environ[FOLDER] = str(self.folder)

    def _forget_the_dead(self) -> None:
        for folder in self.home.iterdir():
            pid, since = folder.name.split("-", 1)
            if not processes.alive(int(pid), since):
                shutil.rmtree(folder, ignore_errors=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.found = search(self.folder)
        if self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("patients in the log", red=True)
            terminalreporter.write_line(f"{len(self.found)} lines name one; the files are in {self.folder}")
            for finding in self.found[:20]:
                terminalreporter.write_line(str(finding))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Run(), "cimar-lines")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Here the settings have been read, which replace all handlers."""
    attach(Path(os.environ[FOLDER]))
