"""Makes .venv from the locked requirements, then becomes the command it was given. Needs nothing installed."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = CHECKOUT / "requirements-dev.txt"
STAMP = VENV / ".requirements-installed"
# What the installers write. It is kept for the day on which they fail; the terminal shows one line of progress.
LOG = CHECKOUT / ".cimar" / "setup.log"
LAST_LINES = 10


def prepare() -> None:
    """Two starts at once install once: the second waits."""
    (CHECKOUT / ".cimar").mkdir(exist_ok=True)
    with (CHECKOUT / ".cimar" / "setup.lock").open("a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
        if _works() and STAMP.exists() and STAMP.read_text().strip() == wanted:
            return
        LOG.write_text("")
        if not _works():
            _make()
        STAMP.unlink(missing_ok=True)
        _install()
        STAMP.write_text(wanted)


def _works() -> bool:
    """A folder that was moved, or whose Python was removed, is made anew."""
    try:
        done = subprocess.run(
            [PYTHON, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0 and Path(done.stdout.strip()) == VENV


def _make() -> None:
    if importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    elif uv := shutil.which("uv"):
        command = [uv, "venv", "--clear", "--seed", "--python", sys.executable, str(VENV)]
    else:
        sys.exit(
            f"This Python ({sys.executable}) cannot make a virtual environment: ensurepip is missing. On Debian or "
            "Ubuntu run `apt-get install python3-venv` as root, then start this again."
        )
    if not _quietly(f"Making .venv with Python {sys.version.split()[0]}", command):
        _fail("The virtual environment could not be made.")


def _install() -> None:
    doing = f"Installing the packages of {LOCK.name}"
    if uv := shutil.which("uv"):
        command = [uv, "pip", "sync", "--python", str(PYTHON), "--require-hashes", str(LOCK)]
        if _quietly(doing, command):
            return
        doing += " with pip, since uv failed"
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    if not _quietly(doing, [*pip, "-r", str(LOCK)]):
        _fail("The requirements could not be installed.")


def _quietly(doing: str, command: Sequence[str]) -> bool:
    """Run it with its output in the log. One line says what is done, and on a terminal for how long already."""
    begun = time.monotonic()
    print(f"{doing} …", end="", flush=True)
    with LOG.open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            while running.poll() is None:
                time.sleep(0.1)
                if sys.stdout.isatty():
                    print(f"\r{doing} … {time.monotonic() - begun:.0f} s", end="", flush=True)
        except KeyboardInterrupt:
            running.terminate()
            raise
    print(f"\r{doing} … {time.monotonic() - begun:.0f} s" if sys.stdout.isatty() else "", flush=True)
    return running.returncode == 0


def _fail(sentence: str) -> None:
    """With the end of the log, where installers say why."""
    last = LOG.read_text(errors="replace").splitlines()[-LAST_LINES:]
    sys.exit("\n".join([*(f"  {line}" for line in last), f"{sentence} The whole output is in {LOG}."]))


if __name__ == "__main__":
    try:
        prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(f"{error.filename} belongs to another user. Run this as the user who made it, or remove it.")
    os.chdir(CHECKOUT)
    os.execv(PYTHON, [str(PYTHON), *sys.argv[1:]])
