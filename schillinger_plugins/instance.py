"""Instance: one plugin object with its configuration, ready to be called.

Owns the way of a call: a worker started if there is none, the conversation driven, the outputs checked, the figures kept.
A worker that died is replaced at the next call. Calls of one instance never overlap. Made by `PluginManager`; the same
call goes through two doors, `execute` and `aexecute`.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .call import Call, prepare
from .definition import NodeDefinition
from .errors import InputError, UnknownPlugin
from .events import Event, EventName, Events
from .manifest import Manifest
from .result import CallStats, Provenance, Result, versions
from .sandbox import asynchronous, blocking, conversation
from .sandbox.conversation import OnProgress
from .sandbox.level import Level
from .sandbox.limits import STARTING, Limits
from .sandbox.log import Log
from .sandbox.sandbox import Profile, Sandbox
from .sandbox.worker import Worker

_ASYNC_TURN_S = 0.002


@dataclass(frozen=True, kw_only=True)
class LoadedPlugin:
    """A plugin whose code has been imported in a worker and whose definition has been checked.

    Attributes
    ----------
    root : Path
        Its folder.
    code : Path
        The private copy of it that workers run: new workers run what was loaded, even if the folder has changed since.
    content_hash : str
        Of that copy.
    """

    plugin_id: str
    root: Path
    code: Path
    manifest: Manifest
    definition: NodeDefinition
    content_hash: str
    profile: Profile
    level: Level
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class InstanceStats:
    """What an instance has done so far.

    Attributes
    ----------
    calls, failures, cancelled : int
        Calls that returned, raised, and were interrupted.
    restarts : int
        Workers that had to be replaced.
    wall_total_s, wall_last_s : float
        Time of the calls that returned.
    """

    calls: int = 0
    failures: int = 0
    cancelled: int = 0
    restarts: int = 0
    wall_total_s: float = 0.0
    wall_last_s: float = 0.0
    last_error: str = ""

    @property
    def wall_mean_s(self) -> float:
        """Mean time of the calls that returned."""
        return self.wall_total_s / self.calls if self.calls else 0.0


class Instance:
    """One plugin object, in a confined process of its own.

    Attributes
    ----------
    id : str
    plugin : LoadedPlugin
        Replaced when the plugin is reloaded; the next call runs the new code.
    stats : InstanceStats
    """

    def __init__(
        self,
        plugin: LoadedPlugin,
        *,
        instance_id: str,
        config: Mapping[str, Any],
        sandbox: Sandbox,
        events: Events,
        worker: Worker | None = None,
    ) -> None:
        self.id = instance_id
        self.plugin = plugin
        self.config = dict(config)
        self.stats = InstanceStats()
        self.log = worker.log if worker is not None else Log(plugin.plugin_id, instance_id)
        self.log.instance_id = instance_id
        self._sandbox = sandbox
        self._events = events
        self._worker = worker
        self._turn = threading.Lock()
        self._holder: int | None = None
        self._destroyed = False

    @property
    def plugin_id(self) -> str:
        """The id of its plugin."""
        return self.plugin.plugin_id

    @property
    def definition(self) -> NodeDefinition:
        """The definition of its plugin's node."""
        return self.plugin.definition

    @property
    def state(self) -> str:
        """destroyed, running, ready (its worker waits) or resting (a worker is started at the next call)."""
        if self._destroyed:
            return "destroyed"
        worker = self._worker
        if worker is None or not worker.alive:
            return "resting"
        return "running" if worker.watched is not None else "ready"

    @property
    def memory_bytes(self) -> int:
        """Private memory of its worker, beyond what every worker has."""
        return self._worker.memory_bytes if self._worker is not None and self._worker.alive else 0

    def __repr__(self) -> str:
        return f"<Instance {self.id} of {self.plugin_id}, {self.state}, {self.stats.calls} calls>"

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> Result:
        """Call the plugin and wait for its outputs.

        Parameters
        ----------
        inputs : Mapping
            By port name. An audio port takes `Audio`, ``(samples, sample_rate)`` or the path of a file, which the host
            decodes.
        parameters : Mapping
            By name; the others have their defaults.
        limits : Mapping
            Limits of this call by name, for example ``{"wall_s": 5}``: see `Limits`. Those that bind a worker from its
            start (memory, file size, open files) start a new one, whose state is fresh.
        seed : int
            Makes a call with random numbers repeatable; chosen and recorded if not given.
        on_progress : callable
            Called with a fraction from 0 to 1 and a message, in this thread.

        Returns
        -------
        Result

        Raises
        ------
        InputError
            If an input or parameter doesn't fit the definition.
        PluginExecutionError, LimitExceeded, WorkerCrashed, ProtocolViolation, DefinitionError
            If the plugin fails. The instance stays usable.
        KeyboardInterrupt
            After an interrupt has ended the call. The instance stays usable.
        """
        with self._accounted():
            call = self._prepare(inputs, parameters, limits=limits, seed=seed, on_progress=on_progress)
            return self._execute(call)

    def _execute(self, call: Call) -> Result:
        with self._my_turn():
            worker, fresh = self._worker_for(call)
            if fresh:
                self._drive_start(worker)
            outcome = blocking.drive(self._call(worker, call), worker, call.limits)
            return self._finish(call, outcome, worker, call.digests.result())

    async def aexecute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> Result:
        """Call the plugin without blocking the event loop; otherwise as `execute`. Cancelling the task ends the call."""
        with self._accounted():
            call = await asyncio.to_thread(
                self._prepare, inputs, parameters, limits=limits, seed=seed, on_progress=on_progress
            )
            async with self._my_turn_async():
                worker, fresh = await asyncio.shield(asyncio.to_thread(self._worker_for, call))
                if fresh:
                    await asynchronous.drive(self._start(worker), worker, self._starting_limits(worker))
                    self._worker = worker
                outcome = await asynchronous.drive(self._call(worker, call), worker, call.limits)
                return self._finish(call, outcome, worker, await asyncio.wrap_future(call.digests))

    def start(self, *, on_progress: OnProgress | None = None) -> None:
        """Start a worker and have it initialize the plugin, unless one is ready.

        Raises
        ------
        PluginError
            If the plugin's code, `initialize` included, fails.
        """
        with self._my_turn():
            if self._worker is None or not self._worker.alive:
                self._drive_start(self._spawn(self.plugin.limits, on_progress))

    def rest(self) -> None:
        """End the worker; the next call starts a new one."""
        with self._my_turn():
            self._drop_worker()

    def become(self, plugin: LoadedPlugin) -> None:
        """Go on with another version of the plugin from the next call on; a running call ends on the old one first."""
        with self._my_turn():
            self._drop_worker()
            self.plugin = plugin

    def destroy(self, *, deadline_s: float = 1.0) -> None:
        """Let the plugin clean up and end its worker for good. A running call is ended."""
        self._destroyed = True
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(deadline_s)

    def _prepare(
        self,
        inputs: Mapping[str, Any] | None,
        parameters: Mapping[str, Any] | None,
        *,
        limits: Mapping[str, float] | None,
        seed: int | None,
        on_progress: OnProgress | None,
    ) -> Call:
        if self._destroyed:
            raise UnknownPlugin(f"the instance {self.id} has been destroyed", remedy="create another one")
        return prepare(
            self.definition,
            inputs or {},
            parameters or {},
            plugin_id=self.plugin_id,
            limits=self.plugin.limits.merged(limits, plugin_id=self.plugin_id),
            seed=seed,
            on_progress=on_progress,
        )

    def _worker_for(self, call: Call) -> tuple[Worker, bool]:
        """The worker at hand, or a new one that has yet to be started."""
        worker = self._worker
        if worker is not None and worker.alive and call.limits.fits_worker_of(worker.limits):
            return worker, False
        if worker is not None:
            self._drop_worker()
            self.stats = replace(self.stats, restarts=self.stats.restarts + 1)
        return self._spawn(call.limits, call.on_progress), True

    def _spawn(self, limits: Limits, on_progress: OnProgress | None) -> Worker:
        return self._sandbox.spawn(
            profile=self.plugin.profile,
            log=self.log,
            limits=limits,
            readable=[self.plugin.code],
            on_progress=on_progress,
        )

    def _drive_start(self, worker: Worker) -> None:
        try:
            blocking.drive(self._start(worker), worker, self._starting_limits(worker))
        except BaseException:
            worker.end()
            raise
        self._worker = worker

    def _start(self, worker: Worker) -> conversation.Conversation[Any]:
        plugin = self.plugin
        return start(worker, plugin.plugin_id, self.id, plugin.code, plugin.manifest, self.config, root=plugin.root)

    def _starting_limits(self, worker: Worker) -> Limits:
        return replace(STARTING, memory_mb=worker.limits.memory_mb)

    def _call(self, worker: Worker, call: Call) -> conversation.Conversation[conversation.Outcome]:
        return conversation.call(
            worker,
            call.inputs,
            call.parameters,
            plugin_id=self.plugin_id,
            seed=call.seed,
            limits=call.limits,
            on_progress=call.on_progress,
        )

    def _drop_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    def _finish(self, call: Call, outcome: conversation.Outcome, worker: Worker, digests: dict[str, str]) -> Result:
        outputs = self.definition.check_outputs(outcome.outputs, plugin_id=self.plugin_id)
        wall_s = time.perf_counter() - call.started_s
        return Result(
            outputs,
            provenance=Provenance(
                plugin_id=self.plugin_id,
                plugin_version=self.plugin.manifest.metadata.version,
                content_hash=self.plugin.content_hash,
                parameters=call.parameters,
                config=self.config,
                input_digests=digests,
                seed=call.seed,
                sandbox_level=self.plugin.level,
                versions=versions(),
                started_at=call.started_at,
            ),
            stats=CallStats(wall_s=wall_s, cpu_s=outcome.cpu_s, peak_memory_bytes=worker.peak_memory_bytes),
            definition=self.definition,
            inputs=call.inputs,
            plugin_type=self.plugin.manifest.metadata.plugin_type,
        )

    @contextlib.contextmanager
    def _accounted(self) -> Iterator[None]:
        """Keep the figures and tell the subscribers."""
        started_s = time.perf_counter()
        try:
            yield
        except (KeyboardInterrupt, asyncio.CancelledError):
            self.stats = replace(self.stats, cancelled=self.stats.cancelled + 1)
            self._tell("failed", error="cancelled")
            raise
        except Exception as error:
            self.stats = replace(self.stats, failures=self.stats.failures + 1, last_error=str(error))
            self._tell("failed", error=str(error))
            raise
        wall_s = time.perf_counter() - started_s
        self.stats = replace(
            self.stats,
            calls=self.stats.calls + 1,
            wall_total_s=self.stats.wall_total_s + wall_s,
            wall_last_s=wall_s,
        )
        self._tell("executed", wall_s=wall_s)

    def _tell(self, name: EventName, **data: Any) -> None:
        self._events.emit(Event(name, self.plugin_id, self.id, data))

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        if self._holder == threading.get_ident():
            raise InputError(
                "it is being called already, and calls of one instance never overlap",
                plugin_id=self.plugin_id,
                remedy="create another instance for a call within a call",
            )
        with self._turn:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None

    @contextlib.asynccontextmanager
    async def _my_turn_async(self) -> AsyncIterator[None]:
        # Polled: a thread that waits for a lock can't be cancelled, and would hold it for a task that has gone.
        while not self._turn.acquire(blocking=False):  # noqa: ASYNC110  # an Event of one loop can't be set by another thread
            await asyncio.sleep(_ASYNC_TURN_S)
        self._holder = threading.get_ident()  # a blocking call from this loop's thread would wait for itself
        try:
            yield
        finally:
            self._holder = None
            self._turn.release()


def start(
    worker: Worker,
    plugin_id: str,
    instance_id: str,
    code: Path,
    manifest: Manifest,
    config: dict[str, Any],
    *,
    root: Path,
) -> conversation.Conversation[Any]:
    """The conversation that makes a worker import the copy `code` of a plugin's folder and make its instance."""
    worker.shown_as = (str(code), str(root))
    return conversation.start(
        worker,
        plugin_id=plugin_id,
        instance_id=instance_id,
        root=str(code),
        main_file=manifest.main_file,
        plugin_type=manifest.metadata.plugin_type,
        config=config,
    )
