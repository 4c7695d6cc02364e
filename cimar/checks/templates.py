"""Rules for templates: nothing inline that the Content-Security-Policy would refuse."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from cimar.checks.code import Finding

# Mail programs know neither our policy nor our style sheets.
MAILS = ("templates/*/mail/*", "templates/mail/*", "templates/account/email/*")

RULES = [
    (r"<script\b(?![^>]*\bsrc\s*=)", "an inline script: put it in a file under static/js."),
    (r"<style\b", "an inline style sheet: put it in a file under static/css."),
    (r"<[^>{}]*\sstyle\s*=", "an inline style: use a class."),
    (r"<[^>]*\son[a-z]+\s*=", "an inline event handler: listen in a file under static/js."),
    (r"\shx-on[:-]", "an inline event handler: listen in a file under static/js."),
    (r"href\s*=\s*[\"']?\s*javascript:", "a script in a link: use a button and a file under static/js."),
    (
        r"\|\s*safe\b|\{%\s*autoescape\s+off",
        "unescaped text: let the template escape it, or build it with format_html.",
    ),
]
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?endcomment\s*%\}|<!--.*?-->", re.DOTALL)


def check(path: str, source: str) -> list[Finding]:
    return list(_findings(path, COMMENT.sub(_blank, source)))


def _findings(path: str, source: str) -> Iterator[Finding]:
    mail = any(fnmatch(path, pattern) for pattern in MAILS)
    for pattern, sentence in RULES:
        if mail and "style" in sentence:
            continue
        for match in re.finditer(pattern, source, re.IGNORECASE):
            yield Finding(path, source.count("\n", 0, match.start()) + 1, sentence)


def _blank(match: re.Match[str]) -> str:
    """Keeps the lines where they are."""
    return re.sub(r"[^\n]", " ", match.group())
