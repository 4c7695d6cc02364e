"""Counted nouns: written once, used somewhere, and right for none, one and several."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from common.nouns import NOUNS, counted

ROOT = Path(settings.BASE_DIR)
APPS = ("common", "audit", "accounts", "worklists", "studies", "sharing", "administration")
IN_TEMPLATES = re.compile(r'(?:\|counted:|{% selection_count )"([^"]*)"|"([^"]*)"\|counted_by_script')
IN_CODE = re.compile(r"""\bcounted\((?:[^()"']|\([^()]*\))*, (["'])([^"'()]*)\1\)""")


def used() -> set[str]:
    templates = {
        noun
        for path in (ROOT / "templates").rglob("*.*")
        for nouns in IN_TEMPLATES.findall(path.read_text())
        for noun in nouns
        if noun
    }
    code = {
        noun
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for _, noun in IN_CODE.findall(path.read_text())
    }
    return templates | code


def test_every_noun_in_use_is_in_the_list_and_every_noun_of_the_list_is_in_use() -> None:
    assert used() == set(NOUNS)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 studies"), (1, "1 study"), (2, "2 studies"), (12_000, "12,000 studies")]
)
def test_a_number_is_written_with_its_noun(number: int, words: str) -> None:
    assert counted(number, "study") == words


def test_a_verb_follows_its_noun() -> None:
    assert [counted(1, "file was"), counted(3, "file was")] == ["1 file was", "3 files were"]


def test_each_noun_is_listed_under_its_singular() -> None:
    assert {noun: counted(1, noun) for noun in NOUNS} == {noun: f"1 {noun}" for noun in NOUNS}
