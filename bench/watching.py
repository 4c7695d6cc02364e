"""A browser as a person has it: its line throttled, its cache empty, and when something was to be seen in it."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-headless-shell"))), None
)
# Seconds until a page that shows nothing is given up.
PATIENCE = 120
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Line:
    """Megabits a second down and up, and milliseconds there and back."""

    name: str
    down: float = 0
    up: float = 0
    latency: float = 0


FREE, THROTTLED, MOBILE = (
    Line("unthrottled"),
    Line("30/5 Mbit/s and 10 ms", 30, 5, 10),
    Line("a phone at 12/3 Mbit/s and 60 ms", 12, 3, 60),
)


@dataclass
class Seen:
    """What one page load took: moments in milliseconds from the click, and every answer with when it ended."""

    marks: dict[str, float]
    answers: list[tuple[str, float, float]] = field(repr=False)  # URL, when it ended, bytes

    def until(self, moment: float, *parts: str) -> list[tuple[str, float, float]]:
        return [each for each in self.answers if each[1] <= moment and any(part in each[0] for part in parts)]


@contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield launched
        finally:
            launched.close()


@contextmanager
def page_of(chromium: Any, line: Line, cookies: list[dict[str, str]], size: dict[str, Any]) -> Iterator[Any]:
    """A page with an empty cache behind the line."""
    context = chromium.new_context(**size)
    context.add_cookies(cookies)
    page = context.new_page()
    if line.down:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": line.latency,
                "downloadThroughput": line.down * 1e6 / 8,
                "uploadThroughput": line.up * 1e6 / 8,
            },
        )
    try:
        yield page
    finally:
        context.close()


def load(page: Any, url: str, watch: str, done: str, needed: str = "") -> Seen:
    """Opens the URL. `watch` is a script that sets `marks.name` in each frame of the screen until `done` is marked.

    After PATIENCE seconds without `done` it is enough that `needed` is marked.
    """
    page.add_init_script(
        "window.marks = {}; performance.setResourceTimingBufferSize(5000);"
        "(function look() { try { (() => {"
        + watch
        + "})() } catch (error) { window.marks.error = String(error) }"
        "requestAnimationFrame(look) })();"
    )
    page.goto(url, wait_until="commit")
    end = time.monotonic() + PATIENCE
    # Not Playwright's own waiting: it is refused by the content policy of the pages.
    while done not in (marks := page.evaluate("window.marks || {}")):
        if time.monotonic() > end and needed in marks:
            break
        if time.monotonic() > end:
            raise RuntimeError(
                f"not to be seen in {PATIENCE} seconds; seen until then: {sorted(marks)}, {page.title()}"
            )
        page.wait_for_timeout(20)
    answers = page.evaluate(
        "performance.getEntriesByType('resource').map(each => [each.name, each.responseEnd, each.transferSize])"
    )
    return Seen(marks, [tuple(each) for each in answers])


def memory_of_processes(processes: list[dict[str, Any]]) -> float:
    """Megabytes of the largest tab and of the process that draws, each page that is shared counted in part."""
    of_kind: dict[str, float] = {}
    for each in processes:
        rollup = Path(f"/proc/{each['id']}/smaps_rollup")
        if rollup.exists():
            size = sum(
                int(line.split()[1]) for line in rollup.read_text().splitlines() if line.startswith("Pss:")
            )
            of_kind[each["type"]] = max(of_kind.get(each["type"], 0), size / 1024)
    return of_kind.get("renderer", 0) + of_kind.get("GPU", 0)


class Unwatched:
    """A Chromium that keeps no copy of what its pages load: a driver that listens to the network keeps up to 200 MB."""

    def __init__(self) -> None:
        (ours_out, theirs_in), (theirs_out, ours_in) = ((_high(end) for end in os.pipe()) for _ in range(2))
        # It reads commands from file 3 and writes answers to file 4, each ended by a zero byte.
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        command = [
            "bash", "-c", f'exec "$@" 3<&{theirs_out} 4>&{theirs_in}', "bash",
            str(CHROMIUM), "--headless", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run",
            f"--user-data-dir={self._profile.name}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, pass_fds=(theirs_out, theirs_in), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs_out)
        os.close(theirs_in)
        self._answers, self._commands = os.fdopen(ours_out, "rb"), os.fdopen(ours_in, "wb")
        self._last, self._waiting = 0, b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._answers.close()
        self._commands.close()
        self._profile.cleanup()

    def send(
        self, method: str, parameters: dict[str, Any] | None = None, *, page: str = ""
    ) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters or {}}
        if page:
            message["sessionId"] = page
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _next(self) -> bytes:
        while b"\0" not in self._waiting:
            piece = os.read(self._answers.fileno(), 1 << 16)
            if not piece:
                raise RuntimeError("Chromium has ended.")
            self._waiting += piece
        answer, _, self._waiting = self._waiting.partition(b"\0")
        return answer

    def page(self, url: str, cookies: list[dict[str, str]], size: dict[str, Any], script: str) -> str:
        """Opens the URL; `script` runs before the page's own."""
        self.send("Storage.setCookies", {"cookies": cookies})
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        page: str = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        screen = {**size["viewport"], "deviceScaleFactor": 1, "mobile": bool(size.get("is_mobile"))}
        self.send("Emulation.setDeviceMetricsOverride", screen, page=page)
        self.send("Page.enable", page=page)
        self.send("Page.addScriptToEvaluateOnNewDocument", {"source": script}, page=page)
        self.send("Page.navigate", {"url": url}, page=page)
        return page

    def evaluate(self, page: str, expression: str) -> Any:
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self.send("Runtime.evaluate", asked, page=page)["result"].get("value")

    def memory(self) -> float:
        return memory_of_processes(self.send("SystemInfo.getProcessInfo")["processInfo"])


def _high(end: int) -> int:
    """The same file under a number that a shell does not use."""
    high = fcntl.fcntl(end, fcntl.F_DUPFD, 20)
    os.close(end)
    return high
