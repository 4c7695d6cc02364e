"""Markup is escaped as Django escapes it, whatever the values are."""

from datetime import date
from typing import Any

import pytest
from django.utils import html
from django.utils.functional import lazystr
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given
from hypothesis import strategies as st

from common.markup import escaped, format_html, format_html_join


class Markup:
    """A value with markup of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __html__(self) -> str:
        return f"<i>{self.text}</i>"


class Text(str):
    """A string of another class."""


texts = st.text(alphabet=st.one_of(st.sampled_from("<>&\"'{}é\0"), st.characters()))
values = st.one_of(
    texts,
    texts.map(mark_safe),
    texts.map(Text),
    texts.map(lazystr),
    texts.map(Markup),
    st.integers(),
    st.floats(),
    st.none(),
    st.dates(),
    st.booleans(),
    st.lists(texts, max_size=2),
)


@given(values)
def test_a_value_is_escaped_as_django_does(value: Any) -> None:
    assert escaped(value) == html.conditional_escape(value)
    assert escaped(escaped(value)) == escaped(value)


@given(values, values)
def test_markup_is_as_django_writes_it(first: Any, second: Any) -> None:
    markup = '<b id="{}">{name}</b>{}'

    ours = format_html(markup, first, second, name=second)

    assert ours == html.format_html(markup, first, second, name=second)
    assert isinstance(ours, SafeString)


@given(texts, st.lists(st.tuples(values, values), max_size=4))
def test_rows_are_as_django_writes_them(separator: str, rows: list[tuple[Any, Any]]) -> None:
    ours = format_html_join(separator, "<li>{}: {}</li>", rows)

    assert ours == html.format_html_join(separator, "<li>{}: {}</li>", rows)
    assert isinstance(ours, SafeString)


def test_markup_without_values_is_refused() -> None:
    with pytest.raises(TypeError):
        format_html("<b>")


def test_a_day_is_written_as_text() -> None:
    assert format_html("<b>{}</b>", date(2026, 11, 24)) == "<b>2026-11-24</b>"
