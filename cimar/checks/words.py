"""Words that new code does without: a count for each file that may fall and never rise.

STYLE.md says what to write instead. `words.json` holds what each file still has; a file that is not in it has none.
`python -m cimar.checks.words` writes it anew, and refuses where a count would rise.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from cimar.checks import kept
from cimar.checks.code import Finding
from cimar.checks.sources import sources

KEPT = Path(__file__).with_name("words.json")
PRODUCT = (
    "bench/",
    "cimar/",
    "administration/",
    "common/",
    "audit/",
    "accounts/",
    "worklists/",
    "studies/",
    "sharing/",
)

# As the name of a variable, a parameter or an attribute of ours.
NAMES = {
    "address": "say email, ip_address or url",
    "one": "use a noun: recipient, share, placement",
    "found": "use a noun: what was read",
    "deed": "say change or action",
    "deeds": "say changes or actions",
    "said": "use a noun",
    "told": "use a noun",
}
# In docstrings and comments.
PROSE = re.compile(r"\b(deeds?|a look|looks at|is told|are told|somebody's|nobody's)\b", re.IGNORECASE)
# Anywhere: the end of a token, a link, a code or an invitation has one wording.
PAGES = re.compile(r"\b((?:works|good) until)\b", re.IGNORECASE)
LONGEST_TEMPLATE_LINE = 160


def counts(path: str, source: str) -> Counter[str]:
    """How often each word to avoid stands in one file; for a template, its lines that are too long."""
    words = Counter(match.lower() for match in PAGES.findall(source))
    if path.endswith((".html", ".txt")):
        too_long = sum(len(line) > LONGEST_TEMPLATE_LINE for line in source.splitlines())
        return words + Counter(long_line=too_long)
    if not path.startswith(PRODUCT) or "/migrations/" in path:
        return Counter()
    tree = ast.parse(source, path)
    words += Counter(name for name in _names(tree) if name in NAMES)
    return words + Counter(match.lower() for text in _prose(tree, source) for match in PROSE.findall(text))


def check(path: str, source: str, allowed: Mapping[str, kept.Counts]) -> Iterator[Finding]:
    """A finding for each word that this file has more often than is kept for it."""
    of_file = allowed.get(path, {})
    for word, number in counts(path, source).items():
        if number > of_file.get(word, 0):
            yield Finding(path, 1, _sentence(word, number, of_file.get(word, 0)))


def _sentence(word: str, number: int, allowed: int) -> str:
    if word == "long_line":
        return f"{number} lines have more than {LONGEST_TEMPLATE_LINE} characters, and may be {allowed}: break them."
    why = NAMES.get(word, "STYLE.md says what to write instead")
    return f"“{word}” stands here {number} times, and may {allowed}: {why}."


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def _prose(tree: ast.Module, source: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            text := ast.get_docstring(node)
        ):
            yield text
    yield from re.findall(r"^\s*#(.*)$", source, re.MULTILINE)


def findings(files: Mapping[str, str], allowed: Mapping[str, kept.Counts]) -> Iterator[Finding]:
    for path, source in files.items():
        yield from check(path, source, allowed)


if __name__ == "__main__":
    files = dict(sources())
    now = {path: counts(path, source) for path, source in files.items()}
    risen = kept.write(KEPT, now, lambda allowed: findings(files, allowed))
    print(*risen, sep="\n", end="\n" if risen else "")
    sys.exit(1 if risen else 0)
