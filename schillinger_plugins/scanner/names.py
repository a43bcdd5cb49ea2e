"""What the names in a source mean, as far as reading tells.

Owns one walk over the tree, without recursion, from which all rules live: imports, calls, attributes, strings, and the
qualified name behind an alias (``from os import system as s; s()`` is ``os.system``). Knows no scopes: a name that is
assigned anywhere in the file counts everywhere. Called by ``scan`` once for each file, read by the rules.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from dataclasses import dataclass

DANGEROUS = frozenset({"exec", "eval", "compile", "__import__"})

_BUILTINS = frozenset(dir(builtins)) | {"__builtins__"}
_MAX_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class Import:
    """A module that a source imports, with the line; `names` are what is taken from it."""

    module: str
    line: int
    names: tuple[str, ...] = ()


class Names:
    """The names of one source.

    Parameters
    ----------
    tree : ast.Module

    Attributes
    ----------
    imports : list of Import
        Those by ``import`` and ``from``; relative ones are the plugin's own and left out.
    calls : list of ast.Call
    references : list of ast.Name or ast.Attribute
        Those that are read.
    strings : list of ast.Constant
        Strings and bytes, docstrings left out.
    foreign : list of (str, int)
        Identifiers that are not plain ASCII, with their line.
    identifiers : set of str
    called : set of int
        The ids of the nodes that are called.
    decoded : dict
        What ``obfuscation`` has found out about a value, by its node's id: many calls may share one.
    """

    dangerous = DANGEROUS

    def __init__(self, tree: ast.Module) -> None:
        self.imports: list[Import] = []
        self.calls: list[ast.Call] = []
        self.references: list[ast.Name | ast.Attribute] = []
        self.subscripts: list[ast.Subscript] = []
        self.strings: list[ast.Constant] = []
        self.foreign: list[tuple[str, int]] = []
        self.identifiers: set[str] = set()
        self.called: set[int] = set()
        self.decoded: dict[int, bool] = {}
        self._aliases: dict[str, str] = {}
        self._values: dict[str, ast.expr] = {}
        self._own: set[str] = set()
        self._walk(tree)

    def qualified(self, node: ast.AST) -> str:
        """``os.system`` for whatever leads there; empty if it is not the name of something imported or built in."""
        return self._qualified(node).removeprefix("builtins.")

    def _qualified(self, node: ast.AST) -> str:
        parts: list[str] = []
        for _ in range(_MAX_STEPS):
            if isinstance(node, ast.Attribute):
                parts.append(node.attr)
                node = node.value
            elif isinstance(node, ast.Name):
                known = self._aliases.get(node.id)
                if known is not None:
                    return ".".join([known, *reversed(parts)])
                value = self._values.get(node.id)
                if isinstance(value, ast.Name | ast.Attribute) and value is not node:
                    node = value  # e = exec; e(...)
                    continue
                # Whoever names something of their own exec is worth a look, too: `exec = exec` must not hide it.
                if node.id not in _BUILTINS or (node.id in self._own and node.id not in DANGEROUS):
                    return ""
                if node.id == "__builtins__" and parts:
                    return ".".join(reversed(parts))
                return ".".join([node.id, *reversed(parts)])
            elif isinstance(node, ast.Call):
                # __import__("os").system and importlib.import_module("os").system
                name = self.qualified(node.func)
                first = node.args[0] if node.args else None
                if name in ("__import__", "importlib.import_module") and text_of(first):
                    return ".".join([text_of(first), *reversed(parts)])
                return ""
            else:
                return ""
        return ""

    def value_of(self, node: ast.expr) -> ast.expr:
        """What was assigned to a name, if it is one; else the node itself."""
        return self._values.get(node.id, node) if isinstance(node, ast.Name) else node

    def _walk(self, tree: ast.Module) -> None:
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            self._see(node)
            for field in node._fields:
                child = getattr(node, field, None)
                if isinstance(child, ast.AST):
                    if not isinstance(child, ast.expr_context):
                        pending.append(child)
                elif isinstance(child, list):
                    pending.extend(item for item in child if isinstance(item, ast.AST))
        self._own |= self._values.keys()

    def _see(self, node: ast.AST) -> None:
        kind = type(node)
        if kind is ast.Name:
            assert isinstance(node, ast.Name)
            self._identifier(node.id, node.lineno)
            if isinstance(node.ctx, ast.Load):
                self.references.append(node)
            else:
                self._own.add(node.id)
        elif kind is ast.Attribute:
            assert isinstance(node, ast.Attribute)
            self._identifier(node.attr, node.lineno)
            self.references.append(node)
        elif kind is ast.Call:
            assert isinstance(node, ast.Call)
            self.calls.append(node)
            self.called.add(id(node.func))
        elif kind is ast.Constant:
            assert isinstance(node, ast.Constant)
            if isinstance(node.value, str | bytes):
                self.strings.append(node)
        elif kind is ast.Subscript:
            assert isinstance(node, ast.Subscript)
            self.subscripts.append(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self.imports.append(Import(module=alias.name, line=node.lineno))
                # `import os.path` binds os.
                self._alias(alias.asname or alias.name.split(".")[0], alias.name if alias.asname else None, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and node.module:
                names = tuple(alias.name for alias in node.names)
                self.imports.append(Import(module=node.module, line=node.lineno, names=names))
                for alias in node.names:
                    self._alias(alias.asname or alias.name, f"{node.module}.{alias.name}", node.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._values[target.id] = node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if isinstance(node.target, ast.Name) and node.value is not None:
                self._values[node.target.id] = node.value
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._identifier(node.name, node.lineno)
            self._own.add(node.name)
        elif isinstance(node, ast.arg):
            self._identifier(node.arg, node.lineno)
            self._own.add(node.arg)
        elif isinstance(node, ast.keyword) and node.arg:
            self._identifier(node.arg, node.lineno)
        elif isinstance(node, ast.Expr) and is_text(node.value):
            node.value = ast.Constant(value=None)  # a docstring, or what is nothing but text

    def _alias(self, name: str, means: str | None, line: int) -> None:
        self._identifier(name, line)
        self._aliases[name] = means or name

    def _identifier(self, name: str, line: int) -> None:
        self.identifiers.add(name)
        if not name.isascii():
            self.foreign.append((name, line))


def is_text(node: object) -> bool:
    """Whether it is a string as it stands."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def text_of(node: object) -> str:
    """The string as it stands; empty for everything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def arguments(call: ast.Call) -> Iterable[ast.expr]:
    """All of a call's arguments."""
    yield from call.args
    for keyword in call.keywords:
        yield keyword.value
