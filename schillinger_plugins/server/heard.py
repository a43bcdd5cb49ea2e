"""Heard: which sound of a flow is sent back to who asked for a sound.

Owns the choice: of the node that the query names, or of the only one at the flow's end that gives a sound. Refuses to guess,
before anything is run. Called by ``flows``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import Query

from ..errors import InputError, PluginError, nearest
from ..flow.graph import ends

if TYPE_CHECKING:
    from ..definition import NodeDefinition
    from ..flow.document import Document
    from .runs import Outcome

NODE = Query(max_length=400, description="if a sound is accepted: the node that gives it", examples=["gain_node"])
PORT = Query(max_length=128, description="if that node gives several sounds: which output", examples=["audio"])


@dataclass(frozen=True)
class Heard:
    """One output of one node."""

    node: str
    port: str

    def of(self, outcome: Outcome) -> Any:
        """What it gave.

        Raises
        ------
        InputError
            If the node wasn't among those that were to run.
        """
        if self.node not in outcome:
            message, remedy = f"the node {self.node[:80]!r} wasn't run", f"these were: {', '.join(list(outcome)[:20])}"
            raise InputError(message, path="$.query.output", remedy=remedy)
        return outcome[self.node].get(self.port)


def heard_of(
    document: Document, definition: Callable[[str], NodeDefinition], node: str | None, port: str | None, *, flow: str
) -> Heard:
    """The sound that is meant. A plugin whose manifest has no definition is asked, confined.

    Raises
    ------
    InputError
        If there is none, or several.
    """
    known: dict[str, NodeDefinition | None] = {}

    def defined(plugin_id: str) -> NodeDefinition | None:
        if plugin_id not in known:
            try:
                known[plugin_id] = definition(plugin_id)
            except PluginError:  # its run says so, at its node
                known[plugin_id] = None
        return known[plugin_id]

    nodes = {one.id: one for one in document.graph.nodes.values() if one.kind == "plugin"}
    if node is None:
        leading_on = {edge.source for edge in document.graph.edges.values()}
        last = {id: _sounds(ends(one, defined).outputs) for id, one in nodes.items() if id not in leading_on}
        able = [id for id, sounds in last.items() if sounds]
        if len(able) != 1:
            message = f"there are {len(able)} nodes at the end of the flow that give a sound"
            remedy = (
                f"say which: ?output={' or '.join(able[:20])}" if able else "say which node: ?output=, or ask for JSON"
            )
            raise InputError(message, plugin_id=flow, path="$.query.output", remedy=remedy)
        node = able[0]
    if node not in nodes:
        close = nearest(node[:80], nodes)
        remedy = f"did you mean {close!r}?" if close else "name one of a plugin"
        raise InputError(f"there is no node {node[:80]!r}", plugin_id=flow, path="$.query.output", remedy=remedy)
    sounds = _sounds(ends(nodes[node], defined).outputs)
    if port is None and len(sounds) == 1:
        return Heard(node, sounds[0])
    if port is None or port not in sounds:
        what = f"no sound {port[:80]!r}" if port is not None else f"{len(sounds)} sounds"
        remedy = f"say which: ?port={' or '.join(sounds[:20])}" if sounds else "ask for JSON"
        raise InputError(f"the node {node[:80]!r} gives {what}", plugin_id=flow, path="$.query.port", remedy=remedy)
    return Heard(node, port)


def _sounds(outputs: Any) -> list[str]:
    return [name for name, kind in (outputs or {}).items() if kind == "audio"]
