"""Where the foreign clients are: virtual environments under .cimar, and Debian's programs."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cimar.installation import CHECKOUT

CLIENTS = {
    "dicomweb-client": ["dicomweb-client==0.61.2", "pydicom==3.0.2"],
    "dicomtrolley": ["dicomtrolley==4.1.0", "pydicom==3.0.2"],
    "pynetdicom": ["pynetdicom==3.0.4", "pydicom==3.0.2"],
}
SCRIPTS = Path(__file__).parent / "scripts"


def python_of(client: str) -> Path:
    """The Python of an environment that has this client and nothing of ours; made once, and kept."""
    wanted = CLIENTS[client]
    mark = hashlib.sha256(" ".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder = CHECKOUT / ".cimar" / "clients" / f"{client}-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        uv = Path(sys.executable).parent / "uv"
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder],
            [uv, "pip", "install", "--quiet", "--python", python, *wanted],
        ):
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
            if done.returncode:
                pytest.skip(f"{client} cannot be had from PyPI here.")
        (folder / "whole").touch()
    return python


def program(name: str, package: str) -> str:
    """Debian's program; `.ci/run` as root installs what Debian has."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{package} is not installed here: apt-get install {package}.")
    return path


def run(command: list[object], *, seconds: int = 100) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=seconds, check=False
    )
