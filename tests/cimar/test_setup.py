"""The first start: a line of progress for each step; the installers' output is in a log, named where they fail."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cimar.embedded import setup

CHATTER = (
    "import sys; print('Resolved 200 packages'); print('warning: odd', file=sys.stderr); sys.exit({code})"
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, whose installers are this Python."""
    lock = tmp_path / "requirements-dev.txt"
    lock.write_text("nothing==1\n")
    for name, value in {
        "CHECKOUT": tmp_path,
        "VENV": tmp_path / ".venv",
        "PYTHON": tmp_path / ".venv/bin/python",
        "LOCK": lock,
        "STAMP": tmp_path / ".requirements-installed",
        "LOG": tmp_path / ".cimar/setup.log",
    }.items():
        monkeypatch.setattr(setup, name, value)
    return tmp_path


def installers(monkeypatch: pytest.MonkeyPatch, *, codes: Sequence[int]) -> None:
    """Each started installer writes and ends with the next code."""
    left, start = list(codes), subprocess.Popen

    def popen(command: Sequence[str], **more: object) -> object:
        return start([sys.executable, "-c", CHATTER.format(code=left.pop(0))], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)


def test_what_installers_write_is_in_the_log_and_not_on_the_terminal(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    installers(monkeypatch, codes=[0, 0])
    monkeypatch.setattr(setup, "_works", lambda: False)

    setup.prepare()

    shown = capfd.readouterr()
    assert shown.err == ""
    assert len(shown.out.splitlines()) == 2
    assert "Installing the packages of requirements-dev.txt …" in shown.out
    assert "Resolved" not in shown.out
    log = (checkout / ".cimar/setup.log").read_text()
    assert log.count("Resolved 200 packages") == log.count("warning: odd") == 2
    assert (checkout / ".requirements-installed").exists()


def test_the_log_is_named_and_its_end_shown_where_nothing_could_be_installed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    installers(monkeypatch, codes=[0, 3, 3])
    monkeypatch.setattr(setup, "_works", lambda: False)
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")

    with pytest.raises(SystemExit) as end:
        setup.prepare()

    said = str(end.value)
    assert (
        f"The requirements could not be installed. The whole output is in {checkout / '.cimar/setup.log'}."
        in said
    )
    assert "warning: odd" in said
    assert "since uv failed" in capfd.readouterr().out
    assert not (checkout / ".requirements-installed").exists()


def test_where_all_is_installed_nothing_is_shown(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    installers(monkeypatch, codes=[0])
    monkeypatch.setattr(setup, "_works", lambda: True)
    setup.prepare()
    capfd.readouterr()

    setup.prepare()

    assert capfd.readouterr() == ("", "")
