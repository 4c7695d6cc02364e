"""The component library: each component is described, shown in the gallery, and says what it should."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django import forms
from django.http import Http404
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from cimar import views
from common import formats, responses
from common.components.library import attributes, descriptions
from common.templatetags.components import register

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text()


def shown(source: str, **context: object) -> str:
    return Template("{% load components %}" + source).render(Context(context))


def gallery(query: str = "") -> str:
    return views.gallery(RequestFactory().get(f"/gallery/{query}")).content.decode()


def test_every_component_begins_by_naming_itself_and_its_arguments() -> None:
    """In the first line of its template, or of its function where it has no template."""
    described = descriptions()
    assert set(described) > {"card", "date", "field_notes", "pill"}
    assert [name for name, line in described.items() if not re.match(rf"{name}\b.* — .", line)] == []


def test_the_first_line_of_a_template_is_a_comment() -> None:
    assert COMPONENTS
    assert [path.stem for path in COMPONENTS if not re.match(r"{# .*#}\n", path.read_text())] == []


def test_every_component_stands_in_the_gallery() -> None:
    page = (ROOT / "templates" / "gallery.html").read_text() + (ROOT / "templates" / "base.html").read_text()
    assert [tag for tag in register.tags if not re.search(rf"{{% {tag}\b", page)] == [], (
        "add it to gallery.html"
    )


def test_every_tag_is_a_component_with_a_template_of_its_own_or_a_function() -> None:
    tags = {name for name in register.tags if not name.startswith("end")}
    assert tags == set(descriptions()) - {"field_notes"}


def test_a_component_is_described_in_one_place() -> None:
    """Not in its function as well where it has a template: the two would come to differ."""
    templates = {path.stem for path in COMPONENTS}
    functions = {
        name for name, tag in register.tags.items() if re.match(rf"{name}\b.* — ", tag.__doc__ or "")
    }
    assert functions >= {"date", "modality", "patient_line", "pill"}
    assert functions & templates == set()


def test_the_gallery_opens_with_and_without_mistakes() -> None:
    assert "Choose at least one recipient." not in gallery()
    assert "Choose at least one recipient." in gallery("?broken=1")


def test_nobody_outside_development_opens_the_gallery(settings) -> None:
    settings.CIMAR_DEVELOPMENT = False
    with pytest.raises(Http404):
        gallery()


def test_the_two_dark_themes_are_the_same() -> None:
    by_system, by_choice = re.findall(r"color-scheme: dark;(.*?)}", TOKENS, re.S)
    assert by_system.split() == by_choice.split()


def test_what_a_person_typed_is_never_markup() -> None:
    hostile = '<img src=x onerror="alert(1)">'
    page = shown(
        "{% target_chip 'email' text %}{% notice text %}{{ text }}{% endnotice %}{% pill text %}"
        "{% button text name=text %}{% menu text %}{% menu_item text %}{% endmenu %}"
        "{% date text %}{% modality text %}",
        text=hostile,
    )
    assert "<img" not in page
    assert page.count("&lt;img") > 8


@pytest.mark.parametrize("name", ["style", "onclick", "hx_on_click", "hx_on__after_swap"])
def test_inline_style_and_script_are_refused_as_attributes(name: str) -> None:
    with pytest.raises(ValueError, match="inline"):
        attributes({name: "x"})


def test_an_attribute_is_left_out_when_it_says_nothing() -> None:
    given = {"hx_get": "/a?b=1&c", "disabled": True, "hidden": False, "title": None}
    assert attributes(given) == ' hx-get="/a?b=1&amp;c" disabled'


def test_a_field_in_error_points_to_its_help_and_its_mistake() -> None:
    class Form(forms.Form):
        code = forms.CharField(help_text="As it was read to you.")

    page = shown("{% field form.code %}", form=Form({}))
    assert 'aria-describedby="id_code_helptext id_code_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_code_error"' in page


def test_a_field_in_order_is_not_marked() -> None:
    class Form(forms.Form):
        code = forms.CharField(required=False)

    page = shown("{% field form.code %}", form=Form())
    assert "aria-invalid" not in page
    assert "(optional)" in page


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(2026, 11, 24), "24 Nov 2026"),
        ("20261124", "24 Nov 2026"),
        ("2026-11-04", "4 Nov 2026"),
        ("1950", "1950"),
        ("31 Feb", "31 Feb"),
        (None, ""),
    ],
)
def test_a_day_reads_one_way(value: object, written: str) -> None:
    assert formats.day(value) == written


def test_a_moment_is_shown_in_the_readers_zone() -> None:
    with timezone.override("Pacific/Auckland"):
        assert formats.moment(datetime(2026, 11, 24, 14, 5, tzinfo=UTC)) == "25 Nov 2026, 03:05"


def test_a_month_is_named_in_the_readers_language_whoever_read_it_before(languages: None) -> None:
    day = date(2026, 5, 24)
    read = {}
    for language in ("en-gb", "fr", "en-gb", "it"):
        with translation.override(language):
            read[language] = formats.day(day)
    assert read == {"en-gb": "24 May 2026", "fr": "24 Mai 2026", "it": "24 Mag 2026"}


def test_a_moment_is_another_hour_for_a_reader_in_another_zone() -> None:
    moment = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
    read = []
    for zone in ("Europe/London", "Asia/Tokyo", "Europe/London"):
        with timezone.override(zone):
            read.append(shown("{% date moment time=True %}", moment=moment))
    assert (
        read[0]
        == read[2]
        == '<time class="date" datetime="2026-11-24T14:05:00+00:00">24 Nov 2026, 14:05</time>'
    )
    assert read[1] == '<time class="date" datetime="2026-11-24T23:05:00+09:00">24 Nov 2026, 23:05</time>'


@pytest.mark.parametrize(
    "received, written",
    [
        ("084000", "08:40"),
        ("084000.123", "08:40"),
        ("08:40:00", "08:40"),
        ("0840", "08:40"),
        ("08", "08"),
        ("998877", "998877"),
        ("in the morning", "in the morning"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_time_of_day_is_read_or_shown_as_it_came(received: str | None, written: str) -> None:
    assert formats.time_of_day(received) == written


@pytest.mark.parametrize(
    ("received", "written"),
    [
        ("DOE^JANE^MARY", "DOE, JANE MARY"),
        ("DOE^JANE^^DR", "DOE, JANE (DR)"),
        ("DOE", "DOE"),
        ("^JANE", "JANE"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("Jane Doe", "Jane Doe"),
        ("^^^^", ""),
        ("", ""),
    ],
)
def test_a_dicom_name_reads_family_first(received: str, written: str) -> None:
    assert formats.person_name(received) == written


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ("southmere", ["SOUTHMERE"]),
        ("northct1", ["NORT", "HCT1"]),
        ("northgate2027", ["NORTHGATE", "2027"]),
        ("NG7 K2P", ["NG7", "K2P"]),
        ("abc", ["ABC"]),
        ("", []),
    ],
)
def test_a_share_code_is_grouped_to_be_read_aloud(code: str, groups: list[str]) -> None:
    assert formats.code_groups(code) == groups


def test_an_answer_for_what_has_ended_says_so_to_people_and_to_scripts() -> None:
    answer = responses.gone(RequestFactory().get("/"), "This share ended on 3 Nov 2026.")
    assert answer.status_code == 410
    assert "<p data-sentence>This share ended on 3 Nov 2026.</p>" in answer.content.decode()
