"""The settings in production: loud about everything that is missing, all of it at once, and then content."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cimar.installation import CHECKOUT

KEY = "a long random text that only this installation knows, really"
PRODUCTION = {
    "CIMAR_DEVELOPMENT": "0",
    "CIMAR_BASE_URL": "https://studies.hospital.test",
    "CIMAR_PROXIES": "1",
    "SECRET_KEY": KEY,
    "CIMAR_TOKEN_KEY": KEY[::-1],
    "DATABASE_URL": "postgres://cimar_app@pgbouncer:6432/cimar",
    "DATABASE_PASSWORD": "of the application",
    "REDIS_URL": "redis://valkey:6379/0",
    "REDIS_PASSWORD": "of the broker",
    "CIMAR_S3_BUCKET": "cimar",
    "CIMAR_S3_ENDPOINT": "http://s3:8333",
    "EMAIL_HOST": "mail.hospital.test",
    "CIMAR_MAIL_FROM": "CIMAR <studies@hospital.test>",
}
READ = """
import importlib, json, os, sys
from django.core.exceptions import ImproperlyConfigured
sys.path.insert(0, os.getcwd())
answers = []
for env in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(env)
    for name in [name for name in sys.modules if name.startswith("cimar.settings")]:
        del sys.modules[name]
    try:
        found = importlib.import_module("cimar.settings")
        told = {name: value for name, value in vars(found).items() if name.isupper()}
        answers.append(json.loads(json.dumps(told, default=str)))
    except ImproperlyConfigured as error:
        answers.append(str(error).splitlines())
print(json.dumps(answers))
"""
NEEDED = {
    "CIMAR_BASE_URL": "CIMAR_BASE_URL has to be the address that people type, and begin with https://",
    "SECRET_KEY": "SECRET_KEY is not set.",
    "CIMAR_TOKEN_KEY": "CIMAR_TOKEN_KEY is not set.",
    "DATABASE_URL": "DATABASE_URL is not set.",
    "REDIS_URL": "REDIS_URL is not set.",
    "CIMAR_S3_BUCKET": "CIMAR_S3_BUCKET is not set.",
    "EMAIL_HOST": "EMAIL_HOST is not set.",
    "CIMAR_MAIL_FROM": "CIMAR_MAIL_FROM is not set.",
}
WRONG = {
    "CIMAR_BASE_URL": ("http://studies.hospital.test", "begin with https://"),
    "SECRET_KEY": ("short", "SECRET_KEY is shorter than 50 characters."),
    "CIMAR_PROXIES": ("one", "CIMAR_PROXIES is 'one'. Set it to a whole number."),
    "EMAIL_USE_TLS": ("perhaps", "EMAIL_USE_TLS is 'perhaps'. Set it to 1 or 0."),
    "SECRET_KEY_FILE": ("/somewhere", "SECRET_KEY and SECRET_KEY_FILE are both set."),
    "EMAIL_HOST_PASSWORD_FILE": (
        "/nowhere/at/all",
        "names /nowhere/at/all, which cannot be read (FileNotFoundError).",
    ),
    "CIMAR_PROXY_SENDS_FILES": ("1", "The proxy sends files of a local folder alone: unset one of them."),
    "CIMAR_DATABASE_ROLE": ("owner", "DATABASE_OWNER_URL is not set."),
}


def read(*environments: dict[str, str]) -> list[Any]:
    """The settings under each environment, or the lines with which they refuse; one process for all."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps(environments),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in PRODUCTION.items() if name not in names}


@pytest.fixture(scope="module")
def refusals() -> dict[str, list[str]]:
    """What is said when one thing is missing, when one is wrong, and when everything is missing."""
    cases = {f"no {name}": without(name) for name in NEEDED}
    cases |= {f"wrong {name}": {**PRODUCTION, name: value} for name, (value, _) in WRONG.items()}
    cases["nothing"] = {"CIMAR_DEVELOPMENT": "0"}
    return dict(zip(cases, read(*cases.values()), strict=True))


@pytest.mark.parametrize("name", NEEDED)
def test_each_thing_that_is_missing_is_one_sentence(refusals: dict[str, list[str]], name: str) -> None:
    (line,) = refusals[f"no {name}"]
    assert line.startswith(NEEDED[name])


@pytest.mark.parametrize("name", WRONG)
def test_each_thing_that_is_wrong_is_said(refusals: dict[str, list[str]], name: str) -> None:
    (line,) = refusals[f"wrong {name}"]
    assert WRONG[name][1] in line


def test_everything_that_is_missing_is_said_at_once(refusals: dict[str, list[str]]) -> None:
    found = refusals["nothing"]

    assert len(found) == len(NEEDED)
    for sentence in NEEDED.values():
        assert sum(line.startswith(sentence) for line in found) == 1


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    return read(PRODUCTION)[0]


