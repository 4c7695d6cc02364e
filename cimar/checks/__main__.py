"""python -m cimar.checks: what the house's own rules find in the checkout."""

import sys

from cimar.checks import arrows, code, kept, loops, marks, templates, words
from cimar.checks.code import Finding
from cimar.checks.sources import sources


def findings() -> list[Finding]:
    files = dict(sources())
    breaches: list[Finding] = []
    for path, source in files.items():
        breaches += code.check(path, source) if path.endswith(".py") else templates.check(path, source)
        breaches += loops.check(path, source)
    breaches += arrows.findings()
    breaches += words.findings(files, kept.read(words.KEPT))
    breaches += marks.findings(files, kept.read(marks.KEPT))
    return breaches


if __name__ == "__main__":
    breaches = findings()
    print(*breaches, sep="\n", end="\n" if breaches else "")
    sys.exit(1 if breaches else 0)
