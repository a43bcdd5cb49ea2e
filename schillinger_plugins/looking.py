"""What a manager tells of its plugins and of this machine, without any effect on them.

Owns the docstrings that a person reads, and that what is under way is read before it is told. `PluginManager` derives from
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import scanner
from .failures import Failure, Failures
from .instance import Instance
from .loaded import LoadedPlugin
from .loader import inspect
from .registry import Registry
from .sandbox.level import Report
from .sandbox.log import LogLine
from .sandbox.logbook import Logbook
from .sandbox.sandbox import OnProgress, Sandbox
from .sandbox.trace import TraceEvent
from .scanner import Scanner
from .status import Status, status_of


class Looking:
    """The part of a manager that is asked and changes nothing."""

    registry: Registry
    _loaded: dict[str, LoadedPlugin]
    _instances: Mapping[str, Instance]
    _sandbox: Sandbox
    _logs: Logbook
    _failures: Failures
    _scanner: Scanner

    def status(self) -> Status:
        """What there is and what it does, now."""
        levels = {plugin.level for plugin in self._loaded.values()}
        return Status(
            level=min(levels, default=None),
            plugins={plugin_id: record.state for plugin_id, record in self.registry.items()},
            instances=tuple(map(status_of, list(self._instances.values()))),
            warm=tuple(self._sandbox.running),
        )

    def logs(self, plugin_id: str | None = None) -> list[LogLine]:
        """What plugins printed and logged, oldest first; of one plugin, or of all."""
        if plugin_id is not None:
            self.registry[plugin_id]
        self._sandbox.flush()
        return self._logs.lines(plugin_id)

    def last_failure(self, plugin_id: str) -> Failure | None:
        """What went wrong last with a plugin, at a call or a load; None if nothing has."""
        self.registry[plugin_id]
        return self._failures.last(plugin_id)

    def trace(self, plugin_id: str | None = None) -> list[TraceEvent]:
        """What plugins did, as their workers' audit hooks and the host's broker told it, oldest first."""
        if plugin_id is not None:
            self.registry[plugin_id]
        self._sandbox.flush()
        return self._logs.events(plugin_id)

    def findings(self, plugin: str | Path) -> scanner.Report:
        """What the static scan finds in a plugin, bandit's tests included. Runs nothing of it.

        Parameters
        ----------
        plugin : str or Path
            An id, or the path of a plugin's folder. Of a loaded plugin it is the code that was loaded, which is what runs.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or no manifest that tells what it asks for.
        """
        loaded = self._loaded.get(plugin) if isinstance(plugin, str) else None
        if loaded is not None:
            return self._scanner.scan(loaded.copy, loaded.manifest)
        record = inspect(plugin) if isinstance(plugin, Path) else self.registry[plugin]
        if record.manifest is None:
            assert record.error is not None
            raise record.error
        return self._scanner.scan(record.root, record.manifest)

    def doctor(self, *, on_progress: OnProgress | None = None) -> Report:
        """What confines a plugin on this machine, as a confined probe found it."""
        self._demand_open()
        return self._sandbox.report(on_progress=on_progress)

    def _demand_open(self) -> None:
        raise NotImplementedError