def test_cookies_and_addresses_are_for_https_alone(production: dict[str, Any]) -> None:
    assert production["SESSION_COOKIE_SECURE"] is True
    assert production["CSRF_COOKIE_SECURE"] is True
    assert production["SECURE_SSL_REDIRECT"] is True
    assert production["SECURE_HSTS_SECONDS"] == 31536000
    # One name of a hospital among many: not ours to speak for its others.
    assert production["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False
    assert production["ALLOWED_HOSTS"] == ["studies.hospital.test"]
    assert production["CSRF_TRUSTED_ORIGINS"] == ["https://studies.hospital.test"]
    assert production["DEBUG"] is False


def test_nothing_is_asked_of_a_connection_that_a_pool_could_not_keep(production: dict[str, Any]) -> None:
    database = production["DATABASES"]["default"]

    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert database["OPTIONS"]["prepare_threshold"] is None
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["PASSWORD"] == "of the application"
    assert not {"options", "assume_role", "isolation_level", "pool"} & set(database["OPTIONS"])


def test_a_proxys_word_counts_only_where_there_is_one(production: dict[str, Any]) -> None:
    (bare,) = read(without("CIMAR_PROXIES"))

    assert production["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert production["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    assert bare["SECURE_PROXY_SSL_HEADER"] is None
    assert "USE_X_FORWARDED_HOST" not in production


def test_superusers_have_a_second_factor_unless_somebody_says_otherwise(production: dict[str, Any]) -> None:
    asked_of_none, developing = read(
        {**PRODUCTION, "CIMAR_SUPERUSER_SECOND_FACTOR": "0"}, {**PRODUCTION, "CIMAR_DEVELOPMENT": "1"}
    )
    found = [one["CIMAR_SUPERUSER_SECOND_FACTOR"] for one in (production, asked_of_none, developing)]
    assert found == [True, False, False]


def test_secrets_come_from_files_as_well(tmp_path: Path) -> None:
    files = {
        "SECRET_KEY": f"{KEY}\n",
        "SECRET_KEY_FALLBACKS": f"{KEY} of yesterday\n{KEY} of the day before\n",
        "DATABASE_PASSWORD": "from a file\n",
        "REDIS_PASSWORD": "with/odd@signs\n",
        "EMAIL_HOST_PASSWORD": "",
    }
    env = without(*files)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        env[f"{name}_FILE"] = str(tmp_path / name)

    (found,) = read(env)

    assert found["SECRET_KEY"] == KEY
    assert found["SECRET_KEY_FALLBACKS"] == [f"{KEY} of yesterday", f"{KEY} of the day before"]
    assert found["DATABASES"]["default"]["PASSWORD"] == "from a file"
    assert found["CELERY_BROKER_URL"] == "redis://:with%2Fodd%40signs@valkey:6379/0"
    assert found["EMAIL_HOST_PASSWORD"] == ""


def test_a_bucket_of_another_maker_is_asked_for_by_path(production: dict[str, Any]) -> None:
    options = production["STORAGES"]["dicom"]["OPTIONS"]

    assert (options["bucket_name"], options["endpoint_url"]) == ("cimar", "http://s3:8333")
    assert options["access_key"] is None


def test_without_a_bucket_a_shared_folder_has_to_be_named() -> None:
    (found,) = read({**without("CIMAR_S3_BUCKET"), "CIMAR_DATA": "/srv/cimar"})

    assert found["STORAGES"]["dicom"]["OPTIONS"] == {
        "location": "/srv/cimar/dicom",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }


def test_the_proxy_that_sends_files_reads_them_as_a_member_of_the_group() -> None:
    local = {**without("CIMAR_S3_BUCKET"), "CIMAR_DATA": "/srv/cimar"}
    (found,) = read({**local, "CIMAR_PROXY_SENDS_FILES": "1"})
    options = found["STORAGES"]["dicom"]["OPTIONS"]

    assert (options["file_permissions_mode"], options["directory_permissions_mode"]) == (0o640, 0o750)


def test_every_setting_of_every_part_is_a_setting_once(production: dict[str, Any]) -> None:
    parts = [path for path in (CHECKOUT / "cimar" / "settings").glob("*.py") if path.stem != "__init__"]
    defined = [name for path in parts for name in _assigned(path) if name.isupper()]

    assert sorted(defined) == sorted(production)


def _assigned(part: Path) -> set[str]:
    """The names a part gives a value, wherever in it: under a condition too, since that may not hold here."""
    nodes = ast.walk(ast.parse(part.read_text()))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def test_djangos_own_checks_for_deployment_find_nothing() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = subprocess.run(command, cwd=CHECKOUT, env=PRODUCTION, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr
