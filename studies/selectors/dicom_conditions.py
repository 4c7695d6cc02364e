"""The matching of PS3.4 C.2.2.2 as conditions in SQL: wildcards, ranges, lists of UIDs, folded names.

A search is answered in less time than Django takes to compose its statement from expressions. Values never become part
of a text: they go beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from common.patient_names import ASCII_SQL, KEY_SQL, patterns
from studies.ingest.text import lenient_date
from studies.selectors.dicom_questions import like_pattern, uids_in

_WILDCARDS = re.compile(r"([*?])")
WILDCARDS_OF_SQL = {"*": "%", "?": "_"}


@dataclass(frozen=True)
class Condition:
    """A condition with its values; `p` is the placement and, where a condition is `of_study`, `s` its study.

    What is `exact` is found by the same plan whatever the values are, what is `few` by a single index.
    """

    text: str
    values: tuple[Any, ...] = ()
    of_study: bool = False
    exact: bool = False
    few: bool = False
    # Other rows than all placements, where what an index gives is among the values already.
    source: str = "studies_placement p"

    def __and__(self, other: "Condition") -> "Condition":
        if self is ALWAYS or other is ALWAYS:
            return other if self is ALWAYS else self
        return Condition(
            f"{self.text} AND {other.text}",
            (*self.values, *other.values),
            self.of_study or other.of_study,
            self.exact and other.exact,
            source=self.source,
        )

    @property
    def tables(self) -> str:
        """Which its rows are read from."""
        return f"{self.source}{' JOIN studies_study s ON s.id = p.study_id' if self.of_study else ''}"

    def as_expression(self) -> RawSQL:
        """For `filter()`."""
        return RawSQL(f"({self.text})", self.values, BooleanField())


ALWAYS, NEVER = Condition("TRUE"), Condition("FALSE")


def like(column: str, text: str) -> Condition:
    """A value, or a pattern with `*` and `?`."""
    text = text.strip()
    if _WILDCARDS.search(text) is None:
        return _on(column, f"{column} = %s", text, exact=True)
    return _on(column, f"{column} LIKE %s", like_pattern(text))


def name_like(text: str) -> Condition:
    """A whole group of the name, as the studies list folds names; the folded words narrow by their index.

    The index holds groups of three letters: every name with three letters in a row is read through the index, so one
    plan fits all such names.
    """
    narrows, around = _folded(text, by=f"{ASCII_SQL}({KEY_SQL}(%s))", signs={"*": "%", "?": "%"})
    whole, pattern = _folded(text)
    exact = _has_trigram(text)
    within = f"(%s || {narrows} || %s)"
    if exact:
        # The database evaluates a subquery once. Without it, a prepared statement folds the name again for each row.
        within, whole = f"(SELECT {within})", f"(SELECT {whole})"  # allowed: SQL
    # A name of a single group is folded on its placement already: to fold it is most of what a search takes.
    is_whole = (
        f"CASE WHEN position('=' IN s.patient_name) = 0 THEN p.name_key LIKE ({whole}) "
        f"ELSE {_any_group('s.patient_name', whole)} END"
    )
    values = ("%", *around, "%", *pattern, *pattern)
    return Condition(f"p.name_words LIKE {within} AND {is_whole}", values, of_study=True, exact=exact)


def _has_trigram(text: str) -> bool:
    return any(len(word) >= 3 for word in re.findall(r"[^\W_]+", text))


def name_has(text: str) -> Condition:
    """Every part of what was typed is in the name, as the studies list searches."""
    parts = patterns(re.sub(r"[\\*?]", " ", text))
    return _all(_on("p.name_words", "p.name_words LIKE %s", f"%{_escaped(part)}%") for part in parts)


def any_group_like(column: str, text: str) -> Condition:
    """A person name without an index of its own."""
    whole, pattern = _folded(text)
    return _on(column, _any_group(column, whole), *pattern)


def one_of(column: str, values: str) -> Condition:
    """An array has one of these values, each of which may be a pattern."""
    either = []
    for each in uids_in(values.upper()):
        is_pattern = _WILDCARDS.search(each) is not None
        some = f"EXISTS (SELECT FROM unnest({column}) AS each (name) WHERE each.name LIKE %s)"
        either.append(
            _on(column, some, like_pattern(each))
            if is_pattern
            else _on(column, f"{column} @> %s::varchar[]", [each])
        )
    return any_of(either)


def any_of(either: list[Condition]) -> Condition:
    if not either:
        return NEVER
    texts = " OR ".join(each.text for each in either)
    values = tuple(value for each in either for value in each.values)
    return Condition(f"({texts})", values, any(each.of_study for each in either))


def uids(keys: dict[str, str], word: str, column: str) -> Condition:
    if word not in keys:
        return ALWAYS
    return _on(column, f"{column} = ANY(%s::varchar[])", uids_in(keys[word]), exact=True)


def number(keys: dict[str, str], word: str, column: str) -> Condition:
    if word not in keys:
        return ALWAYS
    text = keys[word].strip()
    return _on(column, f"{column} = %s", int(text)) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else NEVER


def dates(column: str, text: str, *, value: str = "%s") -> Condition:
    """A date, or a range that may be open at either end; what is no date matches nothing.

    `value` is how the statement says a date.
    """
    first, dash, last = (part.strip() for part in text.partition("-"))
    since, until = lenient_date(first), lenient_date(last if dash else first)
    if (first and since is None) or (last and until is None) or not (first or last):
        return NEVER
    # A study without a date is kept under the first day there is.
    matching = _on(column, f"{column} > '0001-01-01'")
    if since is not None:
        matching &= _on(column, f"{column} >= {value}", since)
    return matching & _on(column, f"{column} <= {value}", until) if until is not None else matching


def times(column: str, text: str) -> Condition:
    """A time, or a range: what is left out of it is its beginning, or its end."""
    first, dash, last = text.partition("-")
    full = f"rpad(regexp_replace({column}, '[^0-9]', '', 'g'), 12, '0')"
    since, until = f"{_digits(first):0<12}", f"{_digits(last if dash else first):9<12}"
    return _on(column, f"{column} > '' AND {full} >= %s AND {full} <= %s", since, until)


def _on(column: str, text: str, *values: Any, exact: bool = False) -> Condition:
    return Condition(text, values, of_study=column.startswith("s."), exact=exact)


def _all(conditions: Any) -> Condition:
    matching = ALWAYS
    for each in conditions:
        matching &= each
    return matching


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)[:12]


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _any_group(column: str, pattern: str) -> str:
    """Whether a group of a person name (they stand between equals signs), folded, is like the pattern."""
    groups = f"unnest(string_to_array({column}, '=')) AS each (name)"
    return f"EXISTS (SELECT FROM {groups} WHERE {KEY_SQL}(each.name) LIKE ({pattern}))"


def _folded(
    text: str, *, by: str = f"{KEY_SQL}(%s)", signs: Mapping[str, str] = WILDCARDS_OF_SQL
) -> tuple[str, tuple[str, ...]]:
    """The pieces between the wildcards, folded by the function that folded the key, with SQL's wildcards between them.

    A backslash would say something to LIKE.
    """
    parts = [part for part in _WILDCARDS.split(text) if part]
    texts = ["%s::text" if part in signs else by for part in parts]
    values = tuple(signs[part] if part in signs else part.replace("\\", "") for part in parts)
    return f"({' || '.join(texts)})" if texts else "''", values
