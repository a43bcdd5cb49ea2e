"""PluginManager: the one coordinator.

Owns what is loaded and which instances exist. Everything a person or a client does enters here: the magics, the command
line, the widgets and the server are thin over it. Runs no plugin code itself: that happens in the sandbox's workers.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

from .admission import Admission
from .caretaker import Caretaker
from .catalogue import Catalogue
from .decoding import AudioReader
from .definition import NodeDefinition, Parameter
from .errors import PluginError, UnknownPlugin, nearest
from .events import Event, Events
from .failures import Failure, Failures
from .happenings import Happenings
from .instance import Instance
from .journal import Retention
from .loaded import LoadedPlugin
from .looking import Looking
from .manifest import Manifest
from .permissions import Permissions
from .permissions.granting import Granting
from .policy import Policy
from .reading import read_file, seen
from .recorder import Recorder
from .registry import PluginRecord, Registry
from .reloading import Reloading, Renewing, Watching
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.logbook import Logbook
from .sandbox.profile import Profile
from .sandbox.sandbox import OnProgress, Sandbox
from .sandbox.worker import Worker
from .scanner import Scanner
from .spans import Spans
from .status import Status
from .types import Audio, File
from .watcher import Watcher
from .workflow import make_instance

__all__ = ["Instance", "PluginManager", "Status"]

_CLOSING_S = 2.0


class PluginManager(Renewing, Granting, Looking):
    """Finds plugins, loads them into confined workers and keeps their instances.

    Parameters
    ----------
    paths : iterable of paths
        Folders that are plugins or hold plugins, searched before ``SCHILLINGER_PLUGIN_PATH``, the user's plugin folder,
        installed packages and the examples.
    policy : Policy
        What is demanded of this machine's confinement, and what may be used.
    idle_s : float
        Instances that nobody has called for that long are put to sleep: their state is kept, their memory given back, and
        the next call wakes them.
    retention : Retention, optional
        How much of what happens the journal keeps; as the environment says, if not given.

    Examples
    --------
    >>> with PluginManager() as manager:  # doctest: +SKIP
    ...     rhythm = manager.create_instance("resultant_rhythm").execute({}, {"a": 3, "b": 2})
    ...     rhythm["durations"]
    [2, 1, 1, 2]
    """

    def __init__(
        self,
        paths: Iterable[str | Path] | None = None,
        *,
        policy: Policy | None = None,
        idle_s: float = 600.0,
        retention: Retention | None = None,
    ) -> None:
        self.spans = Spans.from_environment()
        self.events = Events()
        self._failures = Failures(self.events)
        self.registry = Registry(self.events)
        self.policy = policy or Policy()
        self.permissions = Permissions(self.registry, events=self.events)
        self._scanner = Scanner(self.policy.imports.verdict)
        self._sandbox = Sandbox(total_memory_mb=self.policy.total_memory_mb)
        self._loaded: dict[str, LoadedPlugin] = {}
        self._catalogue = Catalogue(self.registry, paths=paths or (), loaded=self._loaded)
        self._spares: dict[str, Worker] = {}
        self._instances: dict[str, Instance] = {}
        self._defaults: dict[str, str] = {}
        permissions = self.permissions  # not the manager itself: it is to be collected when it is forgotten
        self.recorder = Recorder(
            lambda: permissions.journal,
            events=self.events,
            happenings=Happenings(loaded=self._loaded, instances=self._instances),
            retention=retention or Retention.from_environment(),
        )
        self._logs = Logbook(on_line=self.recorder.said)
        self._numbers: dict[str, itertools.count[int]] = {}
        self._lock = threading.RLock()
        self._caretaker = Caretaker(self._instances, idle_s=idle_s)
        self._reader = AudioReader(self._sandbox)
        self._admission = Admission(
            sandbox=self._sandbox,
            policy=self.policy,
            permissions=self.permissions,
            scanner=self._scanner,
            on_log=self._logs.keep,  # not the manager's: it is to be collected when it is forgotten
            spans=self.spans,
        )
        self._reloading = Reloading(
            admission=self._admission,
            sandbox=self._sandbox,
            registry=self.registry,
            events=self.events,
            loaded=self._loaded,
            spares=self._spares,
            instances=self._instances,
            lock=self._lock,
        )
        self._watching = Watching(
            reloading=self._reloading, registry=self.registry, loaded=self._loaded, load=self.load
        )
        # Also when nobody calls close: at the interpreter's end, or when the manager is forgotten.
        self._finalizer = weakref.finalize(self, _end, self._watching.watcher, self._sandbox, self.recorder)
        self.discover()

    @property
    def plugins(self) -> Mapping[str, PluginRecord]:
        """The known plugins by id, broken ones with their error."""
        return self.registry

    @property
    def instances(self) -> Mapping[str, Instance]:
        """The instances by id."""
        return MappingProxyType(self._instances)

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed: nothing can be loaded or run any more."""
        return not self._finalizer.alive

    def discover(self) -> None:
        """Look for plugins again: new folders are added, those that have gone are forgotten unless they are loaded."""
        with self._lock:
            self._catalogue.discover()

    def load(self, plugin: str | Path, *, on_progress: OnProgress | None = None) -> PluginRecord:
        """Import a plugin in a confined worker and check its definition.

        Parameters
        ----------
        plugin : str or Path
            An id, or the path of a plugin's folder.
        on_progress : callable, optional
            Told what is prepared, when the sandbox has to be warmed first.

        Returns
        -------
        PluginRecord
            With state ``loaded`` and the definition. A plugin that is loaded already is left as it is.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or its manifest is broken.
        PermissionDenied, ConfinementUnavailable
            If something it requires has not been granted, or the policy refuses it.
        PluginExecutionError, LoadError, LimitExceeded, DefinitionError
            If its code doesn't parse, raises, loops, has no plugin class or describes itself wrongly. Nothing of it stays.
        """
        with self._lock:
            self._demand_open()
            try:
                record, undo = self._catalogue.enter(plugin)
            except UnknownPlugin:  # there is nothing that could be loaded
                raise
            except PluginError as error:
                self._tell_failed_load(error.plugin_id or Path(plugin).name, error)
                raise
            if record.id in self._loaded:
                return record
            hashes: list[str] = []
            try:
                admitted = self._admission.admit(record, on_progress, on_hashed=hashes.append)
            except BaseException as error:
                undo()
                self._tell_failed_load(record.id, error, manifest=record.manifest, content_hash="".join(hashes))
                raise
            self._loaded[record.id], self._spares[record.id] = admitted
            record = self._mark_loaded(record.id)
            self._reloading.began(self._loaded[record.id])
            self._watching.began(record.id)
            self.events.emit(Event("loaded", record.id))
            return record

    def add(self, folder: Path) -> PluginRecord:
        """Make the plugin in a folder known by its id, as `load` does, but run nothing of it.

        Raises
        ------
        ManifestError, DuplicatePlugin
            If its manifest is broken, or another plugin has its id.
        """
        with self._lock:
            self._demand_open()
            record, _ = self._catalogue.enter(folder)
            return record

    def unload(self, plugin_id: str) -> None:
        """Destroy a plugin's instances and forget its code. It stays listed and can be loaded again."""
        record = self.registry[plugin_id]
        with self._lock:
            plugin = self._loaded.pop(plugin_id, None)
            if plugin is None:
                return
            self._watching.unwatch(plugin_id)
            for instance in [i for i in self._instances.values() if i.plugin_id == plugin_id]:
                self.destroy_instance(instance.id)
            self._end_spare(plugin_id)
            self._reloading.ended(plugin_id)
            definition = record.manifest.definition if record.manifest else None
            self.registry.update(plugin_id, state="discovered", definition=definition)
        self.events.emit(Event("unloaded", plugin_id))

    def look(self, plugin: str | Path) -> PluginRecord:
        """The record of an id or a folder, read afresh from its folder; nothing is registered, nothing is run.

        Raises
        ------
        UnknownPlugin, ManifestError
            If there is no such plugin, or its manifest is broken.
        """
        self._demand_open()
        return self._catalogue.look(plugin)

    def definition(self, plugin_id: str) -> NodeDefinition:
        """A plugin's node definition: from its manifest without running anything, else by loading it."""
        record = self._catalogue.sound(plugin_id)
        if record.definition is None:
            record = self.load(plugin_id)
        assert record.definition is not None
        return record.definition

    def create_instance(
        self, plugin_id: str, config: Mapping[str, Any] | None = None, *, on_progress: OnProgress | None = None
    ) -> Instance:
        """A new instance; the plugin is loaded if need be.

        Parameters
        ----------
        config : Mapping, optional
            Overlaid on the manifest's ``default_config`` and checked against its ``config_schema``.

        Raises
        ------
        InputError
            If the configuration doesn't fit.
        PluginError
            As `load`.
        """
        checked = self._manifest(self._catalogue.sound(plugin_id)).check_config(config)
        self.load(plugin_id, on_progress=on_progress)
        with self._lock:
            plugin = self._loaded[plugin_id]
            number = next(self._numbers.setdefault(plugin_id, itertools.count(1)))
            spare = self._spares.get(plugin_id)
            # The worker that loaded the plugin already serves the default configuration.
            fits = spare is not None and spare.alive and checked == plugin.manifest.default_config
            instance = make_instance(
                self,
                plugin,
                instance_id=f"{plugin_id}-{number}",
                config=checked,
                sandbox=self._sandbox,
                read_audio=self._reader.read,
                events=self.events,
                recorder=self.recorder,
                worker=self._spares.pop(plugin_id) if fits else None,
                spans=self.spans,
            )
            if not fits:
                self._logs.keep(instance.log)
                instance.start(on_progress=on_progress)
            self._instances[instance.id] = instance
            self._caretaker.begin()
        self.events.emit(Event("instance_created", plugin_id, instance.id, user=instance.user))
        return instance

    def default_instance(self, plugin_id: str, *, on_progress: OnProgress | None = None) -> Instance:
        """The instance that ``%plugin run`` and the widgets use, made when first asked for."""
        with self._lock:
            instance = self._instances.get(self._defaults.get(plugin_id, ""))
            if instance is None:
                instance = self.create_instance(plugin_id, on_progress=on_progress)
                self._defaults[plugin_id] = instance.id
            return instance

    def destroy_instance(self, instance_id: str) -> None:
        """Let the plugin clean up, end its worker and forget the instance.

        Raises
        ------
        UnknownPlugin
            If there is no such instance.
        """
        with self._lock:
            instance = self._instances.pop(instance_id, None)
        if instance is None:
            close = nearest(instance_id, self._instances)
            raise UnknownPlugin(
                f"there is no instance {instance_id!r}",
                remedy=f"did you mean {close!r}?" if close else "%plugin status",
            )
        instance.destroy()
        self.events.emit(Event("instance_destroyed", instance.plugin_id, instance_id, user=instance.user))

    def warm(self, profile: Profile, *, on_progress: OnProgress | None = None) -> None:
        """Start a zygote now rather than when it is first needed; the first time ever this compiles numba's kernels."""
        self._demand_open()
        self._sandbox.zygote(profile, on_progress=on_progress)

    def spawn_beside(self, plugin_id: str, log: Log, *, limits: Limits) -> tuple[LoadedPlugin, Worker]:
        """A confined worker that may read a plugin's code, without the plugin in it: its author's tests run there.

        Whoever asks for it ends it. Called by ``conformance``.
        """
        self.load(plugin_id)
        plugin = self._loaded[plugin_id]
        return plugin, plugin.spawn(self._sandbox, log, limits=limits, on_fetch=None, on_progress=None)

    def read_audio(self, path: str | Path) -> Audio:
        """Decode an audio file, in a confined worker, as an audio input does that is given as a path.

        Raises
        ------
        AudioFileError
            If it is gone, cut off, too long or no audio; or if soundfile is not installed.
        """
        self._demand_open()
        return self._reader.read(path)

    def new_file(self) -> tuple[int, Path]:
        """An empty file for what comes from elsewhere, and a descriptor that writes it; whoever asks closes and removes it.

        What is left of it goes with this manager, however that ends. Waits while the sandbox is being started. Called by
        ``server``.
        """
        self._demand_open()
        return self._sandbox.new_file()

    def read_file(self, parameter: Parameter, path: str | Path) -> File:
        """What a file holds, for a parameter of the type file that a person has set to its path.

        Raises
        ------
        InputError
            If it is gone, no regular file, called otherwise than the parameter asks, or too large for it.
        """
        return read_file(parameter, path)

    def seen_file(self, parameter: Parameter, path: str | Path) -> tuple[int, int]:
        """Its size in bytes and the time of its last change in ns; raises as `read_file`, and reads nothing."""
        return seen(parameter, path)

    def close(self) -> None:
        """Destroy every instance and end the sandbox. Calling it again does nothing."""
        deadline = time.monotonic() + _CLOSING_S
        self._caretaker.end()
        self._watching.close()
        with self._lock:
            instances = list(self._instances.values())
            self._instances.clear()
            self._loaded.clear()
            for plugin_id in list(self._spares):
                self._end_spare(plugin_id)
        for instance in reversed(instances):
            with contextlib.suppress(Exception):  # one that can't be ended in peace goes with the sandbox
                instance.destroy(deadline_s=max(0.0, min(1.0, deadline - time.monotonic())))
        self._reader.close()
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, plugin_id: str) -> None:
        if plugin_id in self._loaded:
            self.unload(plugin_id)

    def _tell_failed_load(
        self, plugin_id: str, error: BaseException, *, manifest: Manifest | None = None, content_hash: str = ""
    ) -> None:
        failure = Failure.of(error, None) if isinstance(error, Exception) else None
        told = {"error": str(error), "failure": failure, "manifest": manifest, "content_hash": content_hash}
        self.events.emit(Event("failed", plugin_id, data=told))

    def _manifest(self, record: PluginRecord) -> Manifest:
        assert record.manifest is not None
        return record.manifest

    def _mark_loaded(self, plugin_id: str) -> PluginRecord:
        return self.registry.update(plugin_id, state="loaded", definition=self._loaded[plugin_id].definition)

    def _end_spare(self, plugin_id: str) -> None:
        spare = self._spares.pop(plugin_id, None)
        if spare is not None:
            spare.stop()

    def _demand_open(self) -> None:
        if not self._finalizer.alive:
            raise PluginError("this manager is closed", remedy="make another PluginManager")
        self._sandbox.demand_own_process()


def _end(watcher: Watcher, sandbox: Sandbox, recorder: Recorder) -> None:
    """What there is outside of this process ends with the manager; what it did is written down."""
    watcher.close()
    sandbox.close()
    recorder.close()
