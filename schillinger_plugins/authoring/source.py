"""The text of a plugin's main file, read without running it: its class, what it imports, what it asks for.

Owns the rules by which a text is a plugin, and that an error names the line. Refuses what no worker could load. Called by
`cell`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from dataclasses import dataclass

from .. import types as sdk
from ..errors import InputError, nearest
from .methods import flaws

MAX_CHARS = 1_000_000
BASES: dict[str, str] = {
    name: str(kind.plugin_type)
    for name, kind in vars(sdk).items()
    if isinstance(kind, type) and issubclass(kind, sdk.Plugin) and kind is not sdk.Plugin
}
"""The plugin type of each base class."""

_SDKS = ("schillinger_plugins.types", "schillinger_plugins.types.plugin", "src.plugins.types")
_OWN = frozenset({"schillinger_plugins", "src", "numpy"})


@dataclass(frozen=True)
class Source:
    """What a main file says of itself.

    Attributes
    ----------
    imports : tuple of str
        Top-level modules beyond the standard library, NumPy and this package.
    hosts : tuple of str
        Those of the addresses that stand in it, if it fetches.
    fields : dict
        The line of each annotated name in a class: of an input, a parameter, an output.
    ends : dict
        For ``inputs``, ``parameters`` and ``outputs`` those lines in the order of the definition.
    example : int
        The line where the class offers one; 0 if it doesn't.
    """

    class_name: str
    plugin_type: str
    description: str
    imports: tuple[str, ...]
    fetches: bool
    hosts: tuple[str, ...]
    fields: dict[str, int]
    ends: dict[str, list[int]]
    example: int


def read(text: str, *, plugin_id: str, plugin_type: str | None = None) -> Source:
    """Read a main file.

    Parameters
    ----------
    plugin_type : str, optional
        What it has to be.

    Raises
    ------
    InputError
        If it doesn't parse, has no plugin class or several, one of another type, or one that lacks a method; with the line.
    """
    tree = _parsed(text, plugin_id)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    plugin_class, kind = _plugin_class(classes, plugin_id)
    if plugin_type is not None and kind != plugin_type:
        wanted = next(base for base, its_type in BASES.items() if its_type == plugin_type)
        raise _wrong(
            plugin_class.lineno,
            f"{plugin_class.name} is {_a(kind)} plugin, not {_a(plugin_type)} one",
            f"derive it from {wanted}, or write --type {kind.lower()}",
            plugin_id,
        )
    _demand_imported(tree, plugin_class, plugin_id)
    _demand_methods(plugin_class, kind, classes, plugin_id)
    fetches = any(isinstance(node, ast.Attribute) and node.attr == "fetch" for node in ast.walk(tree))
    said, _, _ = inspect.cleandoc(ast.get_docstring(plugin_class) or "").partition("\n\n")
    return Source(
        class_name=plugin_class.name,
        plugin_type=kind,
        description=" ".join(said.split())[:1000],
        imports=_imports(tree),
        fetches=fetches,
        hosts=_hosts(tree) if fetches else (),
        fields={
            item.target.id: item.lineno
            for node in classes.values()
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        },
        ends=_ends(plugin_class, classes),
        example=_example(plugin_class),
    )


def _parsed(text: str, plugin_id: str) -> ast.Module:
    if len(text) > MAX_CHARS:
        raise InputError(
            f"it has {len(text):,} characters, at most {MAX_CHARS:,} are taken",
            plugin_id=plugin_id,
            remedy="put data into a file beside the code: %plugin path shows the folder",
        )
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = (error.text or "").rstrip("\n")
        if line.lstrip().startswith(("%", "!")):
            raise _wrong(
                error.lineno or 1,
                f"{line.strip()[:60]} is for the notebook, and a plugin is Python alone",
                "put it into a cell of its own",
                plugin_id,
            ) from None
        mark = f"\n    {line.strip()}\n    {' ' * max(0, (error.offset or 1) - 1 - len(line) + len(line.lstrip()))}^"
        raise _wrong(error.lineno or 1, f"{error.msg}{mark if line.strip() else ''}", "", plugin_id) from None
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL character; brackets without end
        raise InputError(f"it can't be parsed: {error or type(error).__name__}", plugin_id=plugin_id) from None


def _plugin_class(classes: dict[str, ast.ClassDef], plugin_id: str) -> tuple[ast.ClassDef, str]:
    kinds = {name: kind for name in classes if (kind := _kind(name, classes))}
    parents = {base for node in classes.values() for base in _base_names(node)}
    found = [name for name in kinds if name not in parents]  # a base class of the author's own is not the plugin
    if len(found) == 1:
        return classes[found[0]], kinds[found[0]]
    if found:
        lines = ", ".join(f"{name} in line {classes[name].lineno}" for name in found)
        raise InputError(
            f"a plugin is one class, and here are {len(found)}: {lines}",
            plugin_id=plugin_id,
            remedy="give each a cell of its own",
        )
    for node in classes.values():
        for base in _base_names(node):
            close = nearest(base, BASES)
            if close:
                raise _wrong(node.lineno, f"there is no {base}", f"did you mean {close}?", plugin_id)
    raise InputError(
        "no class here is a plugin", plugin_id=plugin_id, remedy=f"derive one from {', '.join(sorted(BASES))}"
    )


def _kind(name: str, classes: dict[str, ast.ClassDef], seen: frozenset[str] = frozenset()) -> str:
    """The plugin type of a class, by its bases; empty if it has none."""
    if name in BASES:
        return BASES[name]
    if name not in classes or name in seen:
        return ""
    kinds = (_kind(base, classes, seen | {name}) for base in _base_names(classes[name]))
    return next((kind for kind in kinds if kind), "")


def _base_names(node: ast.ClassDef) -> list[str]:
    return [base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
            for base in node.bases]  # fmt: skip


def _demand_imported(tree: ast.Module, plugin_class: ast.ClassDef, plugin_id: str) -> None:
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            if isinstance(node, ast.ImportFrom) and node.module in _SDKS and node.names[0].name == "*":
                bound.update(BASES)
        elif isinstance(node, ast.ClassDef):
            bound.add(node.name)
    for base in plugin_class.bases:
        if isinstance(base, ast.Name) and base.id in BASES and base.id not in bound:
            raise _wrong(
                plugin_class.lineno,
                f"{base.id} is not imported",
                f"begin with: from schillinger_plugins.types import {base.id}",
                plugin_id,
            )


def _demand_methods(plugin_class: ast.ClassDef, kind: str, classes: dict[str, ast.ClassDef], plugin_id: str) -> None:
    for flaw in flaws(plugin_class, kind, _ancestry(plugin_class, classes)):
        raise _wrong(flaw.line, flaw.message, flaw.remedy, plugin_id)


def _ancestry(plugin_class: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef] | None:
    """It and what it inherits from, nearest first; None if a base comes from elsewhere."""
    found: dict[str, ast.ClassDef] = {}
    pending = [plugin_class.name]
    while pending:
        name = pending.pop(0)
        node = classes.get(name)
        if node is None and name not in BASES:
            return None
        if node is not None and name not in found:
            found[name] = node
            pending += _base_names(node)
    return list(found.values())


def _ends(plugin_class: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for method in plugin_class.body:
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        hints = {argument.arg: argument.annotation for argument in method.args.args}
        for kind, hint in (*hints.items(), ("outputs", method.returns)):
            if kind in ("inputs", "parameters", "outputs") and isinstance(hint, ast.Name) and hint.id in classes:
                found[kind] = [item.lineno for item in classes[hint.id].body if isinstance(item, ast.AnnAssign)]
    return found


def _example(plugin_class: ast.ClassDef) -> int:
    for item in plugin_class.body:
        targets = [item.target] if isinstance(item, ast.AnnAssign) else getattr(item, "targets", [])
        if any(isinstance(target, ast.Name) and target.id == "example" for target in targets):
            return item.lineno
    return 0


def _imports(tree: ast.Module) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(dict.fromkeys(alias.name.partition(".")[0] for alias in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found[node.module.partition(".")[0]] = None
    return tuple(name for name in found if name not in sys.stdlib_module_names and name not in _OWN)


def _hosts(tree: ast.Module) -> tuple[str, ...]:
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    named = (match[1].lower() for text in texts for match in re.finditer(r"https?://([A-Za-z0-9.\-]+(?::\d+)?)", text))
    return tuple(dict.fromkeys(host.rstrip(".") for host in named))


def _wrong(line: int, message: str, remedy: str, plugin_id: str) -> InputError:
    return InputError(f"line {line} of the cell: {message}", plugin_id=plugin_id, remedy=remedy or None)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
