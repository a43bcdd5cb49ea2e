"""Instance: one plugin object with its configuration, ready to be called.

Owns the way of a call: the turn waited for, a worker asked of the `succession` if there is none, the conversation driven,
the outputs checked, the `tally` told. Calls of one instance never overlap. Made by `PluginManager`; the same call goes
through two doors, `execute` and `aexecute`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..call import Call, Digests, digests_of, needs_reading, prepare, refused
from ..errors import InputError
from ..loaded import LoadedPlugin
from ..result import CallStats, Provenance, Result, recorded, versions
from ..sandbox import asynchronous, blocking, conversation, interrupts
from ..sandbox.conversation import Outcome
from ..sandbox.limits import Limits
from ..sandbox.steps import Conversation, OnProgress
from ..sandbox.worker import Worker
from ..streaming import Stream
from ..tally import InstanceStats
from .life import QUEUE_PLACES, Life

__all__ = ["QUEUE_PLACES", "Instance", "InstanceStats"]


class Instance(Life):
    """One plugin object, in a confined process of its own.

    Attributes
    ----------
    id : str
    config : dict
    log : Log
        What it printed, and the trace of what it did.
    """

    def __init__(self, plugin: LoadedPlugin, **options: Any) -> None:
        """For `options` see `Life`. Made by the manager."""
        super().__init__(plugin, **options)
        self._digests: tuple[int, Digests] = (0, dict)

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
        profile: bool = False,
    ) -> Result:
        """Call the plugin and wait for its outputs.

        Parameters
        ----------
        inputs : Mapping
            By port name. An audio port takes `Audio`, ``(samples, sample_rate)`` or the path of a file, which is decoded
            in a confined worker of its own.
        parameters : Mapping
            By name; the others have their defaults. One of the type file takes a path, which is read now, or the content
            as bytes or `File`.
        limits : Mapping
            Limits of this call by name, for example ``{"wall_s": 5}``: see `Limits`. Those that bind a worker from its
            start (memory, file size, open files) start a new one, to which the state is carried over.
        seed : int
            Makes a call with random numbers repeatable; chosen and recorded if not given.
        on_progress : callable
            Called with a fraction from 0 to 1 and a message, in this thread.
        profile : bool
            Whether to measure where the time goes, for ``result.stats.profile``. It makes the call slower.

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
        call = None
        try:
            asked = (inputs or {}, parameters or {}, limits, seed, on_progress, profile)
            succession = self._succession  # read directly: a property costs a call, and this is the way of every one
            plugin = succession.plugin
            call = self._prepare(*asked)
            with interrupts.held() as hold:
                self._turnstile.enter()
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
            self._failed(call, error, inputs, parameters, seed)
            raise

    async def aexecute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        seed: int | None = None,
        on_progress: OnProgress | None = None,
        profile: bool = False,
    ) -> Result:
        """Call the plugin without blocking the event loop; otherwise as `execute`. Cancelling the task ends the call."""
        call = None
        try:
            asked = (inputs or {}, parameters or {}, limits, seed, on_progress, profile)
            succession = self._succession
            plugin = succession.plugin
            call = await self._prepare_async(*asked)
            await self._turnstile.enter_async()
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
            self._failed(call, error, inputs, parameters, seed)
            raise

    @contextlib.contextmanager
    def stream(self, parameters: Mapping[str, Any] | None = None, *, seed: int | None = None) -> Iterator[Stream]:
        """Have an effect process sound block by block. Meanwhile the instance takes no other calls.

        Parameters
        ----------
        parameters : Mapping
            As for `execute`; `Stream.process` changes them from block to block.
        seed : int
            Makes an effect with random numbers repeatable.

        Yields
        ------
        Stream

        Raises
        ------
        InputError
            If the plugin is no effect, or one without ``process``; or a parameter doesn't fit.
        Busy
            If it is streaming already.

        Examples
        --------
        >>> with instance.stream({"gain_db": -6}) as stream:  # doctest: +SKIP
        ...     out = [stream.process(block) for block in blocks]
        """
        self._in_use()
        if self.plugin.manifest.metadata.plugin_type != "EFFECT":
            raise InputError("only an effect can be streamed", plugin_id=self.plugin_id, remedy="call execute()")
        stream = Stream(self.plugin_id, lambda: self.definition, partial(self.perform, from_stream=True))
        if not self._streaming.acquire(blocking=False):  # by another thread, just now
            raise self._is_streaming()
        try:
            stream.begin(parameters or {}, seed)
            yield stream
        finally:
            self._streaming.release()
            self._recorder.stream_ended(self.id)

    def perform(
        self,
        method: str,
        inputs: dict[str, Any],
        parameters: dict[str, Any],
        *,
        seed: int | None = None,
        from_stream: bool = False,
    ) -> dict[str, Any]:
        """Have the plugin do something else than `execute`: for streams and panels, which check what comes back.

        Parameters
        ----------
        method : str
            ``process``, ``reset`` and ``delay`` of an effect, ``on_event`` of a UI plugin.
        """
        call = None
        try:
            if not from_stream or self._destroyed:
                self._in_use()
            limits = self._succession.plugin.limits
            call = Call(inputs, parameters, limits, seed, None, time.time(), time.perf_counter(), method=method)
            with interrupts.held() as hold:
                self._turnstile.enter()
                try:
                    worker = self._succession.worker
                    if worker is None or not worker.alive or not limits.fits_worker_of(worker.limits):
                        worker = self._succession.follow(*self._following(worker, call))
                        self._begun()
                    outcome = blocking.drive(self._call(worker, call), worker, limits)
                finally:
                    self._leave()
                conversation.discard(outcome)
                if hold.interrupted:
                    outcome.outputs.clear()
            self._recorder.ran(
                self.id,
                self._succession.plugin,
                self.config,
                call,
                seed=outcome.seed,
                digests=dict,
                wall_s=time.perf_counter() - call.started_s,
                cpu_s=outcome.cpu_s,
                worker=worker,
                waiting=self._turnstile.waiting,
                from_stream=from_stream,
            )
            return outcome.outputs
        except BaseException as error:
            self._failed(call, error, inputs, parameters, seed)
            raise

    def _prepare(
        self,
        inputs: Mapping[str, Any],
        parameters: Mapping[str, Any],
        limits: Mapping[str, float] | None,
        seed: int | None,
        on_progress: OnProgress | None,
        profile: bool,
    ) -> Call:
        self._in_use()
        plugin = self._succession.plugin
        return prepare(
            plugin.definition,
            inputs,
            parameters,
            plugin_id=plugin.plugin_id,
            limits=plugin.limits.merged(limits, plugin_id=plugin.plugin_id) if limits else plugin.limits,
            seed=seed,
            on_progress=on_progress,
            profile=profile,
            read_audio=self.read_audio,
        )

    async def _prepare_async(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any], *asked: Any) -> Call:
        if needs_reading(self.definition, inputs, parameters):
            return await asyncio.to_thread(self._prepare, inputs, parameters, *asked)
        return self._prepare(inputs, parameters, *asked)

    def _following(self, worker: Worker | None, call: Call) -> tuple[Limits, OnProgress | None]:
        """What a new worker is started with, in the place of this one."""
        if worker is not None:
            self._tally.restarted(worker)
        return call.limits, call.on_progress

    def _call(self, worker: Worker, call: Call) -> Conversation[Outcome]:
        self._recorder.begin(self.id, call)
        self.log.run_id, self.log.user, self.log.purpose = call.run_id, call.user, call.purpose
        call.worker, call.cpu_before_s = worker, worker.cpu_seen_s()
        return conversation.call(
            worker,
            call.inputs,
            call.parameters,
            plugin_id=self._succession.plugin.plugin_id,
            seed=call.seed,
            limits=call.limits,
            on_progress=call.on_progress,
            method=call.method,
            profile=call.profile,
        )

    def _finish(self, call: Call, outcome: Outcome, worker: Worker, plugin: LoadedPlugin) -> Result:
        # A result keeps the call: whoever was told of its progress may keep the result, and both would stay for long.
        call.worker = call.on_progress = None
        call.parameters = recorded(call.parameters)  # what a result keeps has no files' contents in it
        digests = digests_of(outcome, self._digests)
        if outcome.segment is not None:
            self._digests = outcome.content, digests
        outputs = plugin.definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
        ended_s = time.perf_counter()
        wall_s = ended_s - call.started_s
        self._tally.returned(wall_s, ended_s, outcome.cpu_s, worker, call.run_id)
        self._recorder.ran(
            self.id,
            plugin,
            self.config,
            call,
            seed=outcome.seed,
            digests=digests,
            wall_s=wall_s,
            cpu_s=outcome.cpu_s,
            worker=worker,
            waiting=self._turnstile.waiting,
        )
        return Result(
            outputs,
            provenance=partial(_provenance, plugin, self.config, call, outcome.seed, digests),
            stats=CallStats(
                wall_s=wall_s,
                cpu_s=outcome.cpu_s,
                peak_memory_bytes=worker.peak_memory_bytes,
                profile=outcome.report,
            ),
            definition=plugin.definition,
            inputs=call.inputs,
            plugin_id=plugin.plugin_id,
            plugin_type=plugin.manifest.metadata.plugin_type,
        )

    def _failed(self, call: Call | None, error: BaseException, *asked: Any) -> None:
        call = call if call is not None else refused(*asked)
        run_id = self._recorder.failed(self.id, self._succession.plugin, self.config, call, error)
        self._tally.failed(error, run_id)


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
        run_id=call.run_id,
    )
