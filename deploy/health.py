"""Asks this container's own web server whether it is well: python deploy/health.py http://127.0.0.1:8000/health/ready"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit


def main(url: str) -> int:
    # Under the name that people use: any other host is refused.
    host = urlsplit(os.environ.get("CIMAR_BASE_URL", "")).hostname or "localhost"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=5) as answer:
            return 0 if answer.status == 200 else 1
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
