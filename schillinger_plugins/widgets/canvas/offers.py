"""Offers: what there is to add to a flow, what its plugins are, and what is wrong with it, in the words of the contract.

Owns the bounds of what is said. Runs nothing: what no manifest tells of a plugin, a page asks for. Called by ``widget``.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...flow import Flow, Host
from ..contract import flow as contract

MAX_ENTRIES = 2_000
MAX_PROBLEMS = 500
MAX_TEXT = 1_000


def palette_of(host: Host) -> list[dict[str, Any]]:
    """The plugins that can be added; those that are broken can't."""
    entries = []
    for plugin in list(host.plugins)[:MAX_ENTRIES]:
        record = host.plugins.get(plugin, None)  # it may have gone meanwhile
        if record is None or record.manifest is None or record.state == "broken":
            continue
        metadata, definition = record.manifest.metadata, record.definition
        entries.append(
            contract.Entry(
                plugin=record.id,
                version=metadata.version,
                label=definition.label if definition is not None else record.manifest.title,
                plugin_type=metadata.plugin_type,
                category=metadata.category,
                description=metadata.description[:MAX_TEXT],
                definition=definition.as_dict() if definition is not None else None,
            )
        )
    return _plain(entries)


def definitions_of(flow: Flow) -> dict[str, dict[str, Any]]:
    """What the plugins of a flow declare, by their ids, as far as it is known."""
    plugins = {node.plugin: flow.definition(node.plugin) for node in list(flow.graph.nodes.values()) if node.plugin}
    return {plugin: definition.as_dict() for plugin, definition in plugins.items() if definition is not None}


def problems_of(flow: Flow) -> list[dict[str, Any]]:
    """What is wrong with a flow."""
    told = [
        contract.Problem(
            message=problem.message[:MAX_TEXT],
            node=problem.node,
            edge=problem.edge,
            port=problem.port,
            remedy=problem.remedy[:MAX_TEXT],
            fixes=[
                contract.Remedy(label=fix.label, do=fix.do, plugin=fix.plugin, version=fix.version)
                for fix in problem.fixes
            ],
        )
        for problem in flow.problems()[:MAX_PROBLEMS]
    ]
    return _plain(told)


def _plain(structs: list[Any]) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = msgspec.to_builtins(structs)
    return plain
