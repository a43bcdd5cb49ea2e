"""Plugins that are watched: a folder that has come to rest with other code in it leads to a reload.

Owns which plugins are watched. What isn't loaded is loaded as soon as it can be; what is unloaded is watched no more. Called
by `Renewing`; the reloads happen in the watcher's threads.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Collection
from typing import Any

from ..errors import DuplicatePlugin, UnknownPlugin
from ..registry import PluginRecord, Registry
from ..watcher import Settled, Watched, Watcher
from .exchange import Reloading

_log = logging.getLogger(__name__)


class Watching:
    """Watches the plugins of a manager.

    Parameters
    ----------
    load : bound method
        Loads a plugin by its id. Held weakly: a manager that nobody holds any more is watched no more.

    Attributes
    ----------
    watcher : Watcher
        Holds nothing of the manager.
    """

    def __init__(
        self,
        *,
        reloading: Reloading,
        registry: Registry,
        loaded: Collection[str],
        load: Callable[..., PluginRecord],
    ) -> None:
        self._reloading = reloading
        self._registry = registry
        self._loaded = loaded
        self._load: Any = weakref.WeakMethod(load)
        self._every = False
        # By reference, too: an error that a reload left holds its frames, and those hold the manager.
        on_settled = weakref.WeakMethod(self._on_settled)
        self.watcher = Watcher(lambda plugin_id, settled: _pass_on(on_settled, plugin_id, settled))

    @property
    def watched(self) -> dict[str, Watched]:
        """The plugins that are watched, by id."""
        return self.watcher.watched

    def watch(self, plugin_id: str | None) -> tuple[Watched, ...]:
        """Watch a plugin; None for all that are loaded, now and later."""
        if plugin_id is not None:
            return (self._begin(plugin_id),)
        self._every = True
        return tuple(self._begin(one) for one in list(self._loaded))

    def unwatch(self, plugin_id: str | None) -> tuple[str, ...]:
        """Watch it no more; None for all. Those that were watched."""
        if plugin_id is None:
            self._every = False
        ids = list(self.watched) if plugin_id is None else [plugin_id]
        return tuple(one for one in ids if self.watcher.unwatch(one))

    def began(self, plugin_id: str) -> None:
        """It has been loaded."""
        if self._every:
            self._begin(plugin_id)

    def close(self) -> None:
        """Watch nothing any more."""
        self._every = False
        self.watcher.close()

    def _begin(self, plugin_id: str) -> Watched:
        record = self._registry[plugin_id]
        if isinstance(record.error, DuplicatePlugin):
            raise record.error
        tried = self._reloading.tried
        watched = self.watcher.watch(plugin_id, record.root, tried=lambda: tried.get(plugin_id))
        self.watcher.look(plugin_id)  # at what has changed before somebody watched
        return watched

    def _on_settled(self, plugin_id: str, settled: Settled) -> None:
        try:
            if plugin_id in self._loaded:
                self._reloading.reload(plugin_id, settled=settled)
            elif (load := self._load()) is not None:
                self._reloading.first(plugin_id, load, settled)
        except UnknownPlugin:  # it was unloaded this moment
            _log.debug("%s has gone", plugin_id)


def _pass_on(on_settled: weakref.WeakMethod[Any], plugin_id: str, settled: Settled) -> None:
    call = on_settled()
    if call is not None:
        call(plugin_id, settled)
