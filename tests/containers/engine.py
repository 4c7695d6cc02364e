"""A container engine with storage, networks and settings of its own: the machine's others are left alone."""

import fcntl
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

PACKAGES = (
    "podman",
    "runc",
    "netavark",
    "aardvark-dns",
    "iptables",
    "catatonit",
    "conmon",
    "debootstrap",
)
PROGRAMS = ("podman", "runc", "iptables", "debootstrap")
# Processes that a container may have: above what compose.yml says for any, below what this machine lets root set.
PROCESSES = 4096
LAYERS_LAST = "168h"
# Where a machine does other things as well, all containers together would weigh as much as one of its sessions.
WEIGHTS = {
    Path("/sys/fs/cgroup/cpu/libpod_parent/cpu.shares"): 8192,  # of 1024 each
    Path("/sys/fs/cgroup/libpod_parent/cpu.weight"): 800,  # of 100 each
}


class Missing(Exception):
    """What keeps this machine from running an engine; the text says what to do."""


class Failed(Exception):
    """A step did not go as it should."""


def cache() -> Path:
    """Outside the checkout: stand-ins and built layers last from one run to the next."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cimar-rehearsal"


def run(*command: Any, env: Mapping[str, str] | None = None, **more: Any) -> str:
    """What it printed; where it fails, what it printed is the text of the failure."""
    more = {"check": False, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    done = subprocess.run([str(part) for part in command], env={**os.environ, **(env or {})}, **more)
    if done.returncode:
        said = "".join(part[-4000:] for part in (done.stdout, done.stderr))
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said}")
    return str(done.stdout)


def need() -> None:
    """Root and Debian's packages, or a sentence."""
    if os.geteuid() != 0:
        raise Missing("containers with networks of their own need root. Run it as root.")
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    missing += [] if Path("/usr/libexec/podman/catatonit").exists() else ["catatonit"]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Missing(f"{', '.join(missing)} missing, and this is no Debian. Install podman with runc.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run("apt-get", "update", "-q", env=quiet)
        run("apt-get", "install", "-q", "-y", "--no-install-recommends", *PACKAGES, env=quiet)
    except Failed as failed:
        raise Missing(f"Debian's packages for an engine are not to be had: {failed}") from failed


class Engine:
    """podman under the names that the manual uses: `docker` and `docker compose`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = Path("/run/cimar-rehearsal")
        self.socket = self.state / "engine.sock"
        self.network = self.state / "network"
        self.programs = home / "programs"
        self._service: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CONTAINERS_CONF": str(self.home / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.home / "storage.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(self.home / "registries.conf"),
            # There may be no systemd to ask the containers how they are: tests.containers.health does.
            "DISABLE_HC_SYSTEMD": "true",
            "DOCKER_HOST": f"unix://{self.socket}",
            # The engine builds by itself; buildkit is the other engine's.
            "DOCKER_BUILDKIT": "0",
            "PATH": f"{self.programs}:{os.environ['PATH']}",
        }

    def podman(self, *arguments: Any, **more: Any) -> str:
        return run("podman", *arguments, env=self.environment, **more)

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._lock = (self.home / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Missing("another rehearsal is running on this machine. Wait until it ends.") from None
        self._forget_last_start_of_the_machine()
        self._write_settings()
        self.programs.mkdir(exist_ok=True)
        docker = self.programs / "docker"
        docker.write_text(
            f'#!/bin/sh\n[ "$1" = compose ] && shift && exec {self.programs}/docker-compose "$@"\nexec podman "$@"\n'
        )
        docker.chmod(0o755)

    def start(self) -> None:
        _weigh()
        self.socket.unlink(missing_ok=True)
        log = (self.home / "engine.log").open("wb")
        self._service = subprocess.Popen(
            ["podman", "system", "service", "--time", "0", f"unix://{self.socket}"],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        until = time.monotonic() + 30
        while not self.socket.exists():
            if time.monotonic() > until or self._service.poll() is not None:
                raise Failed(f"the engine did not start: {(self.home / 'engine.log').read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """The engine alone: what runs in containers goes on."""
        if self._service is not None:
            self._service.terminate()
            self._service.wait(20)
            self._service = None

    def clear(self) -> None:
        """All that runs here was started here: the storage is this rehearsal's alone."""
        with suppress(Failed):
            self.forget_containers()
        shutil.rmtree(self.home / "installations", ignore_errors=True)

    def try_out(self, image: str) -> None:
        """What every service of the compose file needs; where it is not to be had, nothing can be said of them."""
        self.forget_containers()
        try:
            self.podman("network", "create", "--internal", "cimar-rehearsal-trial")
            limits = (
                "--memory=64m",
                "--cpus=1",
                "--pids-limit=20",
                "--cap-drop=ALL",
                "--read-only",
                "--init",
            )
            self.podman("run", "--rm", "--network=cimar-rehearsal-trial", *limits, image, "true")
        except Failed as failed:
            raise Missing(f"the engine runs no container on this machine: {failed}") from failed

    def forget_containers(self) -> None:
        self.podman("rm", "--all", "--force", "--time", "0", "--volumes")
        self.podman("network", "prune", "--force")
        self.podman("volume", "prune", "--force")

    def forget_old_layers(self) -> None:
        """What was built for a commit of last week helps no build of today."""
        with suppress(Failed):
            self.podman("image", "prune", "--force", "--filter", f"until={LAYERS_LAST}")

    def _forget_last_start_of_the_machine(self) -> None:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        noted = self.state / "boot_id"
        if not noted.exists() or noted.read_text() != boot:
            shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        noted.write_text(boot)

    def _write_settings(self) -> None:
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        (self.home / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\nrunroot = "{self.state}/storage"\ngraphroot = "{self.home}/storage"\n'
        )
        (self.home / "registries.conf").write_text('short-name-mode = "permissive"\n')
        (self.home / "containers.conf").write_text(
            "[containers]\n"
            f'default_ulimits = ["nofile={files}:{files}", "nproc={PROCESSES}:{PROCESSES}"]\n'
            "[engine]\n"
            'runtime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            "compat_api_enforce_docker_hub = false\n"
            f'tmp_dir = "{self.state}/engine"\n'
            "[network]\n"
            f'network_backend = "netavark"\nnetwork_config_dir = "{self.home}/networks"\n'
        )


def _weigh() -> None:
    for file, weight in WEIGHTS.items():
        with suppress(OSError):
            # Made by the first container, and there from then on.
            if (file.parent.parent / "cgroup.procs").exists():
                file.parent.mkdir(exist_ok=True)
                file.write_text(str(weight))
