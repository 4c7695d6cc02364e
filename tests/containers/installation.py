"""One installation of this checkout, made by the commands of docs/install.md."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable

import yaml

from cimar.installation import CHECKOUT
from tests.containers import manual, marker, standins
from tests.containers.engine import Engine, Failed, run
from tests.containers.people import Door, MailBox

HOST = "studies.hospital.example"
PATIENCE = 420  # seconds for services to become healthy, on a machine that does other things as well
ENDS = {"migrate", "backup"}
DIMSE_PORT = 11112
BACKUPS_BELONG_TO = (10001, 10001)


class Installation:
    """A folder with the checkout's files, and a compose project of its own name."""

    def __init__(self, engine: Engine, name: str = "cimar-rehearsal") -> None:
        self.engine, self.name = engine, name
        self.folder = engine.home / "installations" / name
        self.backups = self.folder.with_name("backups")
        # A project that stands already keeps its ports.
        kept = self.folder / "ports"
        ports = kept.read_text().split() if kept.exists() else (_free_port(), _free_port())
        self.http, self.https = map(int, ports)
        self.door = Door(HOST, self.https, self.folder / "chain.pem")
        self.mails = MailBox()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.engine.environment,
            "COMPOSE_PROJECT_NAME": self.name,
            # Four services share an image: built one after the other, three of them find it built.
            "COMPOSE_PARALLEL_LIMIT": "1",
            "COMPOSE_ANSI": "never",
        }

    def shell(self, command: str) -> str:
        """A line of the manual, in the installation's folder."""
        return run("sh", "-c", command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL)

    def compose(self, arguments: str) -> str:
        return self.shell(f"docker compose {arguments}")

    def unpack(self, commit: str = "") -> None:
        """Stands for `git clone`: the files of this checkout as they are now, or as a commit has them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if commit:
            self._unpack_commit(commit)
        else:
            self._unpack_checkout()
        (self.folder / "ports").write_text(f"{self.http} {self.https}")

    def pull(self) -> None:
        """Stands for `git pull`: the files of this checkout; what the installation added to the old ones stays."""
        for name in filter(None, (self.folder / "files").read_text().split("\0")):
            (self.folder / name).unlink(missing_ok=True)
        self._unpack_checkout()

    def _unpack_checkout(self) -> None:
        listed = run(
            "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT
        ).split("\0")
        for name in filter(None, listed):
            source, target = CHECKOUT / name, self.folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)

    def _unpack_commit(self, commit: str) -> None:
        archive = self.folder.with_name("commit.tar")
        run("git", "archive", f"--output={archive}", commit, cwd=CHECKOUT)
        run("tar", "-xf", archive, "-C", self.folder)
        archive.unlink()
        listed = run("git", "ls-tree", "-r", "-z", "--name-only", commit, cwd=CHECKOUT)
        (self.folder / "files").write_text(listed)

    def build(self, command: str) -> str:
        """By the manual's command; nothing to do where images of the very same files are there already."""
        version = manual.value(self.folder / ".env", "CIMAR_VERSION")
        digest, built = hashlib.sha256(), self.engine.home / f"built-{version}"
        for image in standins.wanted(self.folder):
            digest.update(self.engine.podman("image", "inspect", "--format={{.Id}}", image).encode())
        digest.update(marker.state(self.folder, marker.BUILT_FROM).encode())
        if built.exists() and built.read_text() == digest.hexdigest() and self._has_images():
            return "built before, of the same files"
        built.unlink(missing_ok=True)
        self.shell(command)
        built.write_text(digest.hexdigest())
        return ""

    def _has_images(self) -> bool:
        services = yaml.safe_load(self.compose("--profile tools config"))["services"].values()
        try:
            for image in {service["image"] for service in services if "build" in service}:
                self.engine.podman("image", "exists", image)
        except Failed:
            return False
        return True

    def certificate(self) -> None:
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        names = f"-subj /CN={HOST} -addext subjectAltName=DNS:{HOST}"
        self.shell(f"{command} {names} -out chain.pem -keyout key.pem")

    def take_certificate_of(self, other: "Installation") -> None:
        for name in ("chain.pem", "key.pem"):
            shutil.copy(other.folder / name, self.folder / name)

    def make_backups_folder(self) -> None:
        """As the manual says: outside of the engine's volumes, of the user that makes backups."""
        self.backups.mkdir(mode=0o700, exist_ok=True)
        os.chown(self.backups, *BACKUPS_BELONG_TO)

    def fill_in(self, **more: str) -> None:
        """What the manual leaves to the hospital, and the settings it gives for a try without a mail server."""
        self.make_backups_folder()
        for_mail = dict(
            one.split("=", 1)
            for one in manual.quoted("To look at it without a mail server")
            if re.fullmatch(r"EMAIL_\w+=\S*", one)
        )
        values = {
            "CIMAR_BASE_URL": f"https://{HOST}",
            "CIMAR_HTTP_PORT": f"127.0.0.1:{self.http}",
            "CIMAR_HTTPS_PORT": f"127.0.0.1:{self.https}",
            "CIMAR_BACKUPS": str(self.backups),
            "CIMAR_DIMSE_PORT": f"127.0.0.1:{DIMSE_PORT}",
            "EMAIL_HOST_USER": "",
            **for_mail,
            **more,
        }
        file = self.folder / ".env"
        file.write_text(manual.filled(file.read_text(), values))

    def containers(self) -> dict[str, dict[str, str]]:
        """By name: the service, whether it runs, and how it is by its own check."""
        ids = self.engine.podman(
            "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}"
        ).split()
        if not ids:
            return {}
        shown = yaml.safe_load(self.engine.podman("inspect", *ids))
        return {
            one["Name"]: {
                "service": one["Config"]["Labels"]["com.docker.compose.service"],
                "id": one["Id"],
                "status": one["State"]["Status"],
                "health": (one["State"].get("Health") or one["State"].get("Healthcheck") or {}).get(
                    "Status", ""
                ),
            }
            for one in shown
        }

    def wait_until_healthy(self) -> None:
        """Every service that lasts."""
        self.wait(lambda: not self.unwell(), lambda: f"not healthy: {self.unwell()}")

    def unwell(self) -> list[str]:
        return sorted(
            f"{name} {one['status']} {one['health']}"
            for name, one in self.containers().items()
            if one["service"] not in ENDS and one["health"] != "healthy"
        )

    def wait(self, done: Callable[[], object], why: Callable[[], str], patience: float = PATIENCE) -> None:
        until = time.monotonic() + patience
        while not done():
            if time.monotonic() > until:
                raise Failed(f"{why()} after {patience:.0f} s.\n{self.logs()}")
            time.sleep(1)

    def logs(self) -> str:
        try:
            return self.compose("logs --tail 15 --no-color")[-8000:]
        except Failed as failed:
            return str(failed)

    def remove(self) -> None:
        """By its name, volumes and all."""
        if (self.folder / ".env").exists():
            self.compose(
                "--profile dev --profile tools --profile dimse down --volumes --timeout 1 --remove-orphans"
            )
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
