"""What keeps the nodes of a plan from running, before any of them is.

Owns which problem hinders which node: one of an edge that where it leads to, one of an input those that can't do without it.
Called by `Flow.start`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError, PluginError
from ..schema.strict import show, suggestion
from .flow_files import FlowFiles
from .graph import Graph
from .host import Host, known_definition
from .plan import Plan
from .problems import Problem, problems


def given(graph: Graph, values: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the input nodes hold in a run, by id: `values`, or what `inputs` says by their names.

    Raises
    ------
    InputError
        For a name that no input has.
    """
    names: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        if node.kind == "input":
            names.setdefault(str(node.data.get("name") or node.id), []).append(node.id)
    held = dict(values)
    for name, value in inputs.items():
        if name not in names:
            raise InputError(f"the flow has no input {show(name)}", remedy=suggestion(str(name)[:64], names))
        held.update(dict.fromkeys(names[name], value))
    return held


def hindrances(plan: Plan, host: Host, files: FlowFiles) -> dict[str, PluginError]:
    """Why nodes of a plan can't be run, by node; of several reasons the first."""
    refused: dict[str, PluginError] = {}
    for problem in problems(plan.graph, host, plan.values, files):
        for name in _hindered(problem, plan, host) if problem.grave else ():
            plugin = plan.graph.nodes[name].plugin
            refused.setdefault(name, InputError(problem.message, plugin_id=plugin, remedy=problem.remedy))
    return refused


def demand_none(plan: Plan, refused: Mapping[str, PluginError]) -> None:
    """Raise the first of them; or the circle, by its path, on which there are nodes that were to be run."""
    for error in refused.values():
        raise error
    circle = plan.graph.circle() if plan.circling else None
    if circle is not None:
        message = f"these nodes wait for each other: {' → '.join(circle)}"
        raise InputError(message, remedy="remove one of the edges between them")


def _hindered(problem: Problem, plan: Plan, host: Host) -> list[str]:
    if problem.node in plan.feeds:
        return [problem.node]
    if problem.edge:
        target = plan.graph.edges[problem.edge].target
        return [target] if target in plan.feeds else []
    return [name for name in plan.nodes if _needs(name, problem.node, plan, host)]


def _needs(name: str, source: str, plan: Plan, host: Host) -> bool:
    """Whether a node has an input that must be given and is fed by that one."""
    definition = known_definition(host, plan.graph.nodes[name].plugin)
    for port, fed_by in plan.feeds[name].items():
        end = definition.input(port) if definition is not None else None
        if fed_by.node == source and (end is None or end.required):
            return True
    return False
