"""Looks at pages at 400 % zoom: what is cut off, and what cannot be reached by keyboard.

A window of 1280 px is then 320 px wide for the page.
"""

from typing import Any

from tests.browser.axe import violations
from tests.browser.steps import Person

ZOOMED = {"width": 320, "height": 256}
# What is beside the window, and not in a region of its own that scrolls: by tag and text.
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter((element) => element.matches("a, button, input, select, textarea, summary, h1, h2, h3, p, li, td, th"))
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden"))
    .filter((element) => !element.matches(".visually-hidden, .skip-link"))
    .filter((element) => {
        const scrolls = (at) => at && (/auto|scroll/.test(getComputedStyle(at).overflowX) || scrolls(at.parentElement));
        return !scrolls(element.parentElement);
    })
    .filter((element) => {
        const box = element.getBoundingClientRect();
        return box.width && (box.left < -1 || box.right > innerWidth + 1);
    })
    .map((element) => `${element.tagName} ${element.textContent.trim().slice(0, 40)}`)"""

# Of the element that has the focus: its name, whether it is in the window, in front, and marked.
FOCUS = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const box = element.getBoundingClientRect();
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    const places = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) =>
        document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y)));
    const label = element.closest("label") || (element.labels && element.labels[0]);
    const isItself = (at) => at && (element.contains(at) || (label && label.contains(at)));
    const inFront = right > left && bottom > top && places.some(isItself);
    const marks = [element, label, element.parentElement].filter(Boolean).map((at) => getComputedStyle(at));
    const isMarked = marks.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
        || style.boxShadow !== "none");
    const name = `${element.tagName} ${element.name || element.textContent.trim().slice(0, 40)}`;
    const order = [...document.querySelectorAll("*")].indexOf(element);
    return { name, order, inFront, isMarked };
}"""
MOST_STOPS = 60


def zoomed(person: Person, scheme: Any) -> Person:
    person.page.set_viewport_size(ZOOMED)
    person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    return person


def faults_of(person: Person, name: str) -> list[Any]:
    """What is not seen whole on the page, or found by axe."""
    page = person.page
    page.wait_for_load_state()
    person.photograph(person.pictures / f"zoom-{name}.png")
    is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    faults = [*page.evaluate(CUT_OFF), *violations(page), *(["scrolls sideways"] if is_wide else [])]
    return [(name, fault) for fault in faults]


def focus_faults_of(person: Person, name: str) -> list[Any]:
    """Where the Tab key stops on a page without the stop being seen: out of the window, behind something, unmarked."""
    page, faults, seen = person.page, [], set()
    page.evaluate("document.activeElement && document.activeElement.blur(); scrollTo(0, 0)")
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or stop["order"] in seen:
            break
        seen.add(stop["order"])
        faults += [(name, stop["name"], fault) for fault in ("inFront", "isMarked") if not stop[fault]]
    assert len(seen) > 1, f"The Tab key stops nowhere on {name}."
    return faults
