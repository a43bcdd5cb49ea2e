"""What a manager offers of reloading: reload, roll back, watch, and tell what has served.

Owns the docstrings that a person reads; the work is done by `Reloading` and `Watching`. `PluginManager` derives from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import InputError
from ..loaded import LoadedPlugin
from ..registry import PluginRecord, Registry
from ..sandbox.sandbox import OnProgress
from ..versions import Reload, Version
from ..watcher import Watched
from .exchange import Reloading
from .watching import Watching


class Renewing:
    """The part of a manager that has other code serve."""

    registry: Registry
    _reloading: Reloading
    _watching: Watching
    _loaded: dict[str, LoadedPlugin]

    def discover(self) -> None:
        """As `PluginManager.discover`."""
        raise NotImplementedError

    def load(self, plugin: str, *, on_progress: OnProgress | None = None) -> PluginRecord:
        """As `PluginManager.load`."""
        raise NotImplementedError

    def reload(self, plugin_id: str, *, on_progress: OnProgress | None = None) -> PluginRecord:
        """Read a plugin anew from its folder: manifest, code and definition, in a new worker.

        Its example is run, if it offers one or one can be made up: sounds for audio inputs, a generator's defaults. Then its
        instances go on with the new code, and with their state. If anything fails, the error is raised and the old code goes
        on serving. `last_reload` tells more.

        Raises
        ------
        ManifestError
            If the manifest is broken, or makes another plugin of it by another id or type.
        PluginError
            As `load`; also if its example fails, or an instance can't go over.
        """
        self.registry[plugin_id]  # raises, naming the nearest
        if plugin_id not in self._loaded:
            self.discover()
            return self.load(plugin_id, on_progress=on_progress)
        return self._outcome(self._reloading.reload(plugin_id, on_progress))

    def rollback(
        self, plugin_id: str, version: str | None = None, *, on_progress: OnProgress | None = None
    ) -> PluginRecord:
        """Have a version serve again that served before; the instances go on with it, and with their state.

        The plugin's folder is not touched: when it changes next, a plugin that is watched is reloaded from there.

        Parameters
        ----------
        version : str, optional
            How its content hash begins: see `history`. If not given, what served before that which serves now.

        Raises
        ------
        InputError
            If it isn't loaded, no version begins so, several do, it serves already, or its code is there no more.
        PluginError
            As `reload`: what serves goes on serving.
        """
        self.registry[plugin_id]
        if plugin_id not in self._loaded:
            raise InputError(
                "it is not loaded, so nothing of it has served",
                plugin_id=plugin_id,
                remedy=f"%plugin load {plugin_id} loads what lies in its folder",
            )
        return self._outcome(self._reloading.go_back(plugin_id, version, on_progress))

    def history(self, plugin_id: str) -> tuple[Version, ...]:
        """The last versions of a plugin that served since it was loaded, what serves now first.

        Raises
        ------
        UnknownPlugin
            If there is no such plugin.
        """
        self.registry[plugin_id]
        return self._reloading.versions.of(plugin_id)

    def last_reload(self, plugin_id: str) -> Reload | None:
        """How the last reload of a plugin went, whoever asked for it; None if there was none.

        Raises
        ------
        UnknownPlugin
            If there is no such plugin.
        """
        self.registry[plugin_id]
        return self._reloading.last(plugin_id)

    def watch(self, plugin_id: str | None = None) -> tuple[Watched, ...]:
        """Reload a plugin by itself whenever its folder has come to rest with other code in it.

        Each outcome is told as an event, ``reloaded`` or ``reload_failed``. If the folder holds other code than what serves
        already, that is the first. A plugin that isn't loaded is loaded as soon as its folder changes and it can be.

        Parameters
        ----------
        plugin_id : str, optional
            If not given, all that are loaded now or later.

        Returns
        -------
        tuple of Watched
            How they are watched.

        Raises
        ------
        UnknownPlugin, DuplicatePlugin
            If there is no such plugin, or another folder has its id.
        """
        self._demand_open()
        return self._watching.watch(plugin_id)

    def unwatch(self, plugin_id: str | None = None) -> tuple[str, ...]:
        """Watch a plugin no more, or none; the ids of those that were watched."""
        return self._watching.unwatch(plugin_id)

    @property
    def watched(self) -> Mapping[str, Watched]:
        """The plugins that are watched, by id."""
        return MappingProxyType(self._watching.watched)

    def _demand_open(self) -> None:
        raise NotImplementedError

    def _outcome(self, report: Reload | None) -> PluginRecord:
        assert report is not None  # whoever asked gets an answer
        if report.error is not None:
            raise report.error
        return self.registry[report.plugin_id]
