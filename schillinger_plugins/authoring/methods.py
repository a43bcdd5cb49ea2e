"""The methods of a plugin's class, read without running it.

Owns which an author must write for each type, how they are called, and that they describe a node. Refuses what would fail
at its first call, with the line. Called by `source`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import nearest

Method = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Flaw:
    """What is wrong, in which line, and what to write."""

    line: int
    message: str
    remedy: str


_ALTERNATIVES = {"EFFECT": ("process", "execute"), "GENERATOR": ("generate", "execute"), "UI": ("on_event", "execute")}
_SIGNATURES = {
    "execute": "async def execute(self, inputs, parameters): …",
    "process": "def process(self, block, parameters): …",
    "generate": "def generate(self, parameters): …",
    "on_event": "async def on_event(self, event, values): …",
}


def flaws(plugin_class: ast.ClassDef, kind: str, ancestry: list[ast.ClassDef] | None) -> Iterator[Flaw]:
    """What keeps a class from being a plugin of its type.

    Parameters
    ----------
    kind : str
        The plugin type.
    ancestry : list of ClassDef or None
        It and the classes that it inherits from, nearest first, as far as they stand in the same text; None if one of them
        comes from elsewhere and may have anything.
    """
    own = [plugin_class] if ancestry is None else ancestry
    methods: dict[str, Method] = {}
    for node in own:
        for item in node.body:
            if isinstance(item, Method):
                methods.setdefault(item.name, item)
    for name in _SIGNATURES:
        if name in methods:
            yield from _signature(methods[name], name)
    if ancestry is None:
        return
    wanted = _ALTERNATIVES.get(kind, ("execute",))
    if methods.keys().isdisjoint(wanted):
        written = nearest(next((name for name in methods if nearest(name, wanted)), ""), wanted)
        hint = f"did you mean {written}?" if written else f"write {_SIGNATURES[wanted[0]]}"
        yield Flaw(plugin_class.lineno, f"{plugin_class.name} lacks {' or '.join(wanted)}", hint)
    elif kind != "EFFECT" and "get_node_definition" not in methods and not _annotated(methods):
        # An effect that says nothing takes and gives sound.
        called = next(name for name in wanted if name in methods)
        yield Flaw(
            plugin_class.lineno,
            f"{plugin_class.name} describes no node",
            f"write get_node_definition(), or annotate {called}(): its parameters and what it returns with TypedDicts",
        )


def _signature(method: Method, name: str) -> Iterator[Flaw]:
    if method.decorator_list:  # which may make anything of it
        return
    wanted = _SIGNATURES[name]
    if isinstance(method, ast.AsyncFunctionDef) != wanted.startswith("async"):
        is_not = "is no `async def`" if wanted.startswith("async") else "is an `async def`"
        yield Flaw(method.lineno, f"{name} {is_not}", f"write {wanted}")
        return
    arguments = method.args
    places = [*arguments.posonlyargs, *arguments.args]
    count = wanted.count(",") + 1
    lacks = len(places) < count and arguments.vararg is None
    demands = len(places) - len(arguments.defaults) > count or None in arguments.kw_defaults
    if lacks or demands:
        takes = ", ".join(argument.arg for argument in places)
        yield Flaw(method.lineno, f"{name} takes ({takes})", f"write {wanted}")


def _annotated(methods: Mapping[str, Method]) -> bool:
    """Whether there is any hint from which a definition could follow."""
    hinted = [methods[name] for name in ("execute", "process", "generate") if name in methods]
    return any(
        method.returns is not None or any(argument.annotation is not None for argument in method.args.args)
        for method in hinted
    )
