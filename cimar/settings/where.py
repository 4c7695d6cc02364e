"""Where this process is: its profile, its folders, the address that people type."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cimar.environment import Environment

if TYPE_CHECKING:
    from cimar.embedded.places import Places

BASE_DIR = Path(__file__).resolve().parents[2]

# What is wrong with it is collected by every part, and said once all of them have been read.
env = Environment(os.environ)

# Without DATABASE_URL or REDIS_URL the private services of bin/dev and bin/test are meant.
CIMAR_PROFILE = os.environ.get("CIMAR_PROFILE", "dev")
embedded = "DATABASE_URL" not in env
CIMAR_DATA = Path(env.text("CIMAR_DATA", str(BASE_DIR / ".cimar" / CIMAR_PROFILE)))


def private_services() -> "Places":
    """Where PostgreSQL and Valkey of this profile listen. Loaded only where no address is set."""
    from cimar.embedded.places import Places

    return Places(CIMAR_PROFILE)


# Shows the pages that only a developer wants, such as the mails that were sent. Features never read DEBUG.
CIMAR_DEVELOPMENT = env.flag("CIMAR_DEVELOPMENT", embedded)
DEBUG = env.flag("CIMAR_DEBUG", False)

CIMAR_BASE_URL = env.text("CIMAR_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
base = urlsplit(CIMAR_BASE_URL)
https = base.scheme == "https"
if not CIMAR_DEVELOPMENT and not https:
    env.complain(
        "CIMAR_BASE_URL has to be the address that people type, and begin with https://, "
        "for example https://studies.hospital.example. Passwords and images travel under it."
    )
