"""The checker itself: it finds a fault, also on a page that had none a moment before."""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations

pytestmark = [pytest.mark.browser]

WELL = """<!doctype html><html lang="en"><head><title>Studies</title></head>
<body><main><h1>Studies</h1><p>Nothing here.</p></main></body></html>"""
PALE = "document.querySelector('p').style.cssText = 'color: #ccc; background: #fff'"
NO_TEXT = "document.querySelector('p').innerHTML = '<img src=data:,>'"


def test_what_is_wrong_is_named_with_its_element(page: Page) -> None:
    page.set_content(WELL)
    assert violations(page) == []

    page.evaluate(PALE)
    assert [(rule, len(elements)) for rule, elements in violations(page)] == [("color-contrast", 1)]
    page.evaluate(NO_TEXT)
    assert ("image-alt", ['<img src="data:,">']) in violations(page)
