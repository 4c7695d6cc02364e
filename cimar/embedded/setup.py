"""Makes .venv from the locked requirements, then becomes the command it was given. Needs nothing installed."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = CHECKOUT / "requirements-dev.txt"
STAMP = VENV / ".requirements-installed"


def prepare() -> None:
    """Two starts at once install once: the second waits."""
    (CHECKOUT / ".cimar").mkdir(exist_ok=True)
    with (CHECKOUT / ".cimar" / "setup.lock").open("a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
        if _works() and STAMP.exists() and STAMP.read_text().strip() == wanted:
            return
        if not _works():
            _make()
        print("Installing the packages of requirements-dev.txt …", flush=True)
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
    print(f"Making .venv with Python {sys.version.split()[0]} …", flush=True)
    if importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    elif uv := shutil.which("uv"):
        command = [uv, "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(VENV)]
    else:
        sys.exit(
            f"This Python ({sys.executable}) cannot make a virtual environment: ensurepip is missing. On Debian or "
            "Ubuntu run `apt-get install python3-venv` as root, then start this again."
        )
    if subprocess.run(command, check=False).returncode:
        sys.exit("The virtual environment could not be made; see the output above.")


def _install() -> None:
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(LOCK)]
        if subprocess.run(command, check=False).returncode == 0:
            return
        print("uv failed; trying pip …", flush=True)
    quiet = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.run([PYTHON, "-m", "pip", "install", *quiet, "-r", str(LOCK)], check=False).returncode:
        sys.exit("The requirements could not be installed; see the output above.")


if __name__ == "__main__":
    try:
        prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        sys.exit(f"{error.filename} belongs to another user. Run this as the user who made it, or remove it.")
    os.chdir(CHECKOUT)
    os.execv(PYTHON, [str(PYTHON), *sys.argv[1:]])
