"""The instances of a plugin go on with other code, or all of them with the code they have.

Owns the order of a reload, that two of the same plugin follow one another, the way back when one instance can't go over, and
the report of how it went. Waits for running calls, and never holds the manager's lock meanwhile: such a call may ask the
manager for something. Called by `Renewing` and `Watching`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path

from ..admission import Admission
from ..errors import Busy, ManifestError, PluginError, UnknownPlugin
from ..events import Event, Events
from ..instance import Instance
from ..loaded import LoadedPlugin
from ..loader import inspect
from ..paths import shown
from ..registry import PluginRecord, Registry, content_hash
from ..sandbox.sandbox import OnProgress, Sandbox
from ..sandbox.worker import Worker
from ..versions import ParameterChanges, Reload, Versions, Why, difference
from ..watcher import UNREADABLE, Settled
from .attempt import Attempt, Superseded
from .example import try_example
from .following import Following

_WAITING_S = 60.0
"""How long a reload waits for another one of the same plugin."""

_GRACE_S = 0.15
"""How long a folder must rest until its failure is believed."""
_GRACE_INCOMPLETE_S = 0.6
"""The same if something is missing, which may be on its way."""


class Reloading:
    """Reloads the plugins of a manager.

    Parameters
    ----------
    loaded, spares, instances
        What the manager has, as it comes and goes.
    lock
        The manager's, under which those are changed.

    Attributes
    ----------
    tried : dict
        By plugin, the content hash of its folder that was dealt with last, whether it serves or failed.
    versions : Versions
    """

    def __init__(
        self,
        *,
        admission: Admission,
        sandbox: Sandbox,
        registry: Registry,
        events: Events,
        loaded: MutableMapping[str, LoadedPlugin],
        spares: MutableMapping[str, Worker],
        instances: Mapping[str, Instance],
        lock: contextlib.AbstractContextManager[object],
    ) -> None:
        self.versions = Versions(sandbox.forget)
        self.tried: dict[str, str] = {}
        self._admission = admission
        self._sandbox = sandbox
        self._registry = registry
        self._events = events
        self._loaded = loaded
        self._spares = spares
        self._instances = instances
        self._lock = lock
        self._turns: dict[str, threading.Lock] = {}
        self._last: dict[str, Reload] = {}

    def began(self, plugin: LoadedPlugin) -> None:
        """It has been loaded: its history begins."""
        self.versions.serves(plugin, "load")
        self.tried[plugin.plugin_id] = plugin.content_hash

    def ended(self, plugin_id: str) -> None:
        """It has been unloaded: nothing of it is kept."""
        self.versions.forget(plugin_id)
        self.tried.pop(plugin_id, None)

    def last(self, plugin_id: str) -> Reload | None:
        """How the last reload of it went."""
        return self._last.get(plugin_id)

    def reload(
        self, plugin_id: str, on_progress: OnProgress | None = None, *, settled: Settled | None = None
    ) -> Reload | None:
        """Have what lies in a plugin's folder serve; None if that is no news, or has changed again.

        Parameters
        ----------
        settled : Settled, optional
            The change of the folder that asks for it. Nothing is done if it was dealt with before.

        Raises
        ------
        UnknownPlugin
            If it is not loaded.
        Busy
            If another reload of it doesn't end.
        """

        def fresh(attempt: Attempt) -> tuple[LoadedPlugin, Worker]:
            known = self._registry[plugin_id]
            # Read now: what lies in the folder may have changed while another reload was waited for.
            found = inspect(known.root, source=known.source)
            if found.error is not None:
                raise found.error
            _demand_same(found, attempt.replaced)
            return self._admission.admit(
                replace(found, id=plugin_id), on_progress, on_decided=attempt.expects, on_worker=attempt.uses
            )

        with self._turn(plugin_id):
            replaced = self._demand_loaded(plugin_id)
            attempt = self._begun(plugin_id, "reload" if settled is None else "watch", replaced, settled)
            if settled is not None:
                if settled.content_hash == self.tried.get(plugin_id):
                    return None
                if settled.content_hash == replaced.content_hash:
                    report = self._as_it_was(attempt)
                    return None if report is None else self._told(report)
                attempt.began_s = settled.since_s
            report = self._attempt(attempt, fresh, keep=False)
        return None if report is None else self._told(report)

    def go_back(self, plugin_id: str, wanted: str | None, on_progress: OnProgress | None = None) -> Reload:
        """Have a former version serve. The folder stays as it is, and what it holds now counts as dealt with.

        Raises
        ------
        InputError
            As `Versions.former`.
        UnknownPlugin, Busy
            As `reload`.
        """

        def former(attempt: Attempt) -> tuple[LoadedPlugin, Worker]:
            record = replace(self._registry[plugin_id], manifest=plugin.manifest, error=None)
            return self._admission.admit(record, on_progress, copy=plugin.copy, on_decided=attempt.expects)

        with self._turn(plugin_id):
            replaced = self._demand_loaded(plugin_id)
            plugin = self.versions.former(plugin_id, wanted)
            report = self._attempt(self._begun(plugin_id, "rollback", replaced), former, keep=True)
        assert report is not None
        return self._told(report)

    def first(self, plugin_id: str, load: Callable[[str], object], settled: Settled) -> Reload | None:
        """Load a plugin whose folder has changed and that isn't loaded, as when it couldn't be before."""
        error: PluginError | None = None
        with self._turn(plugin_id):
            if settled.content_hash == self.tried.get(plugin_id):
                return None
            try:
                load(plugin_id)
            except PluginError as raised:
                if not settled.rests(_grace(raised)):
                    return None
                error = raised
                self.tried[plugin_id] = settled.content_hash
        plugin = self._loaded.get(plugin_id)
        return self._told(
            Reload(
                plugin_id=plugin_id,
                why="watch",
                at_s=time.time(),
                seconds=time.monotonic() - settled.since_s,
                hash_before="",
                hash_after=settled.content_hash if plugin is None else plugin.content_hash,
                version_after="" if plugin is None else plugin.manifest.metadata.version,
                error=error,
            )
        )

    def _begun(self, plugin_id: str, why: Why, replaced: LoadedPlugin, settled: Settled | None = None) -> Attempt:
        return Attempt(plugin_id, why, replaced, Following(self._admission.another), settled)

    def _attempt(
        self, attempt: Attempt, prepare: Callable[[Attempt], tuple[LoadedPlugin, Worker]], *, keep: bool
    ) -> Reload | None:
        """One attempt and its report; `keep` says that the copy is somebody else's."""
        error: PluginError | None = None
        try:
            self._exchange(attempt, prepare, keep=keep)
        except Superseded:
            return None
        except PluginError as raised:
            if attempt.settled is not None and not attempt.settled.rests(_grace(raised)):
                return None
            error = raised
        seconds = time.monotonic() - attempt.began_s
        return self._report(attempt, seconds, error)

    def _exchange(
        self, attempt: Attempt, prepare: Callable[[Attempt], tuple[LoadedPlugin, Worker]], *, keep: bool
    ) -> None:
        replaced = attempt.replaced
        with contextlib.nullcontext() if attempt.settled is None else attempt.settled.calling(attempt.give_up):
            plugin, worker = self._prepared(attempt, prepare, keep=keep)
        moved: list[Instance] = []
        try:
            attempt.demand_rest()
            while True:
                with self._lock:
                    if self._demand_loaded(attempt.plugin_id) is not replaced:
                        raise PluginError("it was loaded anew while it was reloaded", plugin_id=attempt.plugin_id)
                    # Again and again: instances are made meanwhile, with the old code.
                    here = [i for i in self._instances.values() if i.plugin_id == attempt.plugin_id and i not in moved]
                    if not here:
                        self._put(plugin, worker)
                        gone = self.versions.serves(plugin, attempt.why)
                        break
                for instance in here:
                    # The first with the default configuration takes the worker that has just imported the new code.
                    ready = None
                    if worker is not None and instance.config == plugin.manifest.default_config:
                        ready, worker = worker, None
                    left = instance.become(plugin, ready)
                    moved.append(instance)
                    if left:
                        attempt.left[instance.id] = left
        except BaseException:
            for instance in moved:
                try:
                    instance.become(replaced)
                except PluginError:  # it doesn't start now: it will at the next call, or say then why not
                    instance.rest()
                    instance.become(replaced)
            if worker is not None:
                worker.end()
            if not keep:
                self._sandbox.forget(plugin.copy)
            raise
        for copy in gone:
            self._sandbox.forget(copy)

    def _prepared(
        self, attempt: Attempt, prepare: Callable[[Attempt], tuple[LoadedPlugin, Worker]], *, keep: bool
    ) -> tuple[LoadedPlugin, Worker | None]:
        """The new code, tried out, and the worker that has imported it unless it was used up."""
        try:
            plugin, worker = prepare(attempt)
            attempt.plugin = plugin
            try:
                attempt.example = "failed, before any instance was given the new code"
                attempt.example, is_used_up = try_example(plugin, worker, attempt.following)
            except BaseException:
                worker.end()
                if not keep:
                    self._sandbox.forget(plugin.copy)
                raise
            if not is_used_up:
                return plugin, worker
            self._sandbox.retire(worker)
            return plugin, attempt.following.take()
        finally:
            attempt.following.leave()

    def _put(self, plugin: LoadedPlugin, worker: Worker | None) -> None:
        """What is loaded from now on."""
        spare = self._spares.pop(plugin.plugin_id, None)
        if spare is not None:
            self._sandbox.retire(spare)
        self._loaded[plugin.plugin_id] = plugin
        if worker is not None:
            self._spares[plugin.plugin_id] = worker
        self._registry.update(
            plugin.plugin_id, manifest=plugin.manifest, state="loaded", error=None, definition=plugin.definition
        )

    def _report(self, attempt: Attempt, seconds: float, error: PluginError | None) -> Reload:
        replaced, plugin = attempt.replaced, attempt.plugin
        root = replaced.root
        notes: tuple[str, ...] = ()
        if attempt.why == "rollback":
            in_folder = self.tried[attempt.plugin_id] = _hash_of(root)
            if error is None and plugin is not None and in_folder != plugin.content_hash:
                notes = (f"{shown(root)} is as it was, with other code in it; when it changes it can serve again",)
        elif error is None and plugin is not None:
            self.tried[attempt.plugin_id] = plugin.content_hash
        else:
            found = attempt.settled.content_hash if attempt.settled is not None else _hash_of(root)
            self.tried[attempt.plugin_id] = found
        failed_in_folder = attempt.why != "rollback" and error is not None
        after = root if failed_in_folder or plugin is None else plugin.copy
        return Reload(
            plugin_id=attempt.plugin_id,
            why=attempt.why,
            at_s=time.time(),
            seconds=seconds,
            hash_before=replaced.content_hash,
            hash_after=plugin.content_hash if plugin is not None else self.tried[attempt.plugin_id],
            version_before=replaced.manifest.metadata.version,
            version_after=plugin.manifest.metadata.version if plugin is not None else "",
            diff=difference(replaced.copy, after) if after.exists() and replaced.copy.exists() else "",
            parameters=ParameterChanges()
            if plugin is None
            else ParameterChanges.between(replaced.definition, plugin.definition),
            state_left={} if error is not None else attempt.left,
            example=attempt.example,
            notes=notes,
            error=error,
        )

    def _as_it_was(self, attempt: Attempt) -> Reload | None:
        """The folder holds again what serves; worth a word after a failure or a rollback."""
        plugin, last = attempt.replaced, self._last.get(attempt.plugin_id)
        self.tried[attempt.plugin_id] = plugin.content_hash
        if last is None or (last.error is None and last.why != "rollback"):
            return None
        version = plugin.manifest.metadata.version
        return Reload(
            plugin_id=attempt.plugin_id,
            why="watch",
            at_s=time.time(),
            seconds=time.monotonic() - attempt.began_s,
            hash_before=plugin.content_hash,
            hash_after=plugin.content_hash,
            version_before=version,
            version_after=version,
        )

    def _told(self, report: Reload) -> Reload:
        # Not within the plugin's turn: who is told may ask for another reload.
        self._last[report.plugin_id] = report
        name = "reloaded" if report.error is None else "reload_failed"
        self._events.emit(Event(name, report.plugin_id, data={"report": report}))  # type: ignore[arg-type]  # one of two names
        return report

    @contextlib.contextmanager
    def _turn(self, plugin_id: str) -> Iterator[None]:
        turn = self._turns.setdefault(plugin_id, threading.Lock())
        if not turn.acquire(timeout=_WAITING_S):
            raise Busy("it is being reloaded already", plugin_id=plugin_id, remedy="wait for that to end")
        try:
            yield
        finally:
            turn.release()

    def _demand_loaded(self, plugin_id: str) -> LoadedPlugin:
        plugin = self._loaded.get(plugin_id)
        if plugin is None:
            raise UnknownPlugin(f"{plugin_id} was unloaded meanwhile", remedy=f"%plugin load {plugin_id}")
        return plugin


def _demand_same(found: PluginRecord, replaced: LoadedPlugin) -> None:
    """Refuse a manifest that makes another plugin of it: instances, grants and flows belong to an id and a type."""
    assert found.manifest is not None
    now, before = found.manifest, replaced.manifest
    for what, is_now, was, path in (
        ("id", now.id, before.id, "$.id"),
        ("plugin_type", now.metadata.plugin_type, before.metadata.plugin_type, "$.metadata.plugin_type"),
    ):
        if is_now != was:
            raise ManifestError(
                f"plugin.json says {what} {is_now!r} now, and it was loaded with {was!r}",
                plugin_id=replaced.plugin_id,
                remedy=f"write {was!r} back, or unload {replaced.plugin_id} and load {shown(found.root)} anew",
                path=path,
            )


def _grace(error: PluginError) -> float:
    return _GRACE_INCOMPLETE_S if isinstance(error, ManifestError) else _GRACE_S


def _hash_of(root: Path) -> str:
    try:
        return content_hash(root)
    except (OSError, PluginError):
        return UNREADABLE
