"""Components that are functions escape what they are given, as the templates of the others do."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.safestring import SafeString

from cimar import gallery
from common.components.library import descriptions
from common.templatetags import components
from tests.markup import HOSTILE, Structure

# How each is called with a text from outside in every place that takes one; `study` has the text in all its fields.
CALLS: dict[str, list[str]] = {
    "check_patient": [],  # takes no text
    "date": ["{% date text %}", "{% date text time=True %}", "{% date None empty=text %}"],
    "icon": ["{% icon 'lock' label=text %}", "{% icon text %}"],
    "modality": ["{% modality codes %}"],
    "path_line": ["{% path_line path %}"],
    "patient_line": [
        "{% patient_line study %}",
        "{% patient_line study href=text %}",
        "{% patient_line study own_mrn=text with_issuer=True %}",
    ],
    "pill": ["{% pill text %}"],
    "row_check": ["{% row_check text text name=text %}", "{% row_check text text checked=True %}"],
    "study_day": ["{% study_day study %}"],
    "study_line": ["{% study_line study %}"],
    "urgent_mark": ["{% urgent_mark text text more=text %}"],
}
CALLED = [(name, source) for name, sources in CALLS.items() for source in sources]


def shown(source: str, text: object) -> str:
    study = SimpleNamespace(**dict.fromkeys(vars(gallery.STUDIES[0]), text))
    study.patient_birth_date = study.study_date = None
    study.modalities, study.n_instances = [text], 3
    step = {"kind": "worklist", **dict.fromkeys(("label", "detail", "href", "anchor"), text)}
    path = [step, {**step, "kind": "fold"}, {**step, "kind": "fold", "steps": [step]}]
    return Template("{% load components %}" + source).render(
        Context({"text": text, "codes": [text], "study": study, "path": path})
    )


def test_every_component_that_is_a_function_is_tested_here() -> None:
    templates = {path.stem for path in (settings.BASE_DIR / "templates" / "components").glob("*.html")}

    # Importing them has registered the functions.
    assert components.register.tags
    assert set(CALLS) == set(descriptions()) - templates


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(("name", "source"), CALLED)
def test_a_text_from_outside_is_never_markup(name: str, source: str, hostile: str) -> None:
    expected, page = Structure(shown(source, "harmless")), Structure(shown(source, hostile))

    assert page.tags == expected.tags
    times = sum("harmless" in text for text in expected.texts + expected.values)
    assert times
    if name != "patient_line":  # which takes a name apart at its ^ and =
        assert sum(hostile in text for text in page.texts + page.values) == times


@pytest.mark.parametrize(("name", "source"), CALLED)
def test_a_text_that_is_markup_already_is_not_escaped_again(name: str, source: str) -> None:
    """What a caller built with format_html. A plain text of the same letters is escaped, before it and after it."""
    letters = "a &amp; b"
    before = shown(source, letters)
    assert letters in shown(source, SafeString(letters))

    assert shown(source, letters) == before
    assert letters not in before


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% date text %}", "not recorded"),
        ("{% date text time=True %}", "not recorded"),
        ("{% date text empty='no end date' %}", "no end date"),
        ("{% modality text %}", "not recorded"),
        ("{% patient_line study %}", "Name not recorded Born not recorded"),
        ("{% patient_line study href=text %}", "Name not recorded Born not recorded"),
    ],
)
def test_what_is_not_there_is_said_in_words(source: str, words: str, nothing: object) -> None:
    assert " ".join("".join(Structure(shown(source, nothing)).texts).split()) == words


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_study_without_description_and_images_says_so(nothing: object) -> None:
    bare = SimpleNamespace(**vars(gallery.STUDIES[3]) | {"description": nothing, "n_instances": nothing or 0})
    page = Template("{% load components %}{% study_line bare %}").render(Context({"bare": bare}))
    assert "No description" in page and "not recorded" in page and "None" not in page
