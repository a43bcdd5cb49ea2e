"""Instance: one plugin object with its configuration, ready to be called.

Owns the way of a call: the turn waited for, a worker asked of the `succession` if there is none, the conversation driven,
the outputs checked, the `tally` told. Calls of one instance never overlap. Made by `PluginManager`; the same call goes
through two doors, `execute` and `aexecute`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from .call import Call, Digests, ReadAudio, digests_of, needs_decoding, prepare
from .definition import NodeDefinition
from .errors import Busy, InputError, UnknownPlugin
from .events import Events
from .loaded import LoadedPlugin
from .result import CallStats, Provenance, Result, versions
from .sandbox import asynchronous, blocking, conversation, interrupts
from .sandbox.conversation import Outcome
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.sandbox import Sandbox
from .sandbox.steps import Conversation, OnProgress
from .sandbox.turnstile import Full, OwnTurn, Turnstile
from .sandbox.worker import Worker
from .succession import Succession
from .tally import InstanceStats, Tally

__all__ = ["Instance", "InstanceStats"]

QUEUE_PLACES = 64
"""Calls of one instance that may wait for their turn."""

_ENDING_S = 2.0
"""How long a call may take to end whose instance is destroyed."""


class Instance:
    """One plugin object, in a confined process of its own.

    Attributes
    ----------
    id : str
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
        self.config = dict(config)
        self.log = worker.log if worker is not None else Log(plugin.plugin_id, instance_id)
        self.log.instance_id = instance_id
        self.used_s = time.monotonic()
        self._tally = Tally(plugin.plugin_id, instance_id, events=events, log=self.log)
        self._sandbox = sandbox
        self._read_audio = read_audio
        self._succession = Succession(
            plugin, instance_id=instance_id, config=self.config, sandbox=sandbox, log=self.log, worker=worker
        )
        self._digests: tuple[int, Digests] = (0, dict)
        self._turnstile = Turnstile(QUEUE_PLACES)
        self._destroyed = False

    @property
    def plugin(self) -> LoadedPlugin:
        """Whose code the next call runs: another one after the plugin was reloaded."""
        return self._succession.plugin

    @property
    def _worker(self) -> Worker | None:
        return self._succession.worker

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
        return replace(self._tally.stats)

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
        return f"<Instance {self.id} of {self.plugin_id}, {self.state}, {self._tally.stats.calls} calls>"

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
            By port name. An audio port takes `Audio`, ``(samples, sample_rate)`` or the path of a file, which is decoded
            in a confined worker of its own.
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
            succession = self._succession  # read directly: a property costs a call, and this is the way of every one
            plugin = succession.plugin
            call = self._prepare(*asked)
            with interrupts.held() as hold:
                self._enter()
                try:
                    if plugin is not succession.plugin or self._destroyed:  # while it waited
                        plugin = succession.plugin
                        call = self._prepare(*asked)
                    worker = succession.worker
                    if worker is None or not worker.alive or not call.limits.fits_worker_of(worker.limits):
                        worker = succession.follow(*self._following(worker, call))
                        self._begun()
                    outcome = blocking.drive(self._call(worker, call), worker, call.limits)
                finally:
                    self._leave()
                if hold.interrupted:
                    conversation.discard(outcome)
            return self._finish(call, outcome, worker, plugin)
        except BaseException as error:
            self._tally.failed(error)
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
            succession = self._succession
            plugin = succession.plugin
            call = await self._prepare_async(*asked)
            await self._enter_async()
            try:
                if plugin is not succession.plugin or self._destroyed:  # while it waited
                    plugin = succession.plugin
                    call = await self._prepare_async(*asked)
                worker = succession.worker
                if worker is None or not worker.alive or not call.limits.fits_worker_of(worker.limits):
                    worker = await succession.follow_async(*self._following(worker, call))
                    self._begun()
                outcome = await asynchronous.drive(self._call(worker, call), worker, call.limits)
            finally:
                self._leave()
            return self._finish(call, outcome, worker, plugin)
        except BaseException as error:
            self._tally.failed(error)
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
                    self._succession.follow(self.plugin.limits, on_progress)
                    self._begun()
            finally:
                self._leave()

    def rest(self) -> None:
        """End the worker and keep the state; the next call starts a new one with it."""
        with interrupts.held():
            self._enter()
            try:
                self._succession.retire()
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
                self._succession.retire()
                self._tally.stats.sleeps += 1
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
                left = self._succession.become(plugin, ready)
                self._tally.new_worker()
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
                self._succession.give_up(deadline_s)
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
        plugin = self._succession.plugin
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

    def _following(self, worker: Worker | None, call: Call) -> tuple[Limits, OnProgress | None]:
        """What a new worker is started with, in the place of this one."""
        self._tally.stats.restarts += worker is not None
        return call.limits, call.on_progress

    def _begun(self) -> None:
        self._tally.new_worker()
        if self._destroyed:  # meanwhile
            raise self._gone()

    def _call(self, worker: Worker, call: Call) -> Conversation[Outcome]:
        return conversation.call(
            worker,
            call.inputs,
            call.parameters,
            plugin_id=self._succession.plugin.plugin_id,
            seed=call.seed,
            limits=call.limits,
            on_progress=call.on_progress,
        )

    def _finish(self, call: Call, outcome: Outcome, worker: Worker, plugin: LoadedPlugin) -> Result:
        digests = digests_of(outcome, self._digests)
        if outcome.segment is not None:
            self._digests = outcome.content, digests
        outputs = plugin.definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
        wall_s = time.perf_counter() - call.started_s
        self._tally.returned(wall_s, worker)
        return Result(
            outputs,
            provenance=partial(_provenance, plugin, self.config, call, outcome.seed, digests),
            stats=CallStats(wall_s=wall_s, cpu_s=outcome.cpu_s, peak_memory_bytes=worker.peak_memory_bytes),
            definition=plugin.definition,
            inputs=call.inputs,
            plugin_id=plugin.plugin_id,
            plugin_type=plugin.manifest.metadata.plugin_type,
        )

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
            if self._destroyed:
                self._succession.give_up(0.0)
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
