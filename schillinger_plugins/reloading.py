"""Reloading: the instances of a plugin go on with the code that lies in its folder now, or all of them with the old.

Owns the order of a reload, that two of the same plugin follow one another, and the way back when one instance can't go over.
Waits for running calls, and never holds the manager's lock meanwhile: such a call may ask the manager for something. Called
by the manager.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import replace

from .admission import Admission
from .errors import Busy, PluginError, UnknownPlugin
from .instance import Instance
from .loaded import LoadedPlugin
from .loader import inspect
from .registry import PluginRecord, Registry
from .sandbox.sandbox import OnProgress, Sandbox
from .sandbox.worker import Worker

_WAITING_S = 60.0
"""How long a reload waits for another one of the same plugin."""


class Reloading:
    """Reloads the plugins of a manager.

    Parameters
    ----------
    loaded, spares, instances
        What the manager has, as it comes and goes.
    lock
        The manager's, under which those are changed.
    """

    def __init__(
        self,
        *,
        admission: Admission,
        sandbox: Sandbox,
        registry: Registry,
        loaded: MutableMapping[str, LoadedPlugin],
        spares: MutableMapping[str, Worker],
        instances: Mapping[str, Instance],
        lock: contextlib.AbstractContextManager[object],
    ) -> None:
        self._admission = admission
        self._sandbox = sandbox
        self._registry = registry
        self._loaded = loaded
        self._spares = spares
        self._instances = instances
        self._lock = lock
        self._turns: dict[str, threading.Lock] = {}

    def reload(self, plugin_id: str, on_progress: OnProgress | None) -> PluginRecord:
        """As `PluginManager.reload`, of a plugin that is loaded."""
        known = self._registry[plugin_id]
        turn = self._turns.setdefault(plugin_id, threading.Lock())
        if not turn.acquire(timeout=_WAITING_S):
            raise Busy("it is being reloaded already", plugin_id=plugin_id, remedy="wait for that to end")
        try:
            # Read now: what lies in the folder may have changed while another reload was waited for.
            fresh = inspect(known.root, source=known.source)
            if fresh.error is not None:
                raise fresh.error
            return self._exchange(replace(fresh, id=plugin_id), on_progress)
        finally:
            turn.release()

    def _exchange(self, fresh: PluginRecord, on_progress: OnProgress | None) -> PluginRecord:
        replaced = self._demand_loaded(fresh.id)
        plugin, fresh_worker = self._admission.admit(fresh, on_progress)
        worker: Worker | None = fresh_worker
        moved: list[Instance] = []
        try:
            while True:
                with self._lock:
                    if self._demand_loaded(fresh.id) is not replaced:
                        raise PluginError("it was loaded anew while it was reloaded", plugin_id=fresh.id)
                    # Again and again: instances are made meanwhile, with the old code.
                    left = [i for i in self._instances.values() if i.plugin_id == fresh.id and i not in moved]
                    if not left:
                        record = self._put(fresh, plugin, worker)
                        break
                for instance in left:
                    # The first with the default configuration takes the worker that has just imported the new code.
                    ready = None
                    if worker is not None and instance.config == plugin.manifest.default_config:
                        ready, worker = worker, None
                    instance.become(plugin, ready)
                    moved.append(instance)
        except BaseException:
            for instance in moved:
                try:
                    instance.become(replaced)
                except PluginError:  # it doesn't start now: it will at the next call, or say then why not
                    instance.rest()
                    instance.become(replaced)
            if worker is not None:
                worker.end()
            self._sandbox.forget(plugin.copy)
            raise
        self._sandbox.forget(replaced.copy)
        return record

    def _put(self, fresh: PluginRecord, plugin: LoadedPlugin, worker: Worker | None) -> PluginRecord:
        """What is loaded from now on."""
        spare = self._spares.pop(fresh.id, None)
        if spare is not None:
            spare.stop()
        self._loaded[fresh.id] = plugin
        if worker is not None:
            self._spares[fresh.id] = worker
        return self._registry.update(fresh.id, manifest=fresh.manifest, state="loaded", definition=plugin.definition)

    def _demand_loaded(self, plugin_id: str) -> LoadedPlugin:
        plugin = self._loaded.get(plugin_id)
        if plugin is None:
            raise UnknownPlugin(f"{plugin_id} was unloaded meanwhile", remedy=f"%plugin load {plugin_id}")
        return plugin
