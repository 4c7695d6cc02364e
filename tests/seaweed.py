"""Where SeaweedFS meets other servers of one machine: sockets in /tmp, named by nothing but a port.

One that a killed server left there, of another user perhaps, is in the way of the next on the same port.
"""

from contextlib import suppress
from pathlib import Path

from tests.mail_server import MailServer

# Each takes its port plus 10000 as well, where nobody says otherwise.
HIGHEST = 55_000
SOCKETS = Path("/tmp")  # SeaweedFS asks nobody where


class Ports:
    """Free ports for the servers' talk among themselves, and the sockets that are gone afterwards."""

    def __init__(self) -> None:
        self.inner = {part: free_port() for part in ("master", "volume", "filer", "s3")}

    def arguments(self, folder: Path) -> list[str]:
        return [
            *(f"-{part}.port.grpc={port}" for part, port in self.inner.items()),
            f"-s3.localSocket={folder / 's3.sock'}",
        ]

    def tidy(self) -> None:
        for port in self.inner.values():
            for left in SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
                with suppress(OSError):
                    left.unlink()


def free_port() -> int:
    while (port := MailServer().port) > HIGHEST:
        pass
    return port
