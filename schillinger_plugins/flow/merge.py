"""Merging: what two sides have made of one document since they last agreed.

Owns the rule by which a canvas and Python change the same flow at the same time: nothing that either side added is lost. A
change beats a removal, a node that a new edge needs comes back, two new nodes of one id both stay (theirs under another
id). Where both set the same value, theirs counts: the hand's. What then can't run (two edges into one input, a circle)
``problems`` tells. Called by `Flow.merge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .document import Document
from .graph import Edge, Graph, Node, unused

_GONE: Any = object()


def merge(base: Document, mine: Document, theirs: Document) -> Document:
    """Three-way, by the ids of nodes and edges.

    Parameters
    ----------
    base : Document
        What both came from.
    mine, theirs : Document
        What Python has now, and what the page has.
    """
    theirs = _told_apart(base, mine, theirs)
    nodes = _merged_items(base.graph.nodes, mine.graph.nodes, theirs.graph.nodes)
    edges = _merged_items(base.graph.edges, mine.graph.edges, theirs.graph.edges)
    graph = Graph({key: Node(raw) for key, raw in nodes.items()}, {})
    new = {*mine.graph.edges, *theirs.graph.edges} - set(base.graph.edges)
    for key, raw in edges.items():
        edge = Edge(raw)
        if key in new:
            for end in (edge.source, edge.target):
                if end not in graph.nodes and end in base.graph.nodes:
                    graph.put(base.graph.nodes[end])
        if edge.source in graph.nodes and edge.target in graph.nodes:
            graph.edges[key] = edge
    for node in list(graph.nodes.values()):
        parent = node.raw.get("parentId")
        if parent is not None and parent not in graph.nodes and parent in base.graph.nodes:
            graph.put(base.graph.nodes[parent])
    return Document(
        graph,
        _merged(base.viewport, mine.viewport, theirs.viewport),
        _merged(base.about, mine.about, theirs.about),
        _merged(base.rest, mine.rest, theirs.rest),
    )


def _told_apart(base: Document, mine: Document, theirs: Document) -> Document:
    """Theirs, with other ids for what both have added under one."""
    taken = {*base.graph.nodes, *mine.graph.nodes, *theirs.graph.nodes}
    names: dict[str, str] = {}
    for key, node in theirs.graph.nodes.items():
        other = mine.graph.nodes.get(key)
        if key not in base.graph.nodes and other is not None and other.raw != node.raw:
            names[key] = unused(key, taken)
            taken.add(names[key])
    clashing = {
        key
        for key, edge in theirs.graph.edges.items()
        if key not in base.graph.edges
        and (other_edge := mine.graph.edges.get(key)) is not None
        and (other_edge.raw != edge.raw or edge.source in names or edge.target in names)
    }
    if not names and not clashing:
        return theirs
    graph = Graph()
    for node in theirs.graph.nodes.values():
        raw = {**node.raw, "id": names.get(node.id, node.id)}
        if raw.get("parentId") in names:
            raw["parentId"] = names[raw["parentId"]]
        graph.put(Node(raw))
    edge_ids = {*base.graph.edges, *mine.graph.edges, *theirs.graph.edges}
    for edge in theirs.graph.edges.values():
        raw = {**edge.raw}
        for end in ("source", "target"):
            raw[end] = names.get(raw[end], raw[end])
        if edge.id in clashing:
            raw["id"] = unused(edge.id, edge_ids)
            edge_ids.add(raw["id"])
        graph.edges[raw["id"]] = Edge(raw)
    return Document(graph, theirs.viewport, theirs.about, theirs.rest)


def _merged_items(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    merged = {}
    for key in dict.fromkeys([*mine, *theirs]):
        raws = [side[key].raw if key in side else _GONE for side in (base, mine, theirs)]
        raw = _merged_value(*raws)
        if raw is not _GONE:
            merged[key] = raw
    return merged


def _merged_value(base: Any, mine: Any, theirs: Any) -> Any:
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return _merged(base if isinstance(base, Mapping) else {}, mine, theirs)
    return mine if theirs is _GONE else theirs


def _merged(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    merged = {}
    for key in dict.fromkeys([*mine, *theirs]):
        value = _merged_value(*(side.get(key, _GONE) for side in (base, mine, theirs)))
        if value is not _GONE:
            merged[key] = value
    return merged
