"""Fixtures for every test. The database, the browser and the network guard come from tests/plumbing."""

from tests.cast import cast
from tests.kept import kept_cast, kept_objects, kept_world, pytest_fixture_setup
from tests.processes import faulty_services

# The servers a test may kill are here and nowhere else: imported by two modules they would be two fixtures, and the
# second would wait for the lock that the first holds.
__all__ = ["cast", "faulty_services", "kept_cast", "kept_objects", "kept_world", "pytest_fixture_setup"]


def pytest_terminal_summary(terminalreporter):
    """What tests say of themselves (`record_property`), printed wherever they ran."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties if report.when == "call" else ():
                terminalreporter.write_line(f"{name}: {value}")
