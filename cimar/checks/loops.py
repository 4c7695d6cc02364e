"""A test whose assertions are in a loop first asserts that the loop is not empty: an empty loop tests nothing."""

import ast
import re
from collections.abc import Iterator

from cimar.checks.code import EXCUSE, Finding

# What gives back as many things as it was given.
KEEPS = {"enumerate", "list", "reversed", "set", "sorted", "tuple", "zip"}
METHODS = {"items", "keys", "values"}
# Of constants and enums, which are written down and not empty.
WRITTEN_DOWN = re.compile(r"[A-Z]\w*|_[A-Z][A-Z_]*")


def check(path: str, source: str) -> Iterator[Finding]:
    if not path.startswith("tests/"):
        return
    lines = source.splitlines()
    for function in ast.walk(ast.parse(source, path)):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for looped in _unasserted(function):
                if EXCUSE not in lines[looped.lineno - 1]:
                    what = ast.unparse(looped)
                    yield Finding(path, looped.lineno, f"assert first that there is something in {what}.")


def _unasserted(test: ast.FunctionDef) -> Iterator[ast.expr]:
    """What the test's loops with assertions go over, where nothing shows that there is anything in it."""
    sure = {name for decorator in test.decorator_list for name in _parametrised(decorator)}
    sure |= {
        target.id
        for node in ast.walk(test)
        if isinstance(node, ast.Assign) and _is_full(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    asserts = [node for node in ast.walk(test) if isinstance(node, ast.Assert)]
    for looped in _looped(test):
        before = " ".join(ast.unparse(node.test) for node in asserts if node.lineno < looped.lineno)
        if not _is_full(looped, frozenset(sure)) and not _mentioned(looped, before):
            yield looped


def _looped(test: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(test):
        match node:
            case ast.For(iter=looped) if any(isinstance(below, ast.Assert) for below in ast.walk(node)):
                yield looped
            case ast.Assert(
                test=ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(generators=[loop, *_])])
            ):
                yield loop.iter


def _is_full(node: ast.expr, sure: frozenset[str]) -> bool:
    """Whether the code shows that there is something in it."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return any(not isinstance(part, ast.Starred) or _is_full(part.value, sure) for part in parts)
        case ast.Dict(keys=keys):
            return bool(keys)
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id=name):
            return name in sure or bool(WRITTEN_DOWN.fullmatch(name))
        case ast.Attribute(attr=name):
            return bool(WRITTEN_DOWN.fullmatch(name))
        case ast.ListComp(generators=loops):
            return all(_is_full(loop.iter, sure) and not loop.ifs for loop in loops)
        case ast.Call(func=ast.Name(id="range"), args=[*_, end]):
            return _is_full(end, sure)
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as given) if name in KEEPS:
            return all(_is_full(part, sure) for part in given)
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in METHODS | {"split"}:
            return _is_full(value, sure)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_full(left, sure) or _is_full(right, sure)
    return False


def _mentioned(node: ast.expr, asserted: str) -> bool:
    """Whether an assertion was about what is looped over, whole or as what it is taken from."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in KEEPS | {"len", "range"} and node.args:
        return any(_mentioned(part, asserted) for part in node.args)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        return _mentioned(node.func.value, asserted)
    if isinstance(node, ast.Subscript):
        return _mentioned(node.value, asserted)
    return re.search(rf"(?<![\w.]){re.escape(ast.unparse(node))}(?!\w)", asserted) is not None


def _parametrised(decorator: ast.expr) -> Iterator[str]:
    """The arguments that pytest.mark.parametrize gives."""
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize"):
        for constant in ast.walk(decorator.args[0]):
            if isinstance(constant, ast.Constant):
                yield from re.split(r"[,\s]+", str(constant.value))
