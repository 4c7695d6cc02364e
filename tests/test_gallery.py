"""The gallery leaves out no component, none of its choices, and no state it names in its first line."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from common.components import words
from tests.cast import Cast

FOLDER = settings.BASE_DIR / "templates" / "components"
SHOWN = (settings.BASE_DIR / "templates" / "gallery.html").read_text()
SAMPLES = (settings.BASE_DIR / "cimar" / "gallery.py").read_text()
# They would have the gallery ask a page for itself, again and again.
ASKING = {"poll", "every"}
# Parts of other components, rendered with them.
PARTS = {"field_notes"}
# Shown once for each value of a list in cimar/gallery.py.
LOOPED = {"button", "dialog", "outcome", "path_line", "pill"}
COMPONENTS = sorted(file.stem for file in FOLDER.glob("*.html") if file.stem not in PARTS)


def first_line(component: str) -> str:
    return Path(FOLDER / f"{component}.html").read_text().partition("\n")[0]


def calls(component: str) -> str:
    return "\n".join(re.findall(rf"{{%\s*{component}\b[^%]*%}}", SHOWN))


def choices() -> list[tuple[str, str]]:
    """(component, parameter): what its first line gives a preset, which a caller may change."""
    return [
        (component, name)
        for component in COMPONENTS
        for name in re.findall(r"\b(\w+)=", first_line(component).partition("—")[0])
        if name not in ASKING
    ]


def states() -> list[tuple[str, str]]:
    """(component, state): the values a first line lists, as in `state: ready, preparing, failed`."""
    listed = r"\b(?:tone|state|kind|size|direction|align): ([\w, ]+?)(?: or empty)?(?:;| #}|\)| \()"
    return [
        (component, state)
        for component in COMPONENTS
        for values in re.findall(listed, first_line(component))
        for state in re.split(r", | or ", values)
    ]


def test_the_gallery_renders_every_component(client: Client, settings: Any, cast: Cast) -> None:
    settings.CIMAR_DEVELOPMENT = True
    client.force_login(cast.ana)
    words.drawn.cache_clear()
    rendered = {template.name for template in client.get("/gallery/").templates}
    assert [name for name in COMPONENTS if f"components/{name}.html" not in rendered] == []


@pytest.mark.parametrize(("component", "choice"), choices())
def test_every_choice_of_a_component_is_made_once(component: str, choice: str) -> None:
    assert re.search(rf"\b{choice}=", calls(component))


@pytest.mark.parametrize(("component", "state"), states())
def test_every_state_of_a_component_is_shown(component: str, state: str) -> None:
    assert f'"{state}"' in (SAMPLES if component in LOOPED else calls(component))
