"""Signatures: what a node's result is made of, in a word.

Owns the comparison of what a result was made of with what one would be made of now, which tells that it is stale; and which
value of an input is still the same one. A signature covers a node's plugin and code, parameters, configuration and seed, and
those of all that feeds it. It is no key of the cache, which goes by the content of the inputs themselves: it has to be known
without a run. Called by `Flow`, and by who shows how it stands with a flow.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import Any

from ..errors import PluginError
from .flow_files import FlowFiles
from .graph import Node
from .host import Host, known_definition
from .plan import Plan, Source

_PLAIN = (str, bool, int, float, list, dict, type(None))


class Signing:
    """The signatures of one flow's nodes, and what its inputs held when they were last looked at."""

    def __init__(self, host: Host, files: FlowFiles) -> None:
        self._host = host
        self._files = files
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[Any, str]] = {}
        self._ran: dict[str, str] = {}
        self._count = 0

    def of(self, plan: Plan, *, is_run: bool = False) -> dict[str, str]:
        """By node of the plan. An input that holds nothing counts as what it held in the last run.

        Parameters
        ----------
        is_run : bool
            Whether the plan is carried out.
        """
        with self._lock:
            if is_run:
                self._ran.update({name: self._mark(name, value) for name, value in plan.values.items()})
            signed: dict[str, str] = {}
            for name in plan.nodes:  # each comes after those that feed it
                node = plan.graph.nodes[name]
                fed = {into: self._fed(source, plan, signed) for into, source in plan.feeds[name].items()}
                signed[name] = _word([*self._own(node), plan.seed, fed])
            return signed

    def forget(self) -> None:
        """Let go of the values that were looked at."""
        with self._lock:
            self._seen.clear()

    def _fed(self, source: Source, plan: Plan, signed: Mapping[str, str]) -> list[str]:
        if source.node in signed:
            return [signed[source.node], source.output]
        if source.node in plan.values:
            return [self._mark(source.node, plan.values[source.node])]
        return [self._ran.get(source.node, "")]

    def _mark(self, name: str, value: Any) -> str:
        """A word for a value: by its content, but of sounds and arrays, which are too long to be read each time."""
        try:
            if isinstance(value, _PLAIN):
                return _word(value)
        except (RecursionError, ValueError):  # it holds itself
            pass
        before, mark = self._seen.get(name, (None, ""))
        if before is not value or not mark:
            self._count += 1
            mark = f"value {self._count}"
            self._seen[name] = value, mark
        return mark

    def _own(self, node: Node) -> list[Any]:
        definition = known_definition(self._host, node.plugin)
        parameters = dict(node.parameters)
        steps: list[str] = []
        files: list[Any] = []
        if definition is not None:
            steps = [self._code(step.plugin) for step in definition.steps]
            files = self._files.marks(node.id, definition, parameters)
            try:
                named = definition.renamed(parameters, plugin_id=node.plugin)
                parameters = definition.check_settings(named, plugin_id=node.plugin)
            except PluginError:  # they don't fit, so that it can't run; what they are still tells one from another
                pass
        return [node.plugin, self._code(node.plugin), steps, parameters, files, node.data.get("config") or {}]

    def _code(self, plugin: str) -> str:
        record = self._host.plugins.get(plugin, None)
        try:
            return str(record.content_hash) if record is not None else ""
        except (PluginError, OSError):  # its folder has gone
            return ""


def _word(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """A page's numbers have no type: 6 and 6.0 are one."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
