"""Debian's Orthanc with its DICOMweb plugin, in a folder of its own."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
LOCALHOST = "127.0.0.1"


def why_not_here() -> str:
    """A sentence where it is not installed; else empty."""
    if shutil.which("Orthanc", path="/usr/bin:/usr/sbin:/usr/local/bin") is None or not PLUGIN.exists():
        return (
            "orthanc and orthanc-dicomweb are not installed here: apt-get install orthanc orthanc-dicomweb."
        )
    return ""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind((LOCALHOST, 0))
        return int(listening.getsockname()[1])


class Orthanc:
    def __init__(self, http: int, process: int = 0) -> None:
        self.port, self.process = http, process
        self.url = f"http://{LOCALHOST}:{http}"

    def ask(self, path: str, data: bytes | None = None) -> Any:
        return json.loads(self.bytes_of(path, data) or b"null")

    def bytes_of(self, path: str, data: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}", data=data)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content

    def post(self, path: str, what: Any) -> Any:
        return self.ask(path, json.dumps(what).encode())


@contextlib.contextmanager
def orthanc(folder: Path, **more: Any) -> Iterator[Orthanc]:
    http = free_port()
    configuration = {
        "StorageDirectory": str(folder), "IndexDirectory": str(folder), "HttpPort": http, "DicomPort": free_port(),
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "Plugins": [str(PLUGIN)], **more,
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    command = shutil.which("Orthanc", path="/usr/bin:/usr/sbin:/usr/local/bin") or "Orthanc"
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([command, str(folder / "orthanc.json")], stdout=log, stderr=log)
        try:
            peer = Orthanc(http, process.pid)
            for _try in range(100):
                with contextlib.suppress(OSError):
                    peer.ask("/system")
                    break
                time.sleep(0.1)
            yield peer
        finally:
            process.terminate()
            process.wait(timeout=20)
