"""A node of a flow, and its ports, as a person holds them.

Owns the words of drawing a flow in Python: ``a["audio"] >> b["audio"]``, ``node.set(gain_db=-3)``. A handle, which looks
into its flow every time: what the canvas changes is seen here, and the other way round. Made by `Flow`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..definition import NodeDefinition
from ..errors import InputError
from ..instance import Instance
from ..schema.strict import show, suggestion
from .feeding import feeds
from .graph import Node, ends

if TYPE_CHECKING:
    from .flow import Flow


class FlowNode:
    """A node.

    Attributes
    ----------
    id : str
        What edges and results call it.

    Examples
    --------
    >>> gain = flow.add("gain_node", gain_db=-6)  # doctest: +SKIP
    >>> song >> gain["audio"]  # doctest: +SKIP
    <FlowNode gain_node of gain_node: gain_db=-6.0>
    """

    def __init__(self, flow: Flow, node_id: str) -> None:
        self.flow = flow
        self.id = node_id

    @property
    def node(self) -> Node:
        """As plain data. Raises `InputError` if it has been removed."""
        return self.flow.graph.node(self.id)

    @property
    def plugin(self) -> str:
        """The id of its plugin; empty if it is an input, a comment or a group."""
        return self.node.plugin

    @property
    def definition(self) -> NodeDefinition | None:
        """What its plugin declares now; None if that isn't known."""
        return self.flow.definition(self.plugin) if self.plugin else None

    @property
    def instance(self) -> Instance | None:
        """The instance that it runs on, once it has been run."""
        return self.flow.instances.held(self.id)

    @property
    def label(self) -> str:
        """What people call it."""
        return self.node.label

    @label.setter
    def label(self, text: str) -> None:
        self.flow.change(self.id, label=text)

    @property
    def position(self) -> tuple[float, float]:
        """Where it lies on the canvas, in pixels."""
        place = self.node.raw["position"]
        return place["x"], place["y"]

    @position.setter
    def position(self, place: tuple[float, float]) -> None:
        self.flow.move(self.id, *place)

    @property
    def bypassed(self) -> bool:
        """Whether it lets its first input of the same type through instead of being run."""
        return self.node.bypassed

    @bypassed.setter
    def bypassed(self, is_bypassed: bool) -> None:
        self.flow.change(self.id, bypassed=True if is_bypassed else None)

    @property
    def value(self) -> Any:
        """What an input node holds."""
        return self.flow.value_of(self.id)

    @value.setter
    def value(self, value: Any) -> None:
        self.flow.give(self.id, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that were set, by the names they have now; setting it sets them all anew."""
        node, definition = self.node, self.definition
        given = dict(node.parameters)
        return definition.renamed(given, plugin_id=node.plugin) if definition is not None else given

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        self.flow.set_parameters(self.id, values, replace=True)

    def set(self, **values: Any) -> FlowNode:
        """Set parameters; the others stay as they are.

        Raises
        ------
        InputError
            For a name that its plugin doesn't know, or a value that doesn't fit.
        """
        self.flow.set_parameters(self.id, values)
        return self

    def reset(self, *names: str) -> FlowNode:
        """Let parameters have their defaults again: these, or all."""
        kept = {} if not names else {key: value for key, value in self.node.parameters.items() if key not in names}
        self.flow.change(self.id, parameters=kept)
        return self

    def remove(self) -> None:
        """Take it out of its flow, and its edges."""
        self.flow.remove(self)

    def __getitem__(self, name: str) -> FlowPort:
        of = ends(self.node, self.flow.definition)
        if of.inputs is not None and of.outputs is not None and name not in of.inputs and name not in of.outputs:
            remedy = suggestion(str(name)[:64], {**of.inputs, **of.outputs})
            raise InputError(f"{show(self.id)} has no port {show(name)}", plugin_id=self.plugin or None, remedy=remedy)
        return FlowPort(self, name)

    def __rshift__(self, other: FlowPort | FlowNode) -> FlowNode:
        return self.flow.connect(self, other)

    def _ipython_key_completions_(self) -> list[str]:
        of = ends(self.node, self.flow.definition)
        return list({**(of.inputs or {}), **(of.outputs or {})})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlowNode) and (other.flow, other.id) == (self.flow, self.id)

    def __hash__(self) -> int:
        return hash((id(self.flow), self.id))

    def __repr__(self) -> str:
        node = self.flow.graph.nodes.get(self.id)
        if node is None:
            return f"<FlowNode {self.id}, removed>"
        values = ", ".join(f"{name}={show(value)}" for name, value in node.parameters.items())
        of = f"of {node.plugin}" if node.plugin else node.kind
        return f"<FlowNode {self.id} {of}{': ' if values else ''}{values}>"


class FlowPort:
    """A port of a node: an output on the left of ``>>``, an input on the right."""

    def __init__(self, node: FlowNode, name: str) -> None:
        self.node = node
        self.name = name

    def __rshift__(self, other: FlowPort | FlowNode) -> FlowNode:
        return self.node.flow.connect(self, other)

    def __repr__(self) -> str:
        return f"<FlowPort {self.node.id}.{self.name}>"


def pair(source: FlowPort | FlowNode, target: FlowPort | FlowNode) -> tuple[str, str, str, str]:
    """Node, output, node and input that are meant; where a node is given alone, its only port that fits.

    Raises
    ------
    InputError
        If several are possible, or none.
    """
    left = source if isinstance(source, FlowNode) else source.node
    right = target if isinstance(target, FlowNode) else target.node
    if left.flow is not right.flow:
        raise InputError("the two nodes are in different flows", remedy="add both to one flow")
    if isinstance(source, FlowPort) and isinstance(target, FlowPort):
        return left.id, source.name, right.id, target.name
    graph = left.flow.graph
    outputs = ends(left.node, left.flow.definition).outputs
    inputs = ends(right.node, left.flow.definition).inputs
    fed = {edge.input for edge in graph.into(right.id)}
    from_ = {source.name: (outputs or {}).get(source.name, "any")} if isinstance(source, FlowPort) else outputs
    into = (
        {target.name: (inputs or {}).get(target.name, "any")}
        if isinstance(target, FlowPort)
        else {name: kind for name, kind in (inputs or {}).items() if name not in fed}
    )
    possible = [(one, other) for one in from_ or {} for other in into if feeds((from_ or {})[one], into[other])]
    exact = [(one, other) for one, other in possible if (from_ or {})[one] == into[other]]
    chosen = exact if len(exact) == 1 else possible
    if len(chosen) == 1:
        return left.id, chosen[0][0], right.id, chosen[0][1]
    message = f"{show(left.id)} and {show(right.id)} have {len(possible) or 'no'} ports that fit each other"
    remedy = 'say which are meant: a["output"] >> b["input"]'
    if possible:
        remedy += f", as {possible[0][0]} and {possible[0][1]}"
    raise InputError(message, plugin_id=right.plugin or None, remedy=remedy)
