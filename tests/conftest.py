"""Fixtures for every test. The database, the browser and the network guard come from tests/plumbing."""

import gc
import os
from collections.abc import Iterator

import pytest
from django.urls import set_urlconf
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from tests.cast import cast
from tests.kept import kept_cast, kept_objects, kept_world, pytest_fixture_setup
from tests.process_files import check_marks
from tests.processes import faulty_services

# A busy machine makes no test fail: Hypothesis otherwise allows each example 200 ms.
hypothesis_settings.register_profile("no stopwatch", deadline=None)
hypothesis_settings.load_profile("no stopwatch")

# The servers a test may kill are here and nowhere else: imported by two modules they would be two fixtures, and the
# second would wait for the lock that the first holds.
__all__ = ["cast", "faulty_services", "kept_cast", "kept_objects", "kept_world", "pytest_fixture_setup"]


@pytest.fixture(autouse=True)
def everyones_urls() -> Iterator[None]:
    """Django goes back to the site's URLs when an answer is closed; a streamed one that no test reads never is."""
    yield
    set_urlconf(None)


@pytest.fixture
def languages(settings, monkeypatch) -> None:
    """As where there is a catalogue: Django asks once in the life of a process whether texts are translated."""
    settings.USE_I18N = True
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())


def pytest_collection_modifyitems(items):
    """CIMAR_EXAMPLES=10: each property test is given ten times its own number of generated examples."""
    check_marks(items)
    times = int(os.environ.get("CIMAR_EXAMPLES", "1"))
    tests = (
        {item.obj for item in items if getattr(item.obj, "is_hypothesis_test", False)} if times > 1 else ()
    )
    for test in tests:
        usual = test._hypothesis_internal_use_settings
        more = hypothesis_settings(usual, max_examples=usual.max_examples * times)
        test._hypothesis_internal_use_settings = more


def pytest_collection_finish():
    """What was imported stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter):
    """What tests say of themselves (`record_property`), printed wherever they ran."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties if report.when == "call" else ():
                terminalreporter.write_line(f"{name}: {value}")
