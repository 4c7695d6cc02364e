"""The private Valkey: Celery's broker, reached through a socket only."""

import signal
import socket
from pathlib import Path

from cimar.embedded import binaries
from cimar.embedded.server import Command, Server


class Valkey(Server):
    """Its answer over the socket shows whether it runs, and its process id."""

    name = "valkey"
    gentle, hard, stop_patience = signal.SIGTERM, signal.SIGKILL, 15

    @property
    def socket(self) -> Path:
        return self.places.sockets / "valkey.sock"

    def command(self) -> Command:
        keep = "yes" if self.places.durable else "no"
        folder = self.places.server_folder(self.name)
        command: Command = [binaries.valkey(self.places), "--port", "0", "--unixsocket", self.socket]
        command += ["--unixsocketperm", "700", "--dir", folder, "--appendonly", keep, "--save", ""]
        return [*command, "--loglevel", "warning"]

    def answers(self) -> bool:
        return bool(self.pid())

    def pid(self) -> int:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5)
                line.connect(str(self.socket))
                line.sendall(b"INFO server\r\n")
                answer = line.recv(65536).decode()
        except OSError:
            return 0
        ids = [row.partition(":")[2] for row in answer.splitlines() if row.startswith("process_id:")]
        return int(ids[0]) if ids else 0
