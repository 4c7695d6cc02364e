"""deploy/make-secrets: random, never twice, open to nobody else; and keys that can be changed."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from cimar.embedded.places import as_server_user
from cimar.installation import CHECKOUT

MAKE = CHECKOUT / "deploy" / "make-secrets"
EMPTY = {
    "secret_key_fallbacks",
    "token_key_fallbacks",
    "email_password",
    "oidc_client_secret",
    "oidc_client_secrets",
    "tls_certificate",
    "tls_key",
}


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(MAKE), "--folder", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "secrets"
    assert make(made).returncode == 0
    return made


def test_every_secret_is_long_and_random_and_different(folder: Path, tmp_path: Path) -> None:
    make(tmp_path / "other")
    found, other = contents(folder), contents(tmp_path / "other")

    assert {name for name, value in found.items() if not value} == EMPTY
    made = [value for name, value in [*found.items(), *other.items()] if name not in EMPTY]
    assert len(made) == len(set(made)) == 18
    assert min(map(len, made)) >= 50


def test_what_is_there_is_never_written_over(folder: Path) -> None:
    before = contents(folder)

    again = make(folder)

    assert again.returncode == 1
    assert "Left as they are" in again.stderr
    assert contents(folder) == before


def test_what_a_later_version_adds_is_made_and_the_rest_left(folder: Path) -> None:
    before = contents(folder)
    (folder / "metrics_token").unlink()

    assert make(folder).returncode == 0

    after = contents(folder)
    assert after.pop("metrics_token") != before.pop("metrics_token")
    assert after == before


def test_nobody_else_on_the_machine_gets_to_them(folder: Path) -> None:
    """The files themselves can be read, by whatever user a container runs as; the folder lets nobody through."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}
    if os.geteuid() == 0:
        command = ["cat", str(folder / "secret_key")]
        read = subprocess.run(command, capture_output=True, check=False, **as_server_user())
        assert (read.returncode, read.stdout) == (1, b"")


def test_a_rotated_key_leaves_the_old_one_among_the_fallbacks(folder: Path) -> None:
    first = (folder / "secret_key").read_text()
    make(folder, "--rotate", "secret_key")
    second = (folder / "secret_key").read_text()
    make(folder, "--rotate", "secret_key")

    assert (folder / "secret_key_fallbacks").read_text().split() == [second, first]
    assert (folder / "secret_key").read_text() not in {first, second}
    assert (folder / "token_key_fallbacks").read_text() == ""
