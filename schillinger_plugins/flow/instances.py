"""The instances of a flow: one for each node, made when it is first run.

Owns which instance belongs to which node. An instance that somebody else has ended is made anew, one whose node got another
plugin or configuration is ended; of many, those that aren't needed at the moment sleep, with their state. Called by
``running`` and `Flow`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

from ..errors import PluginError
from ..instance import Instance
from .graph import Node
from .host import Host

AWAKE = 16
"""Instances of one flow that keep their process between their calls."""


class Instances:
    """By node id."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._held: dict[str, tuple[Instance, dict[str, Any]]] = {}
        self._closed = False

    def of(self, node: Node) -> Instance:
        """The instance of a node. Takes a while if there is none yet.

        Raises
        ------
        PluginError
            As `PluginManager.create_instance`; or if the flow has been closed.
        """
        config = dict(node.data.get("config") or {})
        with self._lock:
            self._demand_open()
            instance, had = self._held.get(node.id, (None, {}))
        if instance is not None:
            if instance.state != "destroyed" and instance.plugin_id == node.plugin and had == config:
                return instance
            self.end(node.id)
        instance = self._host.create_instance(node.plugin, config or None)
        with self._lock:
            closed = self._closed
            if not closed:
                self._held[node.id] = instance, config
        if closed:
            self._destroy(instance)
            self._demand_open()
        return instance

    def held(self, node_id: str) -> Instance | None:
        """The instance of a node, if it has been made."""
        instance, _ = self._held.get(node_id, (None, {}))
        return instance

    def calm(self, node_id: str) -> None:
        """Put the instance of a node to sleep that has just been run, if many are awake."""
        with self._lock:
            instances: Mapping[str, Instance] = {name: one for name, (one, _) in self._held.items()}
        if node_id in instances and sum(one.state == "ready" for one in instances.values()) > AWAKE:
            with contextlib.suppress(PluginError):
                instances[node_id].rest()

    def keep_only(self, nodes: Mapping[str, Node]) -> None:
        """End those of nodes that there aren't any more."""
        for node_id in [name for name in list(self._held) if name not in nodes]:
            self.end(node_id)

    def end(self, node_id: str) -> None:
        """End the instance of a node."""
        with self._lock:
            instance, _ = self._held.pop(node_id, (None, {}))
        if instance is not None:
            self._destroy(instance)

    def close(self) -> None:
        """End all of them, the last one first, and make no more."""
        with self._lock:
            self._closed = True
            held = list(self._held.values())
            self._held.clear()
        for instance, _ in reversed(held):
            self._destroy(instance)

    def _destroy(self, instance: Instance) -> None:
        with contextlib.suppress(PluginError):  # somebody else has ended it, or everything
            self._host.destroy_instance(instance.id)

    def _demand_open(self) -> None:
        if self._closed:
            raise PluginError("this flow is closed", remedy="make another one, or open it again")
