"""Problems: what keeps a flow from running, or lets it run otherwise than where it was saved.

Owns the search for them and the words. Runs nothing: of a plugin whose definition isn't known yet, only what its record says
is looked at. Called by `Flow.problems`, and before a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..definition import NodeDefinition
from ..errors import InputError, nearest
from ..schema.strict import show, suggestion
from .feeding import feeds, refusal
from .flow_files import FlowFiles
from .graph import VALUE, Definitions, Edge, Graph, Node, ends
from .host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Something that would mend a problem: another plugin or version, an edge or a parameter taken away.

    Attributes
    ----------
    do : str
        use (`plugin` of `version`, `Flow.use`), disconnect (the problem's edge), reset (the parameter `port`) or grant.
    """

    label: str
    do: Literal["use", "disconnect", "reset", "grant"]
    plugin: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong, at the node or edge where it is.

    Attributes
    ----------
    port : str
        The input, the output or the parameter that it is about.
    remedy : str
        What to do, in words; `fixes` can be done as they are.
    grave : bool
        Whether it keeps the node from running.
    """

    message: str
    node: str = ""
    edge: str = ""
    port: str = ""
    remedy: str = ""
    fixes: tuple[Remedy, ...] = ()
    grave: bool = True

    def __str__(self) -> str:
        return f"{self.message} → {self.remedy}" if self.remedy else self.message


def problems(graph: Graph, host: Host, values: Mapping[str, Any], files: FlowFiles) -> list[Problem]:
    """Everything that is wrong with a flow.

    Parameters
    ----------
    values : Mapping
        What the input nodes hold, by node id; one without a value isn't in it.
    files : FlowFiles
        Those that parameters name.
    """

    def definitions(plugin: str) -> NodeDefinition | None:
        record = host.plugins.get(plugin, None)
        return record.definition if record is not None else None

    found: list[Problem] = []
    fed: dict[str, dict[str, Edge]] = {}
    for edge in graph.edges.values():
        found += _of_edge(edge, graph, definitions, fed.setdefault(edge.target, {}))
    for node in graph.nodes.values():
        if node.kind == "plugin":
            found += _of_plugin(node, host)
            definition = definitions(node.plugin)
            if definition is not None and not node.bypassed:
                found += _of_inputs(node, definition, fed.get(node.id, {}))
                found += _of_parameters(node, definition, files)
        elif node.kind == "input" and node.id not in values and any(e.source == node.id for e in graph.edges.values()):
            name = str(node.data.get("name") or node.id)
            found.append(
                Problem(
                    message=f"the input {show(name)} has no value",
                    node=node.id,
                    port=VALUE,
                    remedy=f"give it one, or run the flow with {name}=…",
                )
            )
    circle = graph.circle()
    if circle is not None:
        message = f"these nodes wait for each other: {' → '.join(circle)}"
        found.append(Problem(message=message, node=circle[0], remedy="remove one of the edges between them"))
    return found


def _of_plugin(node: Node, host: Host) -> list[Problem]:
    record = host.plugins.get(node.plugin, None)
    saved = str(node.data.get("version") or "")
    if record is None:
        close = nearest(node.plugin, host.plugins)
        wanted = f"{node.plugin} {saved}".strip()
        return [
            Problem(
                message=f"the plugin {show(wanted)} isn't here",
                node=node.id,
                remedy=f"install it, or use {close}" if close else "install it",
                fixes=(_use(host, close),) if close else (),
            )
        ]
    if record.manifest is None or record.state == "broken":
        why = record.error.message if record.error is not None else "its manifest can't be read"
        return [Problem(message=f"{node.plugin} is broken: {why}"[:1000], node=node.id, remedy="mend the plugin")]
    version = record.manifest.metadata.version
    if saved and saved != version:
        return [
            Problem(
                message=f"the flow was made with {node.plugin} {saved[:100]}, here is {version}",
                node=node.id,
                remedy=f"use {version}, or install {saved[:100]}",
                fixes=(_use(host, node.plugin),),
                grave=False,
            )
        ]
    return []


def _use(host: Host, plugin: str) -> Remedy:
    manifest = host.plugins[plugin].manifest
    version = manifest.metadata.version if manifest is not None else ""
    return Remedy(label=f"use {plugin} {version}".strip(), do="use", plugin=plugin, version=version)


def _of_edge(edge: Edge, graph: Graph, definitions: Definitions, fed: dict[str, Edge]) -> list[Problem]:
    fixes = (Remedy(label="remove the edge", do="disconnect"),)
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    outputs, inputs = ends(source, definitions).outputs, ends(target, definitions).inputs
    for node, name, ports, kind in ((source, edge.output, outputs, "output"), (target, edge.input, inputs, "input")):
        if ports is not None and name not in ports:
            message = f"{show(node.id)} has no {kind} {show(name)}"
            remedy = suggestion(name[:64], ports)
            return [Problem(message=message, node=node.id, edge=edge.id, port=name, remedy=remedy, fixes=fixes)]
    if edge.input in fed:
        message = (
            f"the input {show(edge.input)} of {show(target.id)} is fed twice, by {show(fed[edge.input].source)}, too"
        )
        return [
            Problem(
                message=message, node=target.id, edge=edge.id, port=edge.input, remedy="remove one edge", fixes=fixes
            )
        ]
    fed[edge.input] = edge
    if outputs is None or inputs is None or feeds(outputs[edge.output], inputs[edge.input]):
        return []
    why, what = refusal(outputs[edge.output], inputs[edge.input])
    message = f"the output {show(edge.output)} of {show(source.id)} doesn't fit the input {show(edge.input)}: {why}"
    return [Problem(message=message, node=target.id, edge=edge.id, port=edge.input, remedy=what, fixes=fixes)]


def _of_inputs(node: Node, definition: NodeDefinition, fed: Mapping[str, Edge]) -> list[Problem]:
    return [
        Problem(
            message=f"the input {show(port.name)} of {show(node.id)} is missing",
            node=node.id,
            port=port.name,
            remedy=f"connect an output to it ({port.describe()})",
        )
        for port in definition.inputs
        if port.required and port.name not in fed
    ]


def _of_parameters(node: Node, definition: NodeDefinition, files: FlowFiles) -> list[Problem]:
    found = []
    if not definition.inputs and not definition.parameters:
        return []
    for name, value in node.parameters.items():
        fixes = (Remedy(label=f"forget {name[:64]}", do="reset"),)
        parameter = definition.parameter(name)
        if parameter is None:
            known = suggestion(name[:64], [one.name for one in definition.parameters])
            forget = f"flow[{show(node.id)}].reset({show(name)}) forgets its value"
            remedy = f"{known} If not, {forget}" if known.endswith("?") else f"{forget} ({known})"
            message = f"{show(node.id)} has no parameter {show(name)}"
        else:
            try:
                parameter.named(value)
                continue
            except ValueError as misfit:
                message = f"parameter {show(name)} {misfit}"
                remedy = getattr(misfit, "remedy", None) or "set another value"
        found.append(Problem(message=message, node=node.id, port=name, remedy=remedy, fixes=fixes))
    flawed = {problem.port for problem in found}
    for error in files.hindrances(node.id, definition, node.parameters):
        name = (error.path or "").rpartition(".")[2]
        if name not in flawed:
            remedy = error.remedy or "choose another file"
            found.append(Problem(message=error.message, node=node.id, port=name, remedy=remedy))
    try:
        definition.renamed(node.parameters, plugin_id=node.plugin)
    except InputError as error:
        found.append(Problem(message=error.message, node=node.id, remedy=error.remedy or ""))
    return found
