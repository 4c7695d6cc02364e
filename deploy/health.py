"""Asks this container's own server whether it is well: python deploy/health.py http://127.0.0.1:8000/health/ready

dimse://127.0.0.1:11112 asks a receiver, by TLS where CIMAR_DIMSE_TLS is on.
"""

import os
import socket
import ssl
import struct
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

PATIENCE = 5  # seconds
ASSOCIATE, REJECT = 1, 3


def main(url: str) -> int:
    try:
        well = _receiver(url) if url.startswith("dimse:") else _site(url)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if well else 1


def _site(url: str) -> bool:
    # Under the name that people use: any other host is refused.
    host = urlsplit(os.environ.get("CIMAR_BASE_URL", "")).hostname or "localhost"
    asked = urllib.request.Request(url, headers={"Host": host})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        # What is wrong, for `docker inspect`.
        sys.stderr.write(refused.read(1000).decode("utf-8", "replace") + "\n")
        return False


def _receiver(url: str) -> bool:
    """Refuses an association of a version that there is not: no sender is looked up, and no refusal recorded."""
    to = urlsplit(url)
    version = 0
    asked = struct.pack(">HH16s16s32x", version, 0, b"HEALTH".ljust(16), b"HEALTH".ljust(16))
    with socket.create_connection((to.hostname or "", to.port or 0), PATIENCE) as line:
        if os.environ.get("CIMAR_DIMSE_TLS", "").lower() in {"1", "true", "yes", "on"}:
            # The certificate is the site's, and this container has no such name.
            line = ssl._create_unverified_context().wrap_socket(line)
        line.sendall(struct.pack(">BxI", ASSOCIATE, len(asked)) + asked)
        return line.recv(1) == bytes([REJECT])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
