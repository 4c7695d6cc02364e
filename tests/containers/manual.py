"""The commands and settings of docs/install.md and docs/operations.md, as they give them."""

import re
from collections.abc import Mapping
from pathlib import Path

from cimar.installation import CHECKOUT
from tests.containers.engine import Failed

PAGE = CHECKOUT / "docs" / "install.md"
OPERATIONS = CHECKOUT / "docs" / "operations.md"


def commands(heading: str, page: Path = PAGE) -> list[str]:
    """The lines of the first block of code below a heading, without their remarks."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page.read_text(), re.MULTILINE | re.DOTALL
    )
    block = re.search(r"(?:^    .*\n)+", found[1], re.MULTILINE) if found else None
    if not block:
        raise Failed(f"{page.name} has no commands below the heading {heading}.")
    return [re.sub(r"\s+#.*", "", line).strip() for line in block[0].splitlines()]


def quoted(sentence: str, page: Path = PAGE) -> list[str]:
    """What stands between backticks in the paragraph that begins so."""
    for paragraph in page.read_text().split("\n\n"):
        if paragraph.startswith(sentence):
            return re.findall(r"`([^`]+)`", paragraph)
    raise Failed(f"{page.name} has no paragraph that begins with {sentence!r}.")


def filled(env: str, values: Mapping[str, str]) -> str:
    """deploy/env.example with these values; a name that it does not have is refused."""
    for name, value in values.items():
        before = env
        env = re.sub(rf"^#?{name}=.*$", f"{name}={value}", env, count=1, flags=re.MULTILINE)
        if f"{name}=" not in before:
            raise Failed(f"deploy/env.example does not name {name}.")
    return env


def value(env: Path, name: str) -> str:
    """What a file like deploy/env.example sets."""
    found = re.search(rf"^{name}=(.*)$", env.read_text(), re.MULTILINE)
    if not found:
        raise Failed(f"{env.name} does not set {name}.")
    return found[1]
