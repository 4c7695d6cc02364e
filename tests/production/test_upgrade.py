"""deploy/upgrade: new copies of web beside the old ones, which go only when the new ones are healthy."""

import os
import subprocess
from pathlib import Path

import pytest

from cimar.installation import CHECKOUT

# Takes the place of Docker: writes down what it is asked, and answers for two old and two new copies.
DOCKER = """#!/bin/sh
echo "$*" >>"$ASKED"
case "$*" in
    "compose ps --quiet web")
        printf 'old1\\nold2\\n'
        if grep -q scale "$ASKED"; then printf 'new1\\nnew2\\n'; fi ;;
    inspect*) echo "$HEALTH" ;;
esac
"""


def upgrade(tmp_path: Path, health: str) -> tuple[int, str, list[str]]:
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    asked = tmp_path / "asked"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "ASKED": str(asked),
        "HEALTH": health,
        "CIMAR_UPGRADE_TRIES": "0",
    }
    done = subprocess.run(
        [CHECKOUT / "deploy" / "upgrade"], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr, asked.read_text().splitlines()


def test_the_old_copies_go_when_the_new_ones_are_healthy_and_the_proxy_is_last(tmp_path: Path) -> None:
    status, _, asked = upgrade(tmp_path, "healthy")

    assert status == 0
    assert asked.index("compose run --rm -T --no-deps migrate") < asked.index(
        "compose up --detach --no-deps --no-recreate --scale web=4 web"
    )
    assert asked[-4:] == [
        "stop old1 old2",
        "rm old1 old2",
        "compose up --detach --no-deps worker beat",
        "compose up --detach --no-deps nginx",
    ]


@pytest.mark.parametrize("health", ["starting", "unhealthy"])
def test_where_a_new_copy_is_not_healthy_the_old_ones_go_on(tmp_path: Path, health: str) -> None:
    status, said, asked = upgrade(tmp_path, health)

    assert status == 1
    assert "The old copies go on." in said
    assert asked[-1] == "rm --force new1 new2"
    assert "stop old1 old2" not in asked
