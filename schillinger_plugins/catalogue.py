"""The catalogue: which plugins there are, by id or by folder, as their folders are now.

Owns where is looked for plugins, and when a record is read afresh: always, unless its plugin is loaded. Runs nothing. Called
by the manager, which holds its lock where records change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from pathlib import Path

from .errors import DuplicatePlugin
from .loader import discover, inspect
from .registry import PluginRecord, Registry

_BY_PATH = "loaded by path"


class Catalogue:
    """Finds plugins and reads their manifests.

    Parameters
    ----------
    registry : Registry
        Where what is found is kept.
    paths : iterable of paths
        Folders that are plugins or hold plugins, searched first.
    loaded : container of str
        The ids of what a manager has loaded, as it comes and goes.
    """

    def __init__(self, registry: Registry, *, paths: Iterable[str | Path], loaded: Container[str]) -> None:
        self._registry = registry
        self._paths = [Path(path) for path in paths]
        self._loaded = loaded

    def discover(self) -> None:
        """As `PluginManager.discover`."""
        found = {record.id: record for record in discover(self._paths)}
        for plugin_id, known in list(self._registry.items()):
            kept = plugin_id in self._loaded or known.source == _BY_PATH
            if not kept and found.get(plugin_id) != known:
                self._registry.unregister(plugin_id)
        for plugin_id, record in found.items():
            if plugin_id not in self._registry:
                self._registry.register(record)

    def look(self, plugin: str | Path) -> PluginRecord:
        """As `PluginManager.look`."""
        is_id = isinstance(plugin, str) and self._is_id(plugin)
        found = self._afresh(str(plugin)) if is_id else inspect(plugin, source=_BY_PATH)
        if found.error is not None:
            raise found.error
        return found

    def enter(self, plugin: str | Path) -> tuple[PluginRecord, Callable[[], object]]:
        """The record of an id or a folder, read afresh unless it is loaded, and the undo of what was registered for it.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or its manifest is broken.
        """
        if isinstance(plugin, str) and self._is_id(plugin):
            known = self._registry[plugin]  # raises, naming the nearest
            if plugin in self._loaded:
                return known, _nothing
            fresh = self._afresh(plugin)
        else:
            fresh = inspect(plugin, source=_BY_PATH)
            known = self._registry.get(fresh.id, None)
            if known is not None and known.root == fresh.root and fresh.id in self._loaded:
                return known, _nothing
        if fresh.error is not None:
            if known is not None and known.root == fresh.root:
                self._registry.update(known.id, manifest=None, error=fresh.error, state="broken", definition=None)
            raise fresh.error
        if known is not None and known.root == fresh.root:
            changes = {"manifest": fresh.manifest, "error": None, "state": fresh.state, "definition": fresh.definition}
            return self._registry.update(known.id, **changes), _nothing
        return fresh, self._registry.register(fresh)

    def sound(self, plugin_id: str) -> PluginRecord:
        """The record of an id, as it is known.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or its manifest was broken when it was read.
        """
        record = self._registry[plugin_id]
        if record.error is not None:
            raise record.error
        return record

    def _afresh(self, plugin_id: str) -> PluginRecord:
        known = self._registry[plugin_id]
        if isinstance(known.error, DuplicatePlugin):
            raise known.error
        return replace(inspect(known.root, source=known.source), id=plugin_id)

    def _is_id(self, plugin: str) -> bool:
        return plugin in self._registry or not (os.sep in plugin or Path(plugin).is_dir())


def _nothing() -> None:
    """The undo of what was there before."""
