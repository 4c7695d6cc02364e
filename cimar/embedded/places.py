"""Where the embedded services keep their data and their sockets."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

from cimar.installation import APP_ROLE, CHECKOUT, DATABASE, OWNER_ROLE, Problem

NEEDED_MEMORY_DISK = 1 << 30


def server_user() -> pwd.struct_passwd:
    """The user who runs the servers: PostgreSQL refuses root, so root runs them as the user `nobody`."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def as_server_user() -> dict[str, Any]:
    """Arguments for subprocess that make the child run as `server_user`, in a folder it can always read."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    user = server_user()
    return {"cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def server_user_can(test: str, path: Path) -> bool:
    """`test` is a letter of test(1); it is tried, since file modes alone do not decide."""
    command = ["/bin/sh", "-c", f'test -{test} "$0"', str(path)]
    return subprocess.run(command, check=False, **as_server_user()).returncode == 0


class Places:
    """The folders of a profile: `dev` and `bench` keep their data, `test…` may lose it."""

    def __init__(self, profile: str = "dev", checkout: Path = CHECKOUT) -> None:
        if profile not in ("dev", "bench") and not profile.startswith("test"):
            raise Problem(
                f"There is no profile {profile!r}: it is dev, bench, or a name that begins with test."
            )
        self.profile = profile
        self.durable = not profile.startswith("test")
        self.checkout = checkout
        digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:10]
        self.name = f"cimar-{server_user().pw_uid}-{digest}"
        # Short, and independent of the session's environment: a socket path may have 107 bytes at most.
        self.sockets = Path("/tmp") / f"{self.name}-{profile}"
        self.home = checkout / ".cimar" / profile
        self.log = self.home / "log"

    @property
    def database_url(self) -> str:
        return self._url(APP_ROLE)

    @property
    def database_owner_url(self) -> str:
        return self._url(OWNER_ROLE)

    @property
    def redis_url(self) -> str:
        return f"redis+socket://{self.sockets}/valkey.sock"

    def _url(self, role: str) -> str:
        return f"postgres://{role}@{urllib.parse.quote(str(self.sockets), safe='')}/{DATABASE}"

    def make(self) -> None:
        """Make the folders of the checkout and the socket folder, and refuse folders of other users."""
        try:
            self.log.mkdir(parents=True, exist_ok=True)
            (self.home / "lock").touch()
        except PermissionError as error:
            raise Problem(
                f"{self.checkout / '.cimar'} belongs to another user. "
                "Run this as the user who made it, or remove that folder."
            ) from error
        _private(self.sockets)

    def servers_home(self) -> Path:
        """The servers' own data: in memory for tests where there is room, else in the checkout if they can reach it."""
        if not self.durable and (memory := self._memory_disk()):
            return memory
        if os.geteuid() != 0 or server_user_can("x", self.home):
            return self.home
        # The checkout lies under a folder closed to others, such as a 0700 home.
        return Path("/var/lib") / self.name / self.profile

    def _memory_disk(self) -> Path | None:
        disk, home = Path("/dev/shm"), Path("/dev/shm") / f"{self.name}-{self.profile}"
        if sys.platform != "linux" or not os.access(disk, os.W_OK):
            return None
        room = os.statvfs(disk)
        return home if home.exists() or room.f_bavail * room.f_frsize >= NEEDED_MEMORY_DISK else None

    def server_folder(self, name: str) -> Path:
        home = self.servers_home()
        home.mkdir(parents=True, exist_ok=True)
        if home.lstat().st_uid != os.geteuid():
            raise Problem(f"{home} belongs to another user. Remove it and start again.")
        if home != self.home:
            home.chmod(0o711)
            (home / "checkout").write_text(str(self.checkout))
        return _private(home / name)

    def forget_lost_checkouts(self) -> None:
        """Free the memory that test servers of removed checkouts have left taken."""
        for note in Path("/dev/shm").glob(f"cimar-{server_user().pw_uid}-*-test*/checkout"):
            if note.lstat().st_uid == os.geteuid() and not Path(note.read_text()).exists():
                shutil.rmtree(note.parent, ignore_errors=True)


def _private(folder: Path) -> Path:
    """Make a 0700 folder of the server user; in a shared parent another user may have made it first."""
    user = server_user()
    try:
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, user.pw_uid, user.pw_gid)
    except FileExistsError:
        pass
    made = folder.lstat()
    if not stat.S_ISDIR(made.st_mode) or made.st_uid != user.pw_uid or stat.S_IMODE(made.st_mode) != 0o700:
        raise Problem(f"{folder} is not a 0700 folder of {user.pw_name}'s. Remove it and start again.")
    return folder
