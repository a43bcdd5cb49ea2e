"""Instance: one plugin object with its configuration, ready to be called.

Owns the way of a call: inputs read and checked, a worker started if there is none, the conversation driven, the outputs
checked, the figures kept. A worker that died is replaced at the next call. Calls of one instance never overlap. Made by
`PluginManager`; the same call goes through two doors, `execute` and `aexecute`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from .definition import NodeDefinition
from .errors import InputError, PluginError, UnknownPlugin
from .events import Event, EventName, Events
from .manifest import Manifest
from .result import CallStats, Provenance, Result, digest, versions
from .sandbox import asynchronous, blocking, conversation
from .sandbox.conversation import OnProgress
from .sandbox.level import Level
from .sandbox.limits import STARTING, Limits
from .sandbox.log import Log
from .sandbox.sandbox import Profile, Sandbox
from .sandbox.worker import Worker
from .types import Audio

_ASYNC_TURN_S = 0.002

_digests = ThreadPoolExecutor(1, thread_name_prefix="schillinger-digest")


@dataclass(frozen=True, kw_only=True)
class LoadedPlugin:
    """A plugin whose code has been imported in a worker and whose definition has been checked."""

    plugin_id: str
    root: Path
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


@dataclass(frozen=True, kw_only=True)
class _Job:
    inputs: dict[str, Any]
    parameters: dict[str, Any]
    limits: Limits
    seed: int
    on_progress: OnProgress | None
    digests: Future[dict[str, str]]
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    started_s: float = field(default_factory=time.perf_counter)


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
        job = self._prepare(inputs, parameters, limits=limits, seed=seed, on_progress=on_progress)
        with self._accounted(job), self._my_turn():
            worker, fresh = self._worker_for(job)
            if fresh:
                self._drive_start(worker)
            outcome = blocking.drive(self._call(worker, job), worker, job.limits)
            return self._finish(job, outcome, worker, job.digests.result())

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
        job = await asyncio.to_thread(
            self._prepare, inputs, parameters, limits=limits, seed=seed, on_progress=on_progress
        )
        with self._accounted(job):
            async with self._my_turn_async():
                worker, fresh = await asyncio.shield(asyncio.to_thread(self._worker_for, job))
                if fresh:
                    await asynchronous.drive(self._start(worker), worker, self._starting_limits(worker))
                    self._worker = worker
                outcome = await asynchronous.drive(self._call(worker, job), worker, job.limits)
                return self._finish(job, outcome, worker, await asyncio.wrap_future(job.digests))

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
    ) -> _Job:
        if self._destroyed:
            raise UnknownPlugin(f"the instance {self.id} has been destroyed", remedy="create another one")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63):
            raise InputError(f"a seed is a whole number from 0 to 2^63-1, not {seed!r}", plugin_id=self.plugin_id)
        definition = self.definition
        given = {name: self._read(name, value) for name, value in (inputs or {}).items()}
        checked = definition.check_inputs(given, plugin_id=self.plugin_id)
        return _Job(
            inputs=checked,
            parameters=definition.check_parameters(parameters or {}, plugin_id=self.plugin_id),
            limits=self.plugin.limits.merged(limits, plugin_id=self.plugin_id),
            seed=secrets.randbits(32) if seed is None else seed,
            on_progress=on_progress,
            digests=_digests_of(checked),
        )

    def _read(self, name: str, value: Any) -> Any:
        """An audio port also takes a file or ``(samples, sample_rate)``."""
        port = next((port for port in self.definition.inputs if port.name == name), None)
        if port is None or port.type != "audio":
            return value
        if isinstance(value, (str, Path)):
            from .engine.decode import read_audio

            try:
                return read_audio(value)
            except PluginError as error:
                error.plugin_id, error.path = self.plugin_id, f"$.inputs.{name}"
                raise
        if isinstance(value, tuple) and len(value) == 2:
            try:
                return Audio(*value)
            except (TypeError, ValueError) as error:
                raise InputError(str(error), plugin_id=self.plugin_id, path=f"$.inputs.{name}") from error
        return value

    def _worker_for(self, job: _Job) -> tuple[Worker, bool]:
        """The worker at hand, or a new one that has yet to be started."""
        worker = self._worker
        if worker is not None and worker.alive and job.limits.fits_worker_of(worker.limits):
            return worker, False
        if worker is not None:
            self._drop_worker()
            self.stats = replace(self.stats, restarts=self.stats.restarts + 1)
        return self._spawn(job.limits, job.on_progress), True

    def _spawn(self, limits: Limits, on_progress: OnProgress | None) -> Worker:
        return self._sandbox.spawn(
            profile=self.plugin.profile,
            log=self.log,
            limits=limits,
            readable=[self.plugin.root],
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
        return start(worker, self.plugin.plugin_id, self.id, self.plugin.root, self.plugin.manifest, self.config)

    def _starting_limits(self, worker: Worker) -> Limits:
        return replace(STARTING, memory_mb=worker.limits.memory_mb)

    def _call(self, worker: Worker, job: _Job) -> conversation.Conversation[conversation.Outcome]:
        return conversation.call(
            worker,
            job.inputs,
            job.parameters,
            plugin_id=self.plugin_id,
            seed=job.seed,
            limits=job.limits,
            on_progress=job.on_progress,
        )

    def _drop_worker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    def _finish(self, job: _Job, outcome: conversation.Outcome, worker: Worker, digests: dict[str, str]) -> Result:
        outputs = self.definition.check_outputs(outcome.outputs, plugin_id=self.plugin_id)
        wall_s = time.perf_counter() - job.started_s
        return Result(
            outputs,
            provenance=Provenance(
                plugin_id=self.plugin_id,
                plugin_version=self.plugin.manifest.metadata.version,
                content_hash=self.plugin.content_hash,
                parameters=job.parameters,
                config=self.config,
                input_digests=digests,
                seed=job.seed,
                sandbox_level=self.plugin.level,
                versions=versions(),
                started_at=job.started_at,
            ),
            stats=CallStats(wall_s=wall_s, cpu_s=outcome.cpu_s, peak_memory_bytes=worker.peak_memory_bytes),
            definition=self.definition,
            inputs=job.inputs,
            plugin_type=self.plugin.manifest.metadata.plugin_type,
        )

    @contextlib.contextmanager
    def _accounted(self, job: _Job) -> Iterator[None]:
        """Keep the figures and tell the subscribers."""
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
        wall_s = time.perf_counter() - job.started_s
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


def _digests_of(inputs: Mapping[str, Any]) -> Future[dict[str, str]]:
    """The digests, computed beside the call where that pays: hashing a minute of audio takes as long as sending it."""

    def compute() -> dict[str, str]:
        return {name: digest(value) for name, value in inputs.items()}

    if any(isinstance(value, (Audio, np.ndarray, list, dict)) for value in inputs.values()):
        return _digests.submit(compute)
    done: Future[dict[str, str]] = Future()
    done.set_result(compute())
    return done


def start(
    worker: Worker, plugin_id: str, instance_id: str, root: Path, manifest: Manifest, config: dict[str, Any]
) -> conversation.Conversation[Any]:
    """The conversation that makes a worker import a plugin and make its instance."""
    return conversation.start(
        worker,
        plugin_id=plugin_id,
        instance_id=instance_id,
        root=str(root.resolve()),
        main_file=manifest.main_file,
        plugin_type=manifest.metadata.plugin_type,
        config=config,
    )
