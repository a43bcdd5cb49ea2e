"""A flow as a Python script.

Owns the text. What a flow holds gets into it as literals alone, so that no name or value in a file becomes code. What
Python's face doesn't know (keys of a canvas, the ids of edges) isn't in it, nor arrays and sounds, which are given at the
run.
"""

from __future__ import annotations

import keyword
import re
from typing import Any

from .document import Document
from .graph import Node, order, unused

_RESERVED = {"flow", "manager", "run", "Flow", "PluginManager", "parameters", "config", "label", "id", "position"}


def script(document: Document, held: set[str]) -> str:
    """The text of a script.

    Parameters
    ----------
    held : set of str
        Input nodes whose value is no plain data.
    """
    graph = document.graph
    names: dict[str, str] = {}
    for node_id in graph.nodes:
        word = re.sub(r"\W+", "_", node_id, flags=re.ASCII).strip("_")[:40] or "node"
        word = f"n_{word}" if word[0].isdigit() or keyword.iskeyword(word) or keyword.issoftkeyword(word) else word
        names[node_id] = unused(word, {*names.values(), *_RESERVED})
    name, seed = document.about.get("name", "flow"), document.about.get("seed", 0)
    lines = ["from schillinger_plugins import Flow, PluginManager", ""]
    lines += [f"with PluginManager() as manager, Flow(manager, name={name!r}, seed={seed!r}) as flow:"]
    body: list[str] = []
    nodes = [node for node in graph.nodes.values() if node.kind != "group"]
    body += [f"{names[node.id]} = {_made(node, _place(document, node), node.id in held)}" for node in nodes]
    for node in nodes:
        if node.bypassed:
            body += [f"{names[node.id]}.bypassed = True"]
    for edge in graph.edges.values():
        body += [f"{names[edge.source]}[{edge.output!r}] >> {names[edge.target]}[{edge.input!r}]"]
    for group_id in _outermost_last(document):
        members = [names[node.id] for node in graph.nodes.values() if node.raw.get("parentId") == group_id]
        if members:
            label = str(graph.nodes[group_id].data.get("label") or "")
            body += [f"{names[group_id]} = flow.group([{', '.join(members)}], label={label!r}, id={group_id!r})"]
    waiting = [
        str(node.data.get("name") or node.id)
        for node in nodes
        if node.kind == "input" and node.data.get("value") is None
    ]
    given = f"inputs={{{', '.join(f'{one!r}: ...' for one in waiting)}}}" if waiting else ""
    body += [f"run = flow.run({given})" + ("  # put what they are to be for the dots" if waiting else "")]
    body += ["print(run)"]
    return "\n".join(lines + [f"    {line}" for line in body]) + "\n"


def _made(node: Node, place: tuple[float, float], is_held: bool) -> str:
    where = [f"id={node.id!r}", f"position={place!r}"]
    if node.kind == "comment":
        return f"flow.comment({', '.join([repr(str(node.data.get('text', ''))), *where])})"
    if node.kind == "input":
        value = node.data.get("value")
        given = [] if is_held or value is None else [f"value={value!r}"]
        name = str(node.data.get("name") or node.id)
        kind = f"type={node.data.get('type', 'any')!r}"
        return f"flow.input({', '.join([repr(name), kind, *given, *where])})"
    named = {name: value for name, value in node.parameters.items() if _is_keyword(name)}
    others = {name: value for name, value in node.parameters.items() if name not in named}
    given = [f"{name}={value!r}" for name, value in named.items()]
    given += [f"parameters={others!r}"] if others else []
    given += [f"config={node.data['config']!r}"] if node.data.get("config") else []
    given += [f"label={node.data['label']!r}"] if node.data.get("label") else []
    return f"flow.add({', '.join([repr(node.plugin), *given, *where])})"


def _is_keyword(name: Any) -> bool:
    return (
        isinstance(name, str)
        and name.isascii()
        and name.isidentifier()
        and not keyword.iskeyword(name)
        and (name not in _RESERVED)
    )


def _place(document: Document, node: Node) -> tuple[float, float]:
    x, y = 0.0, 0.0
    here: Node | None = node
    seen: set[str] = set()
    while here is not None and here.id not in seen:
        seen.add(here.id)
        x, y = x + here.raw["position"]["x"], y + here.raw["position"]["y"]
        here = document.graph.nodes.get(str(here.raw.get("parentId") or ""))
    return x, y


def _outermost_last(document: Document) -> list[str]:
    groups = [node.id for node in document.graph.nodes.values() if node.kind == "group"]
    needs = {
        group: [one for one in groups if document.graph.nodes[one].raw.get("parentId") == group] for group in groups
    }
    return order(groups, needs)
