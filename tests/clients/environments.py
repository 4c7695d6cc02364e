"""Where the foreign clients are: virtual environments under .cimar, and Debian's programs."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cimar.installation import CHECKOUT

CLIENTS = {
    "dicomweb-client": ["dicomweb-client==0.61.2", "pydicom==3.0.2", "pillow==13.0.0"],
    "dicomtrolley": ["dicomtrolley==4.1.0", "pydicom==3.0.2"],
    "pynetdicom": ["pynetdicom==3.0.4", "pydicom==3.0.2"],
}
# From npm, by the folder's name.
PACKAGES = {
    "dicomweb-client-js": ["dicomweb-client@0.11.3", "xhr2@0.2.1"],
    "kill-the-clipboard": ["kill-the-clipboard@1.1.0"],
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


def node_folder(client: str) -> tuple[Path, str]:
    """A folder that has these packages of npm and nothing else, made once, and Node's program."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not installed here: apt-get install npm.")
    wanted = PACKAGES[client]
    mark = hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:12]
    folder = CHECKOUT / ".cimar" / "clients" / f"{client}-{mark}"
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        command = [npm, "install", "--silent", "--no-save", "--ignore-scripts", *wanted]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode:
            pytest.skip(f"{client} cannot be had from npm here.")
        (folder / "whole").touch()
    return folder, node


def program(name: str, package: str) -> str:
    """Debian's program; `.ci/run` as root installs what Debian has."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{package} is not installed here: apt-get install {package}.")
    return path


def run(
    command: list[object], *, seconds: int = 100, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    words = [str(part) for part in command]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
