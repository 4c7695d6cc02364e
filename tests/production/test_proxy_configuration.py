"""The proxy's configuration: rendered, examined by nginx itself, and refused where something is missing."""

import subprocess
from pathlib import Path

import pytest

from tests.production.proxy import short_folder
from tests.production.replica import Replica
from tests.production.stack import Stack, missing

pytestmark = pytest.mark.process


def tried(env: dict[str, str], folder: Path, **differences: str) -> subprocess.CompletedProcess[str]:
    """`run -t`: the configuration rendered and examined by nginx itself."""
    stack = Stack(folder, env)
    log = {"CIMAR_ACCESS_LOG": str(folder / "nginx-1" / "access.log")}
    stack.differences["nginx"] |= {"CIMAR_WEB_ADDRESSES": "127.0.0.1:1", **log, **differences}
    nginx: Replica = stack.build_only("nginx")
    nginx.places["/app/staticfiles"].mkdir(exist_ok=True)
    return nginx.run([nginx.led(part) for part in nginx.service.command] + ["-t"])


@pytest.mark.parametrize(
    "differences",
    [
        {},
        {"CIMAR_TLS": "off", "CIMAR_FRONT_PROXIES": "10.0.0.5 10.1.0.0/16"},
        # As in a container, where copies are looked up; `resolve` needs a newer nginx than this may be.
        {"CIMAR_UPLOAD_MEGABYTES": "100", "CIMAR_WEB_ADDRESSES": "127.0.0.1:1 127.0.0.1:2"},
    ],
    ids=["ends TLS", "behind another proxy", "figures"],
)
def test_nginx_finds_the_configuration_sound(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, differences: dict[str, str]
) -> None:
    if reason := missing():
        pytest.skip(reason)

    done = tried(env, short_folder(tmp_path_factory), **differences)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        ({"CIMAR_BASE_URL": "http://studies.hospital.test"}, "CIMAR_BASE_URL has to begin with https://"),
        ({"CIMAR_TLS_KEY_FILE": "/nowhere"}, "the certificate's key (/nowhere) is missing or empty."),
        ({"CIMAR_TLS": "off"}, "Name its addresses in CIMAR_FRONT_PROXIES"),
        ({"CIMAR_TLS": "maybe"}, "CIMAR_TLS is either on or off."),
    ],
)
def test_the_proxy_says_what_it_misses(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, differences: dict[str, str], sentence: str
) -> None:
    if reason := missing():
        pytest.skip(reason)

    done = tried(env, short_folder(tmp_path_factory), **differences)

    assert done.returncode == 1
    assert sentence in done.stderr
