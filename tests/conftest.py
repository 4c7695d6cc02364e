"""Fixtures for every test. The database, the browser and the network guard come from tests/plumbing."""

from tests.cast import cast

__all__ = ["cast"]


def pytest_terminal_summary(terminalreporter):
    """What tests say of themselves (`record_property`), printed wherever they ran."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties if report.when == "call" else ():
                terminalreporter.write_line(f"{name}: {value}")
