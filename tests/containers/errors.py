"""Mistakes that are made when a site is installed or run. Each is answered by a sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.containers.engine import Failed
from tests.containers.installation import Installation

PATIENCE = 300  # seconds: longer than a web process has to start
ALONE = "run --rm -T --no-deps"
SITE, POSTGRES = 10001, 999
SMALL = "cimar-rehearsal-small"


@dataclass(frozen=True)
class Mistake:
    """In a secret, and what a container that is started with it says."""

    what: str
    secret: str
    value: str
    service: str
    sentence: str


MISTAKES = [
    Mistake("an empty secret_key", "secret_key", "", "web", "SECRET_KEY"),
    Mistake(
        "a wrong password of the owner",
        "database_owner_password",
        "wrong",
        "migrate",
        "(secret database_owner_password) has to be the one",
    ),
    Mistake(
        "a wrong key of the store", "s3_secret_key", "wrong", "migrate", "s3_secret_key have to be the ones"
    ),
    Mistake(
        "an empty password of the broker",
        "broker_password",
        "",
        "valkey",
        "(/run/secrets/broker_password) is empty",
    ),
    Mistake(
        "no certificate", "tls_certificate", "", "nginx", "Put the chain there, its own certificate first"
    ),
    Mistake(
        "no key of the certificate",
        "tls_key",
        "",
        "nginx",
        "the certificate's key (/run/secrets/tls_key) is missing",
    ),
    Mistake(
        "the key of another certificate", "tls_key", "another", "nginx", "is not the key of the certificate"
    ),
]


def each_has_its_sentence(installation: Installation) -> list[str]:
    said = [_mistake(installation, mistake) for mistake in MISTAKES]
    said += _full_before_it_starts(installation)
    said += [
        _wrong_password_of_the_site(installation),
        _old_schema(installation),
    ]
    installation.wait_until_healthy()
    return said


def _mistake(installation: Installation, mistake: Mistake) -> str:
    value = _another_key(installation) if mistake.value == "another" else mistake.value
    with _secret(installation, mistake.secret, value):
        said = _refused(installation, f"{ALONE} {mistake.service}")
    return _has(mistake.what, said, mistake.sentence)


def _full_before_it_starts(installation: Installation) -> list[str]:
    """A backup that has no room, and a database whose disk is full when it is made."""
    said = []
    for what, folder, owner, command, sentence in (
        ("no room for a backup", "/backups", SITE, "backup bin/backup /backups/cimar", "Make room"),
        ("no room for the database", "/var/lib/postgresql", POSTGRES, "postgres", "No space left on device"),
    ):
        with _small_disk(installation, owner) as small:
            answer = _refused(installation, f"{ALONE} --volume {small}:{folder} {command}")
        said.append(_has(what, answer, sentence))
    return said


def _wrong_password_of_the_site(installation: Installation) -> str:
    """As after a change of the file alone: PostgreSQL still has the old password."""
    again = "up --detach --no-deps --force-recreate pgbouncer web"
    with _secret(installation, "database_password", "wrong"):
        installation.compose(again)
        said = _when_unhealthy(installation)
    installation.compose(again)
    installation.wait_until_healthy()
    return _has("a wrong password of the site", said, "the password of cimar_app (secret database_password)")


def _old_schema(installation: Installation) -> str:
    """As where a newer image runs on a database that was not prepared."""
    sql = "docker compose exec -T postgres psql -U postgres -d cimar -q -c"
    (last,) = (
        installation.shell(
            "docker compose exec -T postgres psql -U postgres -d cimar -At -c "
            "\"SELECT name FROM django_migrations WHERE app = 'sharing' ORDER BY name DESC LIMIT 1\""
        )
        .strip()
        .splitlines()
    )
    installation.shell(f"{sql} \"DELETE FROM django_migrations WHERE app = 'sharing' AND name = '{last}'\"")
    try:
        said = _when_unhealthy(installation)
    finally:
        installation.shell(
            f'{sql} "INSERT INTO django_migrations (app, name, applied) '
            f"VALUES ('sharing', '{last}', now())\""
        )
    installation.wait_until_healthy()
    return _has("an old schema", said, "then run manage.py prepare")


# --- How a mistake is made, and what is said -----------------------------------------------------------------


@contextmanager
def _secret(installation: Installation, name: str, value: str) -> Iterator[None]:
    """A new file: the containers that run keep the old one."""
    file = installation.folder / "deploy" / "secrets" / name
    right = file.read_text()
    _replace(file, value)
    try:
        yield
    finally:
        _replace(file, right)


def _replace(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text)
    file.chmod(0o444)


@contextmanager
def _small_disk(installation: Installation, owner: int) -> Iterator[str]:
    """A volume of the engine, of 32 pages: a disk mounted by ourselves would not be seen where the engine mounts."""
    podman = installation.engine.podman
    options = f"o=nr_blocks=32,mode=0700,uid={owner},gid={owner}"
    podman("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", options, SMALL)
    try:
        yield SMALL
    finally:
        podman("volume", "rm", "--force", SMALL)


def _another_key(installation: Installation) -> str:
    return installation.shell("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256")


def _refused(installation: Installation, arguments: str) -> str:
    """All that it says, until it ends by itself or is ended."""
    try:
        return installation.shell(f"timeout --signal=INT 60 docker compose {arguments} 2>&1")
    except Failed as failed:
        return str(failed)


def _when_unhealthy(installation: Installation) -> str:
    """What the logs and the checks of web say once it is."""
    web = {name for name, one in installation.containers().items() if one["service"] == "web"}
    installation.wait(
        lambda: any(
            one["health"] == "unhealthy" for name, one in installation.containers().items() if name in web
        ),
        lambda: "web stays healthy",
        PATIENCE,
    )
    shown = yaml.safe_load(installation.engine.podman("inspect", *sorted(web)))
    checks = [one["State"].get("Health") or one["State"].get("Healthcheck") for one in shown]
    return installation.compose("logs --no-color --tail 60 web pgbouncer") + str(checks)


def _has(what: str, said: str, sentence: str) -> str:
    if sentence not in said:
        raise Failed(f"{what}: nothing says “{sentence}”:\n{said[-3000:]}")
    (line,) = [line for line in said.splitlines() if sentence in line][-1:]
    return f"{what}: {line.strip()[:200]}"
