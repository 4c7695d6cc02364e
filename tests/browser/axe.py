"""What axe-core, the accessibility checker, finds on a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_SCRIPT = Axe().axe_script
# Only what is wrong comes back: what passes is most of the page.
_RUN = "options => axe.run(options).then(results => results.violations)"


def violations(page: Page, **options: Any) -> list[tuple[str, list[str]]]:
    """For each rule that is broken its name, and the elements that break it; `options` are axe's own."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    broken = page.evaluate(_RUN, {"resultTypes": ["violations"], **options})
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in broken]
