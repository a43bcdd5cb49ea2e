"""The graph of a flow: nodes, edges, and the rules of connecting them.

Owns the plain data, as React Flow writes it, and keeps of each node and edge what it doesn't know itself. Refuses what could
never run, with the reason: an edge between types that don't fit, a second one into an input, a circle, a port that isn't
there. What comes in a document is taken even so and told by ``problems``: it may have been right where it was made. Nodes
and edges are replaced as wholes, never changed, so that a copy of a graph costs little and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..definition import NodeDefinition
from ..errors import InputError
from ..schema.strict import show, suggestion
from .feeding import feeds, refusal

VALUE = "value"
"""What the one output of an input node is called."""
KINDS = ("plugin", "input", "comment", "group")
INPUT_TYPES = "audio array number integer string boolean list object midi events figure bytes any".split()

Definitions = Callable[[str], NodeDefinition | None]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of React Flow, as plain data that nobody changes."""

    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        """What edges call it."""
        return str(self.raw["id"])

    @property
    def kind(self) -> str:
        """plugin, input, comment or group."""
        return str(self.raw["type"])

    @property
    def data(self) -> Mapping[str, Any]:
        """What is in it, apart from where it lies."""
        data: Mapping[str, Any] = self.raw["data"]
        return data

    @property
    def plugin(self) -> str:
        """The id of its plugin; empty if it is of none."""
        return str(self.data.get("plugin", "")) if self.kind == "plugin" else ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Values that were set, by name."""
        return self.data.get("parameters") or {}

    @property
    def label(self) -> str:
        """What people call it."""
        return str(self.data.get("label") or self.data.get("name") or self.plugin or self.id)

    @property
    def bypassed(self) -> bool:
        """Whether it lets its input through."""
        return self.kind == "plugin" and self.data.get("bypassed") is True

    def with_data(self, **changes: Any) -> Node:
        """The same with other data; None takes a key away."""
        data = {**self.data, **changes}
        return Node({**self.raw, "data": {key: value for key, value in data.items() if value is not None}})


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of React Flow, as plain data that nobody changes."""

    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its own."""
        return str(self.raw["id"])

    @property
    def source(self) -> str:
        """The node it comes from."""
        return str(self.raw["source"])

    @property
    def output(self) -> str:
        """The output it comes from; that of an input node if none is named."""
        return str(self.raw.get("sourceHandle") or VALUE)

    @property
    def target(self) -> str:
        """The node it leads to."""
        return str(self.raw["target"])

    @property
    def input(self) -> str:
        """The input it leads to."""
        return str(self.raw.get("targetHandle") or "")

    def __str__(self) -> str:
        return f"{self.source}.{self.output} → {self.target}.{self.input}"


@dataclass(frozen=True)
class Ends:
    """The ports of a node, their types by name; None where any name is taken or nothing is known."""

    inputs: Mapping[str, str] | None
    outputs: Mapping[str, str] | None


def ends(node: Node, definitions: Definitions) -> Ends:
    """The ports that a node has now."""
    if node.kind == "input":
        return Ends({}, {VALUE: str(node.data.get("type", "any"))})
    if node.kind != "plugin":
        return Ends({}, {})
    definition = definitions(node.plugin)
    if definition is None:
        return Ends(None, None)
    open_inputs = not definition.inputs and not definition.parameters
    return Ends(
        None if open_inputs else {port.name: port.type for port in definition.inputs},
        {port.name: port.type for port in definition.outputs} if definition.outputs else None,
    )


@dataclass
class Graph:
    """Nodes and edges by id, in their order.

    Examples
    --------
    >>> graph = Graph()
    >>> graph.put(Node({"id": "a", "type": "comment", "position": {"x": 0, "y": 0}, "data": {"text": "hello"}}))
    >>> list(graph.nodes)
    ['a']
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)

    def copy(self) -> Graph:
        """One that goes its own way."""
        return Graph(dict(self.nodes), dict(self.edges))

    def node(self, node_id: str) -> Node:
        """The node of that id. Raises `InputError` with the nearest one."""
        try:
            return self.nodes[node_id]
        except KeyError:
            remedy = suggestion(str(node_id)[:64], self.nodes)
            raise InputError(f"there is no node {show(node_id)} in this flow", remedy=remedy) from None

    def put(self, node: Node) -> None:
        """Add a node, or replace the one of that id."""
        self.nodes[node.id] = node

    def remove(self, node_id: str) -> None:
        """Take a node away, and its edges. What lay in it, if it is a group, lies in the flow, where it lay."""
        gone = self.node(node_id)
        del self.nodes[node_id]
        self.edges = {key: edge for key, edge in self.edges.items() if node_id not in (edge.source, edge.target)}
        for child in [node for node in self.nodes.values() if node.raw.get("parentId") == node_id]:
            raw = {key: value for key, value in child.raw.items() if key not in ("parentId", "extent")}
            raw["position"] = {axis: child.raw["position"][axis] + gone.raw["position"][axis] for axis in "xy"}
            self.nodes[child.id] = Node({**raw, **({"parentId": up} if (up := gone.raw.get("parentId")) else {})})

    def into(self, node_id: str) -> list[Edge]:
        """The edges that lead to a node."""
        return [edge for edge in self.edges.values() if edge.target == node_id]

    def connect(self, source: str, output: str, target: str, into: str, definitions: Definitions) -> Edge:
        """Draw an edge. One that is there already is left as it is.

        Raises
        ------
        InputError
            With what would be possible instead.
        """
        for edge in self.edges.values():
            if (edge.source, edge.output, edge.target, edge.input) == (source, output, target, into):
                return edge
        outputs, inputs = ends(self.node(source), definitions).outputs, ends(self.node(target), definitions).inputs
        demand_port(self.node(source), output, outputs, "output")
        demand_port(self.node(target), into, inputs, "input")
        if outputs is not None and inputs is not None and not feeds(outputs[output], inputs[into]):
            why, what = refusal(outputs[output], inputs[into])
            message = (
                f"the output `{output}` of {show(source)} ({outputs[output]}) can't feed "
                f"the input `{into}` of {show(target)} ({inputs[into]}): {why}"
            )
            raise InputError(message, plugin_id=self.nodes[target].plugin or None, remedy=what)
        for edge in self.into(target):
            if edge.input == into:
                message = f"the input `{into}` of {show(target)} is fed by {show(edge.source)} already"
                raise InputError(message, remedy="disconnect that edge first: an input takes one value")
        way = self.way(target, source)
        if way is not None:
            circle = " → ".join([source, *way])
            raise InputError(f"that closes a circle: {circle}", remedy="no node can wait for what it gives itself")
        edge_id = unused(f"{source}.{output}-{target}.{into}", self.edges)
        raw = {"id": edge_id, "source": source, "sourceHandle": output, "target": target, "targetHandle": into}
        self.edges[edge_id] = Edge(raw)
        return self.edges[edge_id]

    def way(self, start: str, end: str) -> list[str] | None:
        """The nodes on a way along the edges, both ends included; None if there is no way."""
        after: dict[str, list[str]] = {}
        for edge in self.edges.values():
            after.setdefault(edge.source, []).append(edge.target)
        came: dict[str, str | None] = {start: None}
        rest = [start]
        while rest:
            here = rest.pop()
            if here == end:
                way = [here]
                while (before := came[way[-1]]) is not None:
                    way.append(before)
                return way[::-1]
            for there in after.get(here, ()):
                if there not in came:
                    came[there] = here
                    rest.append(there)
        return None

    def circle(self) -> list[str] | None:
        """Nodes that wait for each other, the first one named again at the end; None if there are none."""
        done = set(order(self.nodes, self.needs()))
        needs = {name: [one for one in needed if one not in done] for name, needed in self.needs().items()}
        here = next((name for name in self.nodes if name not in done), None)
        if here is None:
            return None
        seen: list[str] = []
        while here not in seen:
            seen.append(here)
            here = needs[here][0]
        return [here, *reversed(seen[seen.index(here) + 1 :]), here]

    def needs(self) -> dict[str, list[str]]:
        """For each node, those that feed it."""
        needs: dict[str, list[str]] = {name: [] for name in self.nodes}
        for edge in self.edges.values():
            if edge.target in needs and edge.source in needs and edge.source not in needs[edge.target]:
                needs[edge.target].append(edge.source)
        return needs


