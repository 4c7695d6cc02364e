"""The ground tests stand on. Loaded before Django's settings, so that every test process has its own data folder."""

import atexit
import os
import pkgutil
import shutil
import tempfile

import pytest

import tests
from cimar.embedded import processes
from cimar.embedded.places import Places

if os.environ.get("CIMAR_SERVICES") != "shared":
    raise pytest.UsageError(
        "Tests need their own PostgreSQL and Valkey. Run them with bin/test, which takes pytest's arguments."
    )

# What a developer's shell may hold and a test must not see.
FOREIGN = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY"}
OURS = {"CIMAR_SERVICES", "CIMAR_PROFILE", "CIMAR_POSTGRES", "CIMAR_KEEP", "CIMAR_PICTURES"}
# What a developer asks of the property test of the law.
OURS |= {"CIMAR_LAW_EXAMPLES", "CIMAR_LAW_SEED", "CIMAR_LAW_SHRINK"}
# How many times as many examples every other property test is given.
OURS |= {"CIMAR_EXAMPLES"}
OURS |= {"CIMAR_FUZZ_SECONDS", "CIMAR_FUZZ_SEED", "CIMAR_FUZZ_FOLDER"}
for name in list(os.environ):
    if name in FOREIGN or (name.startswith(("EMAIL_", "CIMAR_")) and name not in OURS):
        del os.environ[name]

PLACES = Places(os.environ.get("CIMAR_PROFILE", "test"))
_data = tempfile.mkdtemp(prefix=f"data-{os.getpid()}-", dir=PLACES.home)
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ["CIMAR_DATA"] = _data
os.environ["CIMAR_BROKER_PREFIX"] = f"test-{os.getpid()}-{processes.started(os.getpid())}-"
# Mails are due at once, but where a test is about Undo.
os.environ["CIMAR_UNDO_SECONDS"] = "0"
# Playwright's own loop runs in the test's thread; Django would take that for a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# A failed assertion in a helper shows its values as one in a test does.
HELPERS = sorted(f"tests.{module.name}" for module in pkgutil.iter_modules(tests.__path__))
pytest.register_assert_rewrite(*(name for name in HELPERS if name != __name__))

MARKERS = {
    "browser": "drives a real Chromium",
    "process": "starts and kills real processes; one after another, beside the others",
    "slow": "takes more than five seconds",
}


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from tests.plumbing import browser, database, logs, network, own_services, renderer, times

    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    # Cheap: no test is about the strength of a hash.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Registered after pytest-django's and Playwright's plugins, so that ours win where names are the same.
    for plugin in (logs, network, database, browser, own_services, renderer, times):
        config.pluginmanager.register(plugin, f"cimar-{plugin.__name__}")
