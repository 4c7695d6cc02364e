"""bin/dev as a developer meets it, in a copy of the checkout that nobody else can enter."""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cimar.embedded import processes
from cimar.embedded.places import Places
from cimar.installation import CHECKOUT
from tests.plumbing import logs

pytestmark = [pytest.mark.process, pytest.mark.slow]
START = 120
CHANGED = "<!-- A developer was here. -->"
# What tests set for themselves must not reach a developer's start.
OURS = ("CIMAR_", "DJANGO_", "PYTEST_")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """A checkout under a 0700 home, sharing our .venv: as root, the servers' user cannot reach it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    checkout = (home / "checkout").resolve()
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=CHECKOUT, text=True
    )
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, checkout / name)
    (checkout / ".venv").symlink_to(CHECKOUT / ".venv")
    yield checkout
    logs.keep(home / "dev.log")
    processes.send(left_of(checkout), signal.SIGKILL)
    places = Places("dev", checkout)
    for folder in (places.sockets, Path("/var/lib") / places.name):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "CIMAR_DEMO": "no"}


class Dev:
    """One `bin/dev`."""

    def __init__(self, checkout: Path, environment: dict[str, str]) -> None:
        self.log = checkout.parent / "dev.log"
        logs.keep(self.log)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [checkout / "bin" / "dev"], env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def told(self) -> str:
        return self.log.read_text()

    def address(self) -> str:
        ready = re.compile(r"CIMAR is ready: (\S+)")
        arrived = processes.wait(lambda: self.process.poll() is not None or ready.search(self.told), START)
        match = ready.search(self.told)
        assert arrived and match, self.told
        return match[1]


def sign_in(address: str) -> str:
    with urllib.request.urlopen(address) as page:
        return page.read().decode()


def web_process(checkout: Path) -> list[int]:
    """What answers requests: gunicorn's workers, which a change to a template does not restart."""
    return sorted(
        pid for pid in left_of(checkout) if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def left_of(checkout: Path) -> list[int]:
    """Every process whose command line or working folder is in the checkout, and its servers."""
    places = Places("dev", checkout)
    signs = (str(checkout), places.name)
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _mentions(pid, signs)]


def _mentions(pid: int, signs: tuple[str, ...]) -> bool:
    if pid == os.getpid() or not processes.started(pid):
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return any(sign in command + os.readlink(f"/proc/{pid}/cwd") for sign in signs)
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Looks for what is left in /proc.")
def test_bin_dev_starts_refuses_a_second_survives_kill_9_and_stops_cleanly(copy, environment):
    first = Dev(copy, environment)
    url = first.address()
    with urllib.request.urlopen(url) as page:
        assert page.status == 200

    before = web_process(copy)
    assert CHANGED not in sign_in(url)
    template = copy / "templates" / "base.html"
    template.write_text(template.read_text().replace("</body>", f"{CHANGED}</body>"))
    assert CHANGED in sign_in(url)
    assert web_process(copy) == before

    second = subprocess.run(
        [copy / "bin" / "dev"], env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"already running at {url}" in second.stderr
    with urllib.request.urlopen(url) as page:
        assert page.status == 200

    processes.send(left_of(copy), signal.SIGKILL)
    first.process.wait()
    assert processes.wait(lambda: not left_of(copy), 10)

    again = Dev(copy, environment)
    with urllib.request.urlopen(again.address()) as page:
        assert page.status == 200
    again.process.kill()
    again.process.wait()

    third = Dev(copy, environment)
    with urllib.request.urlopen(third.address()) as page:
        assert page.status == 200
    assert third.told.count("left over from an earlier start that was killed") == 3

    third.process.send_signal(signal.SIGINT)
    assert third.process.wait(timeout=30) == 0
    assert left_of(copy) == []
