"""The gallery leaves out no component, none of its choices, and no state it names in its first line."""

import inspect
import re
from typing import Any

import pytest
from django.conf import settings
from django.template import Context
from django.template.library import SimpleNode
from django.test import Client

from common.components.library import descriptions
from common.templatetags.components import register
from tests.cast import Cast

SHOWN = (settings.BASE_DIR / "templates" / "gallery.html").read_text()
SAMPLES = (settings.BASE_DIR / "cimar" / "gallery.py").read_text()
# They would have the gallery ask a page for itself, again and again.
ASKING = {"poll", "every"}
# Parts of other components, rendered with them.
PARTS = {"field_notes"}
# Shown once for each value of a list in cimar/gallery.py.
LOOPED = {"button", "dialog", "outcome", "path_line", "pill"}
DESCRIPTIONS = descriptions()
COMPONENTS = sorted(name for name in DESCRIPTIONS if name not in PARTS)


def calls(component: str) -> str:
    return "\n".join(re.findall(rf"{{%\s*{component}\b[^%]*%}}", SHOWN))


def choices() -> list[tuple[str, str]]:
    """(component, parameter): what its first line gives a preset, which a caller may change."""
    return [
        (component, name)
        for component in COMPONENTS
        for name in re.findall(r"\b(\w+)=", DESCRIPTIONS[component].partition("—")[0])
        if name not in ASKING
    ]


def states() -> list[tuple[str, str]]:
    """(component, state): the values a first line lists, as in `state: ready, preparing, failed`."""
    listed = r"\b(?:tone|state|kind|size|direction|align): ([\w, ]+?)(?: or empty)?(?:;|$|\)| \()"
    return [
        (component, state)
        for component in COMPONENTS
        for values in re.findall(listed, DESCRIPTIONS[component])
        for state in re.split(r", | or ", values)
    ]


def test_the_gallery_renders_every_component(
    client: Client, settings: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CIMAR_DEVELOPMENT = True
    client.force_login(cast.ana)
    called = set()

    def render(node: SimpleNode, context: Context) -> str:
        called.add(node.func)
        return node_render(node, context)

    node_render = SimpleNode.render
    monkeypatch.setattr(SimpleNode, "render", render)
    rendered = {template.name for template in client.get("/gallery/").templates}

    shown = {name for name in COMPONENTS if f"components/{name}.html" in rendered}
    shown |= {name for name, tag in register.tags.items() if inspect.unwrap(tag) in called}
    assert [name for name in COMPONENTS if name not in shown] == []


@pytest.mark.parametrize(("component", "choice"), choices())
def test_every_choice_of_a_component_is_made_once(component: str, choice: str) -> None:
    assert re.search(rf"\b{choice}=", calls(component))


@pytest.mark.parametrize(("component", "state"), states())
def test_every_state_of_a_component_is_shown(component: str, state: str) -> None:
    assert f'"{state}"' in (SAMPLES if component in LOOPED else calls(component))
