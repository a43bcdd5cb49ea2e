"""Instance: one plugin object with its configuration, ready to be called.

Owns the way of a call: the turn waited for, a worker started if there is none, the conversation driven, the outputs
checked, the figures kept, the state carried from one worker to the next. Calls of one instance never overlap. Made by
`PluginManager`; the same call goes through two doors, `execute` and `aexecute`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from .call import Call, Digests, ReadAudio, digests_of, needs_decoding, prepare
from .definition import NodeDefinition
from .errors import Busy, InputError, LimitExceeded, PluginError, UnknownPlugin
from .events import Event, EventName, Events
from .fetching import Fetcher
from .loaded import LoadedPlugin
from .protocol import values
from .protocol.frames import Body
from .result import CallStats, Provenance, Result, versions
from .sandbox import asynchronous, blocking, conversation, interrupts
from .sandbox.conversation import Outcome
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.sandbox import Sandbox
from .sandbox.steps import Conversation, OnProgress
from .sandbox.turnstile import Full, OwnTurn, Turnstile
from .sandbox.worker import Worker

QUEUE_PLACES = 64
"""Calls of one instance that may wait for their turn."""

_TRIES = 2
"""Workers that may end while they take a state, before it is given up."""

_ENDING_S = 2.0
"""How long a call may take to end whose instance is destroyed."""


@dataclass(kw_only=True, slots=True)
class InstanceStats:
    """What an instance has done so far.

    Attributes
    ----------
    calls, failures, cancelled : int
        Calls that returned, raised, and were interrupted.
    restarts : int
        Workers that had to be replaced.
    sleeps : int
        Times it was put to sleep for being idle.
    wall_total_s, wall_last_s : float
        Time of the calls that returned.
    """

    calls: int = 0
    failures: int = 0
    cancelled: int = 0
    restarts: int = 0
    sleeps: int = 0
    wall_total_s: float = 0.0
    wall_last_s: float = 0.0
    last_error: str = ""

    @property
    def wall_mean_s(self) -> float:
        """Mean time of the calls that returned."""
        return self.wall_total_s / self.calls if self.calls else 0.0


@dataclass(slots=True)
class _KeptState:
    """What a worker left to the next one, which code it belongs to, and how many workers ended while they took it."""

    value: Any
    content_hash: str
    failures: int = 0


class Instance:
    """One plugin object, in a confined process of its own.

    Attributes
    ----------
    id : str
    plugin : LoadedPlugin
        Replaced when the plugin is reloaded; the next call runs the new code.
    config : dict
    log : Log
        What it printed, and the trace of what it did.
    """

    def __init__(
        self,
        plugin: LoadedPlugin,
        *,
        instance_id: str,
        config: Mapping[str, Any],
        sandbox: Sandbox,
        read_audio: ReadAudio,
        events: Events,
        worker: Worker | None = None,
    ) -> None:
        self.id = instance_id
        self.plugin = plugin
        self.config = dict(config)
        self.log = worker.log if worker is not None else Log(plugin.plugin_id, instance_id)
        self.log.instance_id = instance_id
        self.used_s = time.monotonic()
        self._stats = InstanceStats()
        self._sandbox = sandbox
        self._read_audio = read_audio
        self._events = events
        self._worker = worker
        self._digests: tuple[int, Digests] = (0, dict)
        self._kept: _KeptState | None = None
        self._former: tuple[LoadedPlugin, _KeptState | None] | None = None
        self._turnstile = Turnstile(QUEUE_PLACES)
        self._restoring = False
        self._leak_told = False
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
    def stats(self) -> InstanceStats:
        """What it has done so far, as it is now."""
        return replace(self._stats)

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
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._turnstile.waiting

    @property
    def memory_bytes(self) -> int:
        """Private memory of its worker, beyond what every worker has."""
        worker = self._worker
        return worker.memory_bytes if worker is not None and worker.alive else 0

    @property
    def growth_bytes_per_call(self) -> float:
        """How much its worker's memory grows with each call, over a window; 0 until enough was seen."""
        worker = self._worker
        return worker.growth.bytes_per_call if worker is not None else 0.0

    @property
    def leaks(self) -> bool:
        """Whether its worker's memory has grown steadily by more than 16 MB over the window."""
        worker = self._worker
        return worker is not None and worker.leaks

    def __repr__(self) -> str:
        return f"<Instance {self.id} of {self.plugin_id}, {self.state}, {self._stats.calls} calls>"

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
            start (memory, file size, open files) start a new one, to which the state is carried over.
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
            If the plugin fails. The instance stays usable, with its state.
        Busy
            If as many calls wait for this instance as may.
        KeyboardInterrupt
            After an interrupt has ended the call. The instance stays usable.
        """
        try:
            asked = (inputs or {}, parameters or {}, limits, seed, on_progress)
            plugin = self.plugin
            call = self._prepare(*asked)
            with interrupts.held() as hold:
                self._enter()
                try:
                    if plugin is not self.plugin or self._destroyed:  # while it waited
                        plugin = self.plugin
                        call = self._prepare(*asked)
                    worker = self._worker
                    if worker is None or not worker.alive or not call.limits.fits_worker_of(worker.limits):
                        worker = self._replace_worker(call)
                        self._begin(worker)
                    outcome = blocking.drive(self._call(worker, call), worker, call.limits)
                finally:
                    self._leave()
                if hold.interrupted:
                    conversation.discard(outcome)
            return self._finish(call, outcome, worker, plugin)
        except BaseException as error:
            self._failed(error)
            raise

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
        try:
            asked = (inputs or {}, parameters or {}, limits, seed, on_progress)
            plugin = self.plugin
            call = await self._prepare_async(*asked)
            await self._enter_async()
            try:
                if plugin is not self.plugin or self._destroyed:  # while it waited
                    plugin = self.plugin
                    call = await self._prepare_async(*asked)
                worker = self._worker
                if worker is None or not worker.alive or not call.limits.fits_worker_of(worker.limits):
                    worker = await self._replace_worker_async(call)
                    await self._begin_async(worker)
                outcome = await asynchronous.drive(self._call(worker, call), worker, call.limits)
            finally:
                self._leave()
            return self._finish(call, outcome, worker, plugin)
        except BaseException as error:
            self._failed(error)
            raise

    def start(self, *, on_progress: OnProgress | None = None) -> None:
        """Start a worker and have it initialize the plugin, unless one is ready.

        Raises
        ------
        PluginError
            If the plugin's code, `initialize` included, fails.
        """
        with interrupts.held():
            self._enter()
            try:
                if self._worker is None or not self._worker.alive:
                    self._retire_worker()
                    self._begin(self._spawn(self.plugin.limits, on_progress))
            finally:
                self._leave()

    def rest(self) -> None:
        """End the worker and keep the state; the next call starts a new one with it."""
        with interrupts.held():
            self._enter()
            try:
                self._retire_worker()
            finally:
                self._leave()

    def rest_if_idle(self, idle_s: float) -> bool:
        """`rest`, if nobody has called it for that long and nobody does; whether it was put to sleep."""
        if self._worker is None or time.monotonic() - self.used_s < idle_s:
            return False
        with interrupts.held():
            if not self._turnstile.try_enter():
                return False
            try:
                # Looked at again, now that nobody can call it: a call may have come and gone since.
                if self._worker is None or self._destroyed or time.monotonic() - self.used_s < idle_s:
                    return False
                self._retire_worker()
                self._stats.sleeps += 1
                return True
            finally:
                self._leave()

    def become(self, plugin: LoadedPlugin, ready: Worker | None = None) -> dict[str, str]:
        """Go on with another version of the plugin; a running call ends on the old one first.

        A worker with the new code is started and given the state before the old one is ended.

        Parameters
        ----------
        ready : Worker, optional
            One that has started the new code with this instance's configuration already.

        Returns
        -------
        dict
            What of the state didn't fit, with the reason.

        Raises
        ------
        PluginError
            If the new code doesn't start with this instance's configuration, or refuses its state. The instance goes on with
            the old one.
        """
        with interrupts.held():
            self._enter(first=True)
            try:
                old, left_to = self._worker, (self.plugin, self._state())
                # Taken back: with what it had before, not with what became of it meanwhile.
                self._kept = left_to[1] if self._former is None or self._former[0] is not plugin else self._former[1]
                if old is None and ready is None:
                    self.plugin = plugin
                    return {}
                worker = ready or self._spawn(plugin.limits, None, plugin=plugin)
                try:
                    left = blocking.drive(self._become(worker, plugin), worker, worker.limits.starting)
                except BaseException:
                    worker.end()
                    raise
                worker.log = self.log
                self._worker, self.plugin, self._former = worker, plugin, left_to
                self._leak_told = False
                if old is not None:
                    old.stop()
                return left
            finally:
                self._leave()

    def destroy(self, *, deadline_s: float = 1.0) -> None:
        """Let the plugin clean up and end its worker for good. A running call is ended, and raises UnknownPlugin."""
        if not self._sandbox.is_own:
            return
        with interrupts.held():
            self._destroyed = True
            if not self._turnstile.try_enter():
                worker = self._worker
                if worker is not None:
                    worker.kill(self._gone())
                try:
                    if not self._turnstile.enter(timeout_s=_ENDING_S, first=True):
                        return  # who has the turn ends the worker when he leaves
                except OwnTurn:
                    return
            try:
                worker, self._worker = self._worker, None
                if worker is not None:
                    worker.stop(deadline_s)
            finally:
                self._leave()

    def _prepare(
        self,
        inputs: Mapping[str, Any],
        parameters: Mapping[str, Any],
        limits: Mapping[str, float] | None,
        seed: int | None,
        on_progress: OnProgress | None,
    ) -> Call:
        if self._destroyed:
            raise self._gone()
        self._sandbox.demand_own_process()
        plugin = self.plugin
        return prepare(
            plugin.definition,
            inputs,
            parameters,
            plugin_id=plugin.plugin_id,
            limits=plugin.limits.merged(limits, plugin_id=plugin.plugin_id) if limits else plugin.limits,
            seed=seed,
            on_progress=on_progress,
            read_audio=self._read_audio,
        )

    async def _prepare_async(self, inputs: Mapping[str, Any], *asked: Any) -> Call:
        if needs_decoding(self.definition, inputs):
            return await asyncio.to_thread(self._prepare, inputs, *asked)
        return self._prepare(inputs, *asked)

    def _replace_worker(self, call: Call) -> Worker:
        """A new worker that has yet to be started; the state of the one there was is kept for it."""
        if self._worker is not None:
            self._retire_worker()
            self._stats.restarts += 1
        return self._spawn(call.limits, call.on_progress)

    async def _replace_worker_async(self, call: Call) -> Worker:
        """`_replace_worker`, in a thread. If the task is cancelled the thread is waited for, and what it made is ended."""
        making = asyncio.get_running_loop().run_in_executor(None, self._replace_worker, call)
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            while not making.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([making])
            if not making.cancelled() and making.exception() is None:
                making.result().end()
            raise

    def _spawn(self, limits: Limits, on_progress: OnProgress | None, *, plugin: LoadedPlugin | None = None) -> Worker:
        plugin = plugin or self.plugin
        return plugin.spawn(
            self._sandbox, self.log, limits=limits, on_fetch=Fetcher(plugin, self.log.trace), on_progress=on_progress
        )

    def _begin(self, worker: Worker) -> None:
        try:
            blocking.drive(self._awaken(worker), worker, worker.limits.starting)
        except BaseException as error:
            self._not_begun(worker, error)
            raise
        self._begun(worker)

    async def _begin_async(self, worker: Worker) -> None:
        try:
            await asynchronous.drive(self._awaken(worker), worker, worker.limits.starting)
        except BaseException as error:
            self._not_begun(worker, error)
            raise
        self._begun(worker)

    def _begun(self, worker: Worker) -> None:
        self._worker = worker
        self._leak_told = False
        if self._destroyed:  # meanwhile
            raise self._gone()

    def _not_begun(self, worker: Worker, error: BaseException) -> None:
        worker.end()
        if not self._restoring or self._kept is None or not isinstance(error, PluginError):
            return
        # It ended over its state. A crash may be an accident, once; a set_state() that doesn't end in time is none.
        self._kept.failures += 1
        if isinstance(error, LimitExceeded) or self._kept.failures >= _TRIES:
            self._kept = None
            self.log.say(f"it goes on without its state, over which it ended: {error}")

    def _awaken(self, worker: Worker) -> Conversation[None]:
        """The plugin started, and given back its state. A state it doesn't take any more is no reason to fail for ever."""
        self._restoring = False
        yield from self.plugin.start(worker, self.id, self.config)
        if self._kept is None:
            return
        self._restoring = True
        same_code = self._kept.content_hash == self.plugin.content_hash
        try:
            left = yield from conversation.restore(
                worker, self._kept.value, plugin_id=self.plugin_id, same_code=same_code
            )
        except PluginError as error:
            if worker.busy:
                raise
            self.log.say(f"it goes on without its state, which it refused: {error}")
            left = {}
        for name, reason in left.items():
            self.log.say(f"of its state, {name} was left: {reason}")

    def _become(self, worker: Worker, plugin: LoadedPlugin) -> Conversation[dict[str, str]]:
        if not worker.ready:
            yield from plugin.start(worker, self.id, self.config)
        if self._kept is None:
            return {}
        same_code = self._kept.content_hash == plugin.content_hash
        left = yield from conversation.restore(worker, self._kept.value, plugin_id=self.plugin_id, same_code=same_code)
        return left

    def _retire_worker(self) -> None:
        self._kept, self._former = self._state(), None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    def _state(self) -> _KeptState | None:
        """The state as it is now: asked of a worker that lives, what a dead one told last, what was kept before."""
        worker = self._worker
        if worker is None:
            return self._kept
        if worker.alive and worker.ready:
            try:
                saved = conversation.save(worker, plugin_id=self.plugin_id, limits=self.plugin.limits)
                value = blocking.drive(saved, worker, worker.limits.starting)
            except PluginError as error:
                self.log.say(f"its state could not be saved: {error}")
            else:
                return None if value is None else _KeptState(value, self.plugin.content_hash)
        if worker.state:
            try:
                return _KeptState(values.unpack(Body(worker.state), None, copy=True), self.plugin.content_hash)
            except PluginError as error:  # only a forger sends such a thing; its instance stays usable even so
                self.log.say(f"its state is none: {error}")
        return self._kept

    def _call(self, worker: Worker, call: Call) -> Conversation[Outcome]:
        return conversation.call(
            worker,
            call.inputs,
            call.parameters,
            plugin_id=self.plugin.plugin_id,
            seed=call.seed,
            limits=call.limits,
            on_progress=call.on_progress,
        )

    def _finish(self, call: Call, outcome: Outcome, worker: Worker, plugin: LoadedPlugin) -> Result:
        stats = self._stats
        digests = digests_of(outcome, self._digests)
        if outcome.segment is not None:
            self._digests = outcome.content, digests
        outputs = plugin.definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
        wall_s = time.perf_counter() - call.started_s
        stats.calls += 1
        stats.wall_total_s += wall_s
        stats.wall_last_s = wall_s
        if self._events.has_subscribers:
            self._tell("executed", wall_s=wall_s)
        if worker.leaks and not self._leak_told:
            self._tell_leak(worker)
        return Result(
            outputs,
            provenance=partial(_provenance, plugin, self.config, call, outcome.seed, digests),
            stats=CallStats(wall_s=wall_s, cpu_s=outcome.cpu_s, peak_memory_bytes=worker.peak_memory_bytes),
            definition=plugin.definition,
            inputs=call.inputs,
            plugin_id=plugin.plugin_id,
            plugin_type=plugin.manifest.metadata.plugin_type,
        )

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, Exception):
            self._stats.failures += 1
            self._stats.last_error = str(error)
        else:
            self._stats.cancelled += 1
        self._tell("failed", error=str(error) if isinstance(error, Exception) else "cancelled")

    def _tell(self, name: EventName, **data: Any) -> None:
        self._events.emit(Event(name, self.plugin_id, self.id, data))

    def _tell_leak(self, worker: Worker) -> None:
        self._leak_told = True
        grown = worker.growth.bytes_per_call
        self.log.say(
            f"it leaks memory: {grown / 1e6:.2g} MB more with each call, {worker.memory_bytes / 1e6:.0f} MB now; "
            f"its author keeps less from call to call, and until then instance.rest() gives it back"
        )
        self._tell("leaks", growth_bytes_per_call=grown, memory_bytes=worker.memory_bytes)

    def _enter(self, *, first: bool = False) -> None:
        try:
            self._turnstile.enter(first=first)
        except Full:
            raise self._busy() from None
        except OwnTurn:
            raise self._own_turn() from None

    async def _enter_async(self) -> None:
        try:
            await self._turnstile.enter_async()
        except Full:
            raise self._busy() from None
        except OwnTurn:
            raise self._own_turn() from None

    def _leave(self) -> None:
        try:
            if self._destroyed and self._worker is not None:
                worker, self._worker = self._worker, None
                worker.end()
        finally:
            self.used_s = time.monotonic()
            self._turnstile.leave()

    def _own_turn(self) -> InputError:
        return InputError(
            "it is being called already, and calls of one instance never overlap: this one would wait for itself",
            plugin_id=self.plugin_id,
            remedy="create another instance for a call within a call; in an event loop, await aexecute() each time",
        )

    def _gone(self) -> UnknownPlugin:
        return UnknownPlugin(f"the instance {self.id} has been destroyed", remedy="create another one")

    def _busy(self) -> Busy:
        return Busy(
            f"{QUEUE_PLACES} calls wait for {self.id} already",
            plugin_id=self.plugin_id,
            remedy="wait for some of them, or create more instances",
        )


def _provenance(plugin: LoadedPlugin, config: Mapping[str, Any], call: Call, seed: int, digests: Any) -> Provenance:
    return Provenance(
        plugin_id=plugin.plugin_id,
        plugin_version=plugin.manifest.metadata.version,
        content_hash=plugin.content_hash,
        parameters=call.parameters,
        config=config,
        input_digests=digests(),
        seed=seed,
        sandbox_level=plugin.level,
        versions=versions(),
        started_at=datetime.fromtimestamp(call.started_at_s, UTC).isoformat(timespec="milliseconds"),
    )
