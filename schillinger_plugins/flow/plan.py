"""The plan of a run: which nodes are run, and where each of their inputs comes from.

Owns the flow as it is when a run begins, so that what is changed meanwhile counts for the next one. Bypassed nodes are gone
from it: who needs their output gets what leads into them. Made by `Flow.start`, carried out by ``running``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .feeding import feeds
from .graph import Definitions, Edge, Graph, ends, order


class Source(NamedTuple):
    """An output of a node."""

    node: str
    output: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    nodes : tuple of str
        The plugin nodes that are run, in an order in which they may be.
    feeds : Mapping
        For each of them, what its inputs get.
    values : Mapping
        What the input nodes hold, by node id.
    bypassed : tuple of str
        Nodes that are passed by.
    circling : tuple of str
        Nodes that can't be run, since they wait for themselves or for one that does.
    """

    graph: Graph
    nodes: tuple[str, ...]
    feeds: Mapping[str, Mapping[str, Source]]
    values: Mapping[str, Any]
    bypassed: tuple[str, ...]
    circling: tuple[str, ...]
    seed: int

    @property
    def needs(self) -> dict[str, set[str]]:
        """For each node, the nodes that have to be run before it."""
        return {
            name: {source.node for source in self.feeds[name].values() if source.node in self.feeds}
            for name in self.nodes
        }


def make_plan(
    graph: Graph, definitions: Definitions, values: Mapping[str, Any], *, only: Iterable[str] | None, seed: int
) -> Plan:
    """The plan for all nodes, or for `only` these and what leads to them. Nodes on a circle are in none."""
    graph = graph.copy()
    edges: dict[str, dict[str, Edge]] = {}
    for edge in graph.edges.values():
        edges.setdefault(edge.target, {}).setdefault(edge.input, edge)
    circling = set(graph.nodes) - set(order(graph.nodes, graph.needs()))

    def resolved(source: Source) -> Source | None:
        seen = set()
        here: Source | None = source
        while here is not None and graph.nodes[here.node].bypassed:
            if here in seen:
                return None
            seen.add(here)
            here = _passed_by(here)
        return here

    def _passed_by(source: Source) -> Source | None:
        node = graph.nodes[source.node]
        of = ends(node, definitions)
        kind = (of.outputs or {}).get(source.output, "any")
        own = edges.get(node.id, {})
        types = of.inputs if of.inputs is not None else dict.fromkeys(own, "any")
        fitting = [name for name in types if name in own and types[name] == kind]
        fitting += [name for name in types if name in own and feeds(types[name], kind)]
        return Source(own[fitting[0]].source, own[fitting[0]].output) if fitting else None

    fed: dict[str, dict[str, Source]] = {}
    for node in graph.nodes.values():
        if node.kind == "plugin" and not node.bypassed:
            sources = {name: resolved(Source(e.source, e.output)) for name, e in edges.get(node.id, {}).items()}
            fed[node.id] = {name: source for name, source in sources.items() if source is not None}
    wanted = {name for name in fed if name not in circling} if only is None else set()
    rest = list(only or ())
    seen: set[str] = set()
    while rest:
        name = rest.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in fed and name not in circling:
            wanted.add(name)
        rest += [source.node for source in fed.get(name, {}).values()]
        if name not in fed:
            rest += [edge.source for edge in edges.get(name, {}).values()]
    needs = {name: {source.node for source in fed[name].values() if source.node in wanted} for name in wanted}
    nodes = tuple(order([name for name in graph.nodes if name in wanted], needs))
    return Plan(
        graph=graph,
        nodes=nodes,
        feeds={name: fed[name] for name in nodes},
        values=dict(values),
        bypassed=tuple(node.id for node in graph.nodes.values() if node.bypassed and (only is None or node.id in seen)),
        circling=tuple(name for name in fed if name in circling and (only is None or name in seen)),
        seed=seed,
    )
