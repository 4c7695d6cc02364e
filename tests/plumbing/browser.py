"""A real Chromium for tests that drive one."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


# First the Chromium that has no window: the other one keeps the pages of its menus beside each page, which is a
# third of the time of these tests.
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"]


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    names = [named] if named else NAMES
    found = (shutil.which(name) for name in names)
    return next((path for path in found if path), None)


RESULTS = Path("test-results")


def pytest_configure(config: pytest.Config) -> None:
    """Playwright's plugin deletes its folder as a run begins: each process has one of its own, beside the pictures."""
    if config.option.output == RESULTS.name:
        config.option.output = str(RESULTS / f"of-process-{os.getpid()}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(
        reason="No Chromium here: install it (apt-get install chromium) or name it in CHROMIUM."
    )
    for item in items:
        if _opens_chromium(item):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") and not chromium():
            item.add_marker(missing)


def _opens_chromium(item: pytest.Item) -> bool:
    """By Playwright's own fixtures: tests have parameters and fixtures of their own that are called `page`, too."""
    made_by = getattr(item, "_fixtureinfo", None)
    named = made_by.name2fixturedefs if made_by else {}
    return any(
        named[name][-1].func.__module__.startswith("pytest_playwright")
        for name in ("page", "browser")
        if name in named
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium(), "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "en-GB", "timezone_id": "Europe/London"}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where journeys leave their pictures."""
    RESULTS.mkdir(exist_ok=True)
    return RESULTS
