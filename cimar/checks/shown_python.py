"""The texts of a Python file that a person will see, and whether a translation mark is round them.

It is a guess, made to be right rather than complete: a literal that reads like a sentence or a label, or one that is
given to something that shows it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

MARKS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "npgettext",
    "npgettext_lazy",
}
# What shows its arguments, and by which keyword something shows them.
SHOWS = {
    "Refused",
    "NothingThere",
    "ValidationError",
    "messages.success",
    "messages.info",
    "messages.warning",
    "messages.error",
}
SHOWN_BY = {"label", "help_text", "title", "empty_label", "description", "heading", "placeholder"}
# For programmers and operators, for the database, or no text at all.
FOR_NO_READER = {
    "AssertionError",
    "ImproperlyConfigured",
    "KeyError",
    "LookupError",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "ValueError",
    "cast",
    "TypeVar",
    "RunSQL",
    "RawSQL",
    "execute",
    "executemany",
}
FOR_NO_READER_ON = {"log", "logger", "logging", "re", "warnings"}

# Capitals first, and a word in small letters: not a code of a standard, such as “ISO_IR 6”.
READS_LIKE_TEXT = re.compile(r"(?=.*[a-z{])[“‘\"'(]*[A-Z“‘].* ", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
SQL = re.compile(
    r"\s*(ALTER|ANALYZE|AND|BEGIN|CALL|CASE|COALESCE|COPY|CREATE|DELETE|DO|DROP|EXISTS|EXPLAIN|FROM|GRANT|INSERT|JOIN"
    r"|LEFT|LOCK|NOT|NOTIFY|ON|OR|ORDER|REVOKE|SELECT|SET|TABLE|TRUNCATE|UNION|UPDATE|VACUUM|VALUES|WHEN|WHERE|WITH)\b"
)
GAP = "{}"


@dataclass(frozen=True)
class ShownText:
    line: int
    text: str
    marked: bool
    is_title: bool = False


def shown(tree: ast.Module) -> Iterator[ShownText]:
    """Each text with `{}` where a value goes in. A text that is built inside a mark is not marked."""
    yield from _under(tree, frozenset(_silent(tree)), by="")


def _under(node: ast.AST, silent: frozenset[ast.AST], by: str) -> Iterator[ShownText]:
    """`by` says what shows the node: a mark, `shows` for a call or a keyword that does, or nothing known."""
    if node in silent:
        return
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield from _literal(node, by)
        return
    if isinstance(node, ast.Call):
        yield from _call(node, silent)
        return
    for child in ast.iter_child_nodes(node):
        passes_on = isinstance(node, ast.BinOp | ast.IfExp | ast.BoolOp | ast.List | ast.Tuple)
        yield from _under(child, silent, by if passes_on and by != "mark" else "")


def _call(node: ast.Call, silent: frozenset[ast.AST]) -> Iterator[ShownText]:
    name = ast.unparse(node.func)
    last = name.rpartition(".")[2]
    if last in FOR_NO_READER or name.partition(".")[0] in FOR_NO_READER_ON:
        return
    if last in MARKS:
        for argument in node.args:
            yield from _under(argument, silent, "mark")
        return
    yield from _under(node.func, silent, "")
    shows = "shows" if last in SHOWS or name in SHOWS else ""
    for argument in node.args:
        yield from _under(argument, silent, shows)
    for keyword in node.keywords:
        yield from _under(keyword.value, silent, "shows" if keyword.arg in SHOWN_BY else "")


def _literal(node: ast.Constant | ast.JoinedStr, by: str) -> Iterator[ShownText]:
    text = text_of(node)
    if text is None or not WORD.search(text.replace(GAP, " ")):
        return
    if by == "mark":
        yield ShownText(node.lineno, text, marked=isinstance(node, ast.Constant))
    elif (by == "shows" or READS_LIKE_TEXT.match(text)) and not SQL.match(text):
        yield ShownText(node.lineno, text, marked=False)


def text_of(node: ast.AST) -> str | None:
    """The text of a literal, with a gap for each value; None for bytes and numbers."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else GAP
        for part in parts
    )


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """What is not shown: docstrings, annotations, comparisons, assertions, keys, lists of words, cases of a match."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                yield node
            case ast.Call(func=ast.Attribute(value=ast.Constant() as words, attr="split")):
                yield words
            case ast.arg(annotation=ast.AST() as kind) | ast.AnnAssign(annotation=kind):
                yield kind
            case ast.FunctionDef(returns=ast.AST() as kind):
                yield kind
            case ast.Compare() | ast.Assert() | ast.Subscript() | ast.MatchValue():
                yield node
            case ast.Assign(targets=[ast.Name(id="permissions" | "constraints")]):
                yield node
