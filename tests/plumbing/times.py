"""Where the time of a long run goes: a line as a file passes another two minutes, and the longest files at the end."""

from collections import Counter
from typing import Any

import pytest

STEP = 120
LONGEST = 15
_seconds: Counter[str] = Counter()
_terminal: list[Any] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = report.nodeid.partition("::")[0]
    before, _seconds[file] = _seconds[file], _seconds[file] + report.duration
    if _seconds[file] // STEP > before // STEP and _terminal:
        _terminal[0].ensure_newline()
        _terminal[0].write_line(f"{file}: {_seconds[file]:.0f} s until now")


def pytest_configure(config: pytest.Config) -> None:
    """A worker's reports reach the process that prints, which alone has a terminal."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        _terminal.append(reporter)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for file, seconds in _seconds.most_common(LONGEST):
        if seconds >= STEP / 10:
            terminalreporter.write_line(f"{file}: {seconds:.0f} s")
