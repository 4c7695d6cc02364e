"""Rules for Python files, read as syntax trees."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

LONGEST_FILE = 350
LONGEST_TEST_FILE = 600
LONGEST_VIEW = 25

# Asking Django or guardian directly costs more and lets superusers through.
ASKERS = {
    "has_perm",
    "has_perms",
    "has_module_perms",
    "get_perms",
    "get_objects_for_user",
    "get_objects_for_group",
    "get_users_with_perms",
    "assign_perm",
    "remove_perm",
    "ObjectPermissionChecker",
}
MAY_ASK = ("worklists/access/*",)

WRITERS = {
    "save",
    "create",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "acreate",
    "asave",
    "adelete",
}
MAY_WRITE = (
    "*/services.py",
    "*/services/*",
    "*/ingest/*",
    "*/ingest.py",
    "worklists/access/*",
    "*/migrations/*",
    "cimar/*",
    # Django's commands make users through the manager.
    "accounts/models/user.py",
    # Saves pictures, not rows.
    "studies/pixels/*",
)

VIEWS = ("*/views.py", "*/views/*", "*/views_*.py")
METHODS = {"get", "post", "dispatch", "form_valid"}

# Parts of a change that only `sharing.services` makes whole: alone they would leave shares, promises or links behind.
PARTS = {
    "deactivate_member_without_shares": "leave_account",
    "remove_member_without_shares": "leave_account",
    "remove_worklist_without_shares": "delete_worklist",
    "end_offer_without_invitation": "withdraw_staff_invitation",
    "end_upload_without_invitation": "withdraw_upload_invitation",
    "erase_study": "delete_study",
    # A person becomes a member by accepting an offer.
    "add_account_member": "invite_members",
}
MAY_MAKE_WHOLE = ("sharing/services/*", "worklists/services/*", "studies/services/*")

# Not about the product's rows.
FREE = ("tests/*", "bench/*", "cimar/embedded/*", "cimar/checks/*")
MAY_BE_LONG = ("*/migrations/*",)

# Views, forms and the administration pass what they know as arguments and results.
PASS_VALUES = ("administration/*", "*/views.py", "*/views/*", "*/forms.py", "*/forms/*")
DJANGOS_OWN = {"current_app", "user", "session", "urlconf", "LANGUAGE_CODE"}

EXCUSE = "# allowed:"


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


def check(path: str, source: str) -> list[Finding]:
    """What is wrong with one file. A line may excuse itself: `# allowed: because …`."""
    tree = ast.parse(source, path)
    lines = source.splitlines()
    breaches = [finding for rule in RULES for finding in rule(path, tree, lines)]
    return [finding for finding in breaches if EXCUSE not in lines[finding.line - 1]]


def only_access_asks(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if _matches(path, MAY_ASK + FREE):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _name(node.func)) in ASKERS:
            yield Finding(
                path,
                node.lineno,
                f"{name}() costs several queries and lets superusers through: ask worklists.access.",
            )


def only_services_write(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if _matches(path, MAY_WRITE + FREE):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
            # Extending Django's own class is not a write of ours.
            if isinstance(node.func.value, ast.Call) and _name(node.func.value.func) == "super":
                continue
            yield Finding(
                path, node.lineno, f".{node.func.attr}() writes: only services, access and ingest do that."
            )


def views_are_short(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if not _matches(path, VIEWS):
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef)
            and _is_view(node)
            and (length := _body_length(node)) >= LONGEST_VIEW
        ):
            yield Finding(
                path,
                node.lineno,
                f"the view {node.name} has {length} lines, and a view has fewer than {LONGEST_VIEW}: "
                "load, call one service, answer. Move the rest to a form, a selector or a service.",
            )


def files_are_short(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    longest = LONGEST_TEST_FILE if path.startswith("tests/") else LONGEST_FILE
    if len(lines) > longest and not _matches(path, MAY_BE_LONG):
        yield Finding(
            path, 1, f"{len(lines)} lines, and a file has at most {longest}: split it by noun into a package."
        )


def one_clock(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if _matches(path, FREE):
        return
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "CURRENT_TIMESTAMP" in node.value
        ):
            yield Finding(
                path,
                node.lineno,
                "CURRENT_TIMESTAMP stands still in a transaction: the one clock is statement_timestamp().",
            )


def nothing_rides_on_the_request(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if not _matches(path, PASS_VALUES):
        return
    behind = "an object is changed behind its back: name the attribute."
    for node in ast.walk(tree):
        if _reaches_around(node):
            yield Finding(path, getattr(node, "lineno", 1), behind)
        elif (
            isinstance(node, ast.Attribute)
            and not isinstance(node.ctx, ast.Load)
            and _name(node.value) == "request"  # also `self.request`
            and node.attr not in DJANGOS_OWN
        ):
            sentence = (
                f"request.{node.attr} is set here to be read somewhere else: pass a value, or return it."
            )
            yield Finding(path, node.lineno, sentence)


def parts_are_made_whole(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if _matches(path, MAY_MAKE_WHOLE + FREE):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom | ast.Attribute | ast.Name):
            continue
        named = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else [_name(node)]
        for name in named:
            if whole := PARTS.get(name):
                yield Finding(
                    path, node.lineno, f"{name} is a part of a change: call sharing.services.{whole}."
                )


def modules_say_what_they_are(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    if tree.body and not _matches(path, ("*/migrations/*",)) and ast.get_docstring(tree) is None:
        yield Finding(path, 1, "a module begins with one line that says what it is.")


def lazy_texts_stay_lazy(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """`gettext_lazy("…") % x` is a plain text at once, in the language of the moment when the module is imported."""
    for node in ast.walk(tree):
        filled: ast.expr | None = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            filled = node.left
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        ):
            filled = node.func.value
        if isinstance(filled, ast.Call) and _name(filled.func) == "gettext_lazy":
            yield Finding(
                path,
                filled.lineno,
                "a lazy text that is filled in here stays in one language: format_lazy fills it in where it is shown.",
            )


def marks_are_not_hidden(path: str, tree: ast.Module, lines: list[str]) -> Iterator[Finding]:
    """A function that assigns `_` cannot call the `_` of the module: Python takes the name for its own."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        own = [node for node in _own_nodes(function) if isinstance(node, ast.Name) and node.id == "_"]
        if any(isinstance(node.ctx, ast.Store) for node in own):
            for call in _own_nodes(function):
                if isinstance(call, ast.Call) and _name(call.func) == "_":
                    yield Finding(
                        path, call.lineno, f"{function.name} assigns _, so _() is not the mark here."
                    )


RULES: list[Callable[[str, ast.Module, list[str]], Iterator[Finding]]] = [
    only_access_asks,
    only_services_write,
    views_are_short,
    files_are_short,
    one_clock,
    nothing_rides_on_the_request,
    parts_are_made_whole,
    modules_say_what_they_are,
    lazy_texts_stay_lazy,
    marks_are_not_hidden,
]


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(str(PurePosixPath(path)), pattern) for pattern in patterns)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _reaches_around(node: ast.AST) -> bool:
    """`x.__dict__`, `vars(x)`, and `setattr` or `delattr` of a request."""
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
        return False
    on_request = _name(node.args[0]) == "request"
    return node.func.id == "vars" or (node.func.id in {"setattr", "delattr"} and on_request)


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of its body in its own scope: without inner functions and comprehensions."""
    inner = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [below for below in ast.iter_child_nodes(node) if not isinstance(below, inner)]


def _is_view(node: ast.FunctionDef) -> bool:
    first = node.args.args[0].arg if node.args.args else ""
    return first == "request" or (first == "self" and node.name in METHODS)


def _body_length(node: ast.FunctionDef) -> int:
    """From the first statement after the docstring to the last line."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
