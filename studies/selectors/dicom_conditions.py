"""The matching of PS3.4 C.2.2.2 as conditions of a query: wildcards, ranges, lists of UIDs, folded names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import BooleanField, Expression, F, Func, Q, TextField, Value
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from common.patient_names import ASCII_SQL, KEY_SQL, patterns
from studies.ingest.text import lenient_date
from studies.selectors.dicom_questions import like_pattern, uids_in

_WILDCARDS = re.compile(r"([*?])")
WILDCARDS_OF_SQL = {"*": "%", "?": "_"}


class Like(Func):
    """`column LIKE pattern`, the pattern as it is."""

    template, arg_joiner = "(%(expressions)s)", " LIKE "
    output_field = BooleanField()


class _Joined(Func):
    template, arg_joiner = "(%(expressions)s)", " || "
    output_field = TextField()


class _AnyGroupLike(Func):
    """Whether a group of a person name (they stand between equals signs), folded, is like the pattern."""

    template = "EXISTS (SELECT FROM unnest(string_to_array(%(expressions)s))"
    arg_joiner = f", '=')) AS each (name) WHERE {KEY_SQL}(each.name) LIKE ("
    output_field = BooleanField()


class _AnyLike(Func):
    """Whether an element of an array is like the pattern."""

    template = "EXISTS (SELECT FROM unnest(%(expressions)s))"
    arg_joiner = ") AS each (name) WHERE each.name LIKE ("
    output_field = BooleanField()


def like(column: str, text: str) -> Q:
    """A value, or a pattern with `*` and `?`."""
    return Q(Like(F(column), _text(like_pattern(text.strip()))))


def name_like(text: str, *, words: str, name: str) -> Q:
    """A whole group of the name, as the studies list folds names; the folded `words` narrow by their index."""
    narrows = _Joined(_text("%"), _folded(text, by=_fold_in_ascii, signs={"*": "%", "?": "%"}), _text("%"))
    return Q(Like(F(words), narrows)) & Q(_AnyGroupLike(F(name), _folded(text)))


def name_has(text: str, *, words: str) -> Q:
    """Every part of what was typed is in the name, as the studies list searches."""
    return Q(*(Q(**{f"{words}__contains": part}) for part in patterns(re.sub(r"[\\*?]", " ", text))))


def any_group_like(text: str, *, name: str) -> Q:
    """A person name without an index of its own."""
    return Q(_AnyGroupLike(F(name), _folded(text)))


def one_of(values: str, *, array: str) -> Q:
    """An array has one of these values, each of which may be a pattern."""
    matching = Q(pk=None)
    for each in uids_in(values.upper()):
        is_pattern = _WILDCARDS.search(each) is not None
        matching |= (
            Q(_AnyLike(F(array), _text(like_pattern(each))))
            if is_pattern
            else Q(**{f"{array}__contains": [each]})
        )
    return matching


def uids(keys: dict[str, str], word: str, column: str) -> Q:
    return Q(**{f"{column}__in": uids_in(keys[word])}) if word in keys else Q()


def number(keys: dict[str, str], word: str, column: str) -> Q:
    if word not in keys:
        return Q()
    text = keys[word].strip()
    return Q(**{column: int(text)}) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else Q(pk=None)


def dates(text: str, column: str) -> Q:
    """A date, or a range that may be open at either end; what is no date matches nothing."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    since, until = lenient_date(first), lenient_date(last if dash else first)
    if (first and since is None) or (last and until is None) or not (first or last):
        return Q(pk=None)
    # A study without a date is kept under the first day there is.
    matching = Q(**{f"{column}__gt": "0001-01-01"})
    if since is not None:
        matching &= Q(**{f"{column}__gte": since})
    return matching & Q(**{f"{column}__lte": until}) if until is not None else matching


def times(text: str, column: str) -> Q:
    """A time, or a range: what is left out of it is its beginning, or its end."""
    first, dash, last = text.partition("-")
    digits = Func(F(column), _text("[^0-9]"), _text(""), _text("g"), function="regexp_replace")
    full = Func(digits, Value(12), _text("0"), function="rpad", output_field=TextField())
    since, until = f"{_digits(first):0<12}", f"{_digits(last if dash else first):9<12}"
    is_given = Q(**{f"{column}__gt": ""})
    return is_given & Q(GreaterThanOrEqual(full, _text(since))) & Q(LessThanOrEqual(full, _text(until)))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)[:12]


def _text(text: str) -> Value:
    return Value(text, output_field=TextField())


def _fold(text: str) -> Expression:
    """By the function that folded the key. A backslash would say something to LIKE."""
    return Func(_text(text.replace("\\", "")), function=KEY_SQL, output_field=TextField())


def _fold_in_ascii(text: str) -> Expression:
    return Func(_fold(text), function=ASCII_SQL, output_field=TextField())


def _folded(
    text: str, *, by: Callable[[str], Expression] = _fold, signs: Mapping[str, str] = WILDCARDS_OF_SQL
) -> Expression:
    """The pieces between the wildcards, folded, with SQL's wildcards between them."""
    parts: list[Any] = [
        _text(signs[part]) if part in signs else by(part) for part in _WILDCARDS.split(text) if part
    ]
    return _Joined(_text(""), *parts)
