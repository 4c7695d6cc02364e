"""What a person sees carries a translation mark, and no sentence is typed in two places.

`marks.json` holds how many texts of each file still do not: a count may fall and never rise, and a file that is not in
it has none. `python -m cimar.checks.marks` writes it anew, and refuses where a count would rise;
`python -m cimar.checks.marks administration/` lists what is counted there.
"""

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from cimar.checks import kept, shown_python, shown_templates
from cimar.checks.code import EXCUSE, Finding
from cimar.checks.shown_python import GAP, ShownText
from cimar.checks.sources import sources

KEPT = Path(__file__).with_name("marks.json")
PRODUCT = ("administration/", "common/", "audit/", "accounts/", "worklists/", "studies/", "sharing/")
# Developers and operators read English.
NOT_TRANSLATED = re.compile(
    r"/migrations/|/management/|^templates/gallery\.html$|^templates/accounts/development_mails?\.html$"
)
UNMARKED, TWICE = "unmarked", "twice"
# A label of a few words may be the same as another by accident.
SENTENCE = re.compile(r"(\S+\s+){2,}\S+[.?!]$|(\S+\s+){4,}\S+$")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{[^{}]*\}")

Texts = dict[str, list[ShownText]]


def findings(files: Mapping[str, str], allowed: Mapping[str, kept.Counts]) -> Iterator[Finding]:
    """For each file that has more of a kind than is kept for it: all of that kind."""
    for path, breaches in _breaches(files):
        numbers = Counter(kind for kind, _ in breaches)
        for kind, finding in breaches:
            if numbers[kind] > allowed.get(path, {}).get(kind, 0):
                yield finding


def counts(files: Mapping[str, str]) -> dict[str, Counter[str]]:
    return {path: Counter(kind for kind, _ in breaches) for path, breaches in _breaches(files)}


def _breaches(files: Mapping[str, str]) -> Iterator[tuple[str, list[tuple[str, Finding]]]]:
    """By file: everything in it that is unmarked or typed twice."""
    texts = _texts_of(files)
    places = _places(texts)
    for path, of_file in texts.items():
        yield path, list(_of_file(path, of_file, places))


def _texts_of(files: Mapping[str, str]) -> Texts:
    """By file: every text that a person will see, without those of lines that excuse themselves."""
    texts = {}
    for path, source in files.items():
        lines = source.splitlines()
        texts[path] = [text for text in _shown(path, source) if EXCUSE not in lines[text.line - 1]]
    return texts


def _shown(path: str, source: str) -> Iterator[ShownText]:
    if NOT_TRANSLATED.search(path):
        return
    if path.startswith("templates/"):
        yield from shown_templates.shown(source)
    elif path.startswith(PRODUCT):
        yield from shown_python.shown(ast.parse(source, path))


def _of_file(
    path: str, texts: list[ShownText], places: Mapping[str, set[str]]
) -> Iterator[tuple[str, Finding]]:
    numbers = Counter(_folded(text.text) for text in texts if not text.is_title)
    for text in texts:
        folded = _folded(text.text)
        if not text.marked:
            yield UNMARKED, Finding(path, text.line, f"“{folded}” carries no translation mark.")
        others = sorted(places[folded] - {_form(path)})
        if SENTENCE.match(folded) and not text.is_title and (others or numbers[folded] > 1):
            where = ", ".join(others) or "this file"
            sentence = f"“{folded}” is typed again in {where}: keep it in one place."
            yield TWICE, Finding(path, text.line, sentence)


def _places(texts: Texts) -> Mapping[str, set[str]]:
    """In which files each text is typed, other than as the title of a page."""
    places: dict[str, set[str]] = defaultdict(set)
    for path, of_file in texts.items():
        for text in (text for text in of_file if not text.is_title):
            places[_folded(text.text)].add(_form(path))
    return places


def _form(path: str) -> str:
    """The two forms of a mail, for a program that shows HTML and for one that does not, are one place."""
    return re.sub(r"\.(html|txt)$", "", path) if path.startswith("templates/") else path


def _folded(text: str) -> str:
    return " ".join(PLACEHOLDER.sub(GAP, text).split())


def main(paths: list[str]) -> int:
    files = dict(sources())
    if paths:
        listed = {path: breaches for path, breaches in _breaches(files) if path.startswith(tuple(paths))}
        print(*(finding for breaches in listed.values() for _, finding in breaches), sep="\n")
        return 0
    risen = kept.write(KEPT, counts(files), lambda allowed: findings(files, allowed))
    print(*risen, sep="\n", end="\n" if risen else "")
    return 1 if risen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