def order(names: Iterable[str], needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Names in an order in which each comes after those it needs, else in their own; those on a circle are left out.

    >>> order("abc", {"a": ["c"], "b": [], "c": ["b"]})
    ['b', 'c', 'a']
    """
    names = list(names)
    missing = {name: len(set(needs.get(name, ()))) for name in names}
    after: dict[str, list[str]] = {}
    for name in names:
        for needed in set(needs.get(name, ())):
            after.setdefault(needed, []).append(name)
    ready = [name for name in reversed(names) if not missing[name]]
    ordered = []
    while ready:
        name = ready.pop()
        ordered.append(name)
        for later in after.get(name, ()):
            missing[later] -= 1
            if not missing[later]:
                ready.append(later)
    return ordered


def demand_port(node: Node, name: str, ports: Mapping[str, str] | None, kind: str) -> None:
    """Raise `InputError` for a port that a node hasn't got, with the nearest one; `kind` is input or output."""
    if ports is not None and name not in ports:
        remedy = suggestion(str(name)[:64], ports)
        raise InputError(f"{show(node.id)} has no {kind} {show(name)}", plugin_id=node.plugin or None, remedy=remedy)


def unused(wish: str, taken: Iterable[str]) -> str:
    """`wish`, or with a number behind it if that is taken: ``gain_node_2``."""
    taken = set(taken)
    if wish not in taken:
        return wish
    number = 2
    while f"{wish}_{number}" in taken:
        number += 1
    return f"{wish}_{number}"
