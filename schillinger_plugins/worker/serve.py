"""The loop that serves calls inside a confined worker.

Owns the plugin instance. Honest by construction, but nobody relies on that: the host checks everything it says. Called by
`boot`.
"""

from __future__ import annotations

import gc
import random
import secrets
import signal
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..protocol import frames, values
from ..protocol.patience import STREAM_LOOKS, STREAM_WORTH_S, Patience
from ..types import EffectPlugin, FetchReply, Plugin, PluginContext
from . import debugging, failure, load, log_lines, methods, probe, trace
from .channel import Channel
from .state import State
from .tasks import Tasks

_PROGRESS_INTERVAL_S = 0.05
_SEEDED = ("execute", "on_event")
"""Methods that begin new random numbers; in a stream they go on from block to block."""

_Question = frames.Start | frames.Call | frames.Save | frames.Restore | frames.Stop
_Answer = frames.Started | frames.Returned | frames.Saved | frames.Restored | frames.Raised


def serve(channel: Channel, *, scratch: str, trail: int) -> None:
    """Answer the host's frames until it says stop or goes away; tell what the plugin does through the descriptor `trail`."""
    _Worker(channel, Path(scratch), trail).run()


class _Worker:
    def __init__(self, channel: Channel, scratch: Path, trail: int) -> None:
        self._channel = channel
        self._trail = trail
        self._scratch = scratch
        self._tasks = Tasks()
        self._patience = (channel.patience, channel.patience)
        self._plugin: Plugin | None = None
        self._state: State | None = None
        self._context = PluginContext()
        self._view: np.ndarray[Any, Any] | None = None
        self._seed = 0
        self._busy = False
        self._reported_at = 0.0
        self._interrupts = 0
        self._interrupted_after = -1
        # SIGINT is how the host asks a call to end. It may come before the call does, or after its answer has been sent.
        signal.signal(signal.SIGINT, self._interrupted)

    def run(self) -> None:
        self._reseed(secrets.randbits(32))
        frame = self._next()
        while frame is not None:
            if isinstance(frame, frames.Call):
                frame = self._tasks.run(self._serve_calls(frame))
                continue
            if isinstance(frame, frames.Stop):
                if self._plugin is not None:
                    self._tasks.run(self._plugin.cleanup())
                return
            answer: _Answer
            try:
                self._busy = True
                answer = self._answer(frame)
            except BaseException as error:
                self._busy = False
                self._tasks.end_others()
                answer = failure.describe(error, frame.turn)
            finally:
                self._busy = False
            self._send(answer)
            frame = self._next()

    async def _serve_calls(self, frame: _Question) -> _Question | None:
        """Serve calls that follow each other, within one task: a task for each would cost more than the rest of the call.

        Returns
        -------
        frame
            The first one that is no call.
        """
        while isinstance(frame, frames.Call):
            answer: _Answer
            try:
                self._busy = True
                answer = await self._call(frame)
                if self._tasks.disturbed:
                    await self._tasks.settle()
            except BaseException as error:  # a plugin may raise whatever it likes: the worker goes on serving
                self._busy = False  # an interrupt meant for what has failed must not end the worker
                answer = failure.describe(await self._tasks.ended_by(error), frame.turn)
            finally:
                self._busy = False
            self._send(answer)
            if frame.method in _SEEDED:
                self._reseed(secrets.randbits(32))  # for the next call, while the host looks at this one's answer
            self._channel.patience = self._patience[frame.method == "process"]
            following = self._next()
            if following is None:
                return None
            frame = following
        return frame

    def _next(self) -> _Question | None:
        """The next frame that is to be answered, or Stop; None when the host has gone."""
        while data := self._channel.receive():
            frame = frames.decode_to_worker(data)
            if isinstance(frame, frames.Attach):
                self._channel.attach_input(frame.size)
                continue
            assert not isinstance(frame, frames.Fetched)
            return frame
        return None

    def _send(self, answer: _Answer) -> None:
        lacking, self._channel.lacking = self._channel.lacking, None  # the host makes another segment for the next call
        if lacking is not None or (self._view is not None and not self._release_inputs()):
            answer = msgspec.structs.replace(answer, keeps_inputs=True)
        if log_lines.said() and isinstance(answer, (frames.Returned, frames.Raised)):
            answer = msgspec.structs.replace(answer, said=True)
        self._channel.send(answer)

    def _answer(self, frame: frames.Start | frames.Save | frames.Restore) -> _Answer:
        if isinstance(frame, frames.Start):
            return self._start(frame)
        assert self._state is not None
        if isinstance(frame, frames.Save):
            packed = self._state.pack()
            body = None if packed is None else packed.write(self._channel.room(packed.size))
            return frames.Saved(body, frame.turn)
        # A copy: the state is the plugin's to keep and to change.
        state = values.unpack(frame.state, self._channel.input, copy=True)
        return frames.Restored(self._state.restore(state, same_code=frame.same_code), frame.turn)

    def _start(self, frame: frames.Start) -> frames.Started:
        if frame.plugin_id == probe.PLUGIN_ID:
            return frames.Started(values.pack(probe.attempt(frame.root), "probe").structure, frame.turn)
        stream = Patience(spare_core=frame.spare_core, most_looks=STREAM_LOOKS, worth_s=STREAM_WORTH_S)
        self._patience = (Patience(spare_core=frame.spare_core), stream)
        self._channel.patience = self._patience[0]
        trace.begin(self._trail)
        debugging.answer_breakpoints()
        plugin_class = load.load_class(frame.root, frame.main_file, frame.plugin_type)
        log = log_lines.logger(frame.plugin_id)
        self._context = PluginContext(
            plugin_id=frame.plugin_id,
            instance_id=frame.instance_id,
            config=values.unpack(frames.Body(frame.config), None, copy=False),
            plugin_dir=Path(frame.root),
            scratch=self._scratch,
            log=log,
            readable=tuple(map(Path, frame.readable)),
            writable=tuple(map(Path, frame.writable)),
            seed=self._seed,
            on_progress=self._report,
            on_fetch=self._fetch,
        )
        self._plugin = plugin_class(self._context)
        if self._tasks.run(self._plugin.initialize()) is False:
            raise load.NoPluginClass(f"{plugin_class.__name__}.initialize() returned False → see its log: %plugin logs")
        if isinstance(self._plugin, EffectPlugin):
            self._plugin.reset()  # it may take over in the middle of a stream; a state that was kept is given after this
        definition = values.pack(load.declared(self._plugin), "definition")
        if definition.arrays or len(definition.structure) > frames.MAX_INLINE_BYTES:
            raise values.CannotCross("a node definition is plain data of at most 48 kB")
        self._state = State(self._plugin, log)
        return frames.Started(definition.structure, frame.turn)

    async def _call(self, frame: frames.Call) -> frames.Returned:
        assert self._plugin is not None
        assert self._state is not None
        came_early = self._interrupts > frame.interrupts != self._interrupted_after  # not twice for the same one
        self._interrupts = frame.interrupts + came_early
        if came_early:
            self._interrupted_after = frame.interrupts
            raise KeyboardInterrupt
        # The base of this call's input arrays: if it outlives the call, the plugin still holds one of them.
        self._view = np.frombuffer(self._channel.input, np.uint8) if self._channel.input is not None else None
        if frame.seed is not None:
            self._reseed(frame.seed)
        seed = self._seed
        self._reported_at = 0.0
        self._context.cancelled = False
        started_s = time.process_time()
        if self._channel.lacking is not None:
            raise self._channel.lacking
        arguments = values.unpack(frame.body, self._view, copy=False)
        inputs, parameters, report = arguments["inputs"], arguments["parameters"], ""
        if frame.profile:
            outputs, report = await debugging.profiled(methods.call(self._plugin, frame.method, inputs, parameters))
        elif frame.method == "execute":
            outputs = await self._plugin.execute(inputs, parameters)
        else:
            outputs = await methods.call(self._plugin, frame.method, inputs, parameters)
        del inputs, arguments
        if not isinstance(outputs, dict):
            raise values.CannotCross(
                f"{frame.method}() must return a dictionary of outputs, not a {type(outputs).__name__}"
            )
        packed = values.pack(outputs, "outputs")
        body = packed.write(self._channel.room(packed.size))
        cpu_s = time.process_time() - started_s
        state = self._state.changed() if frame.method != "process" else b""  # not for each block
        if len(state) + len(body.inline) + len(report) > frames.MAX_INLINE_BYTES:
            state = b""
        return frames.Returned(body, cpu_s, seed, state=state, turn=frame.turn, report=report)

    def _release_inputs(self) -> bool:
        assert self._view is not None
        remains = weakref.ref(self._view)
        self._view = None
        if remains() is not None:
            gc.collect()  # a finished coroutine's frame or a caught exception may hold an array in a cycle
        return remains() is None

    def _reseed(self, seed: int) -> None:
        self._seed = seed
        random.seed(seed)
        np.random.seed(seed & 0xFFFF_FFFF)
        self._context.reseed(seed)

    def _report(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self._reported_at >= _PROGRESS_INTERVAL_S:
            self._reported_at = now
            self._channel.send(frames.Progress(fraction, message[:200]))

    def _fetch(self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> FetchReply:
        if not self._busy:
            raise PermissionError("a plugin can fetch only while it is called")
        sent = frames.Body(bytes(body))
        if len(body) > frames.PIECE_BYTES and (room := self._channel.room(len(body))) is not None:
            room[: len(body)] = body
            sent = frames.Body(b"", 0, len(body))
        first = answer = self._ask(frames.Fetch(method, url, dict(headers), sent, float(timeout_s)))
        pieces = [first.piece]
        while answer.remaining:
            answer = self._ask(frames.More())
            pieces.append(answer.piece)
        return FetchReply(status=first.status, url=first.url, headers=first.headers, body=b"".join(pieces))

    def _ask(self, frame: frames.Fetch | frames.More) -> frames.Fetched:
        with self._channel.uninterrupted():
            self._channel.send(frame)
            answer = frames.decode_to_worker(self._channel.receive())
        assert isinstance(answer, frames.Fetched)
        if answer.refused:
            raise PermissionError(answer.error)
        if answer.error:
            raise OSError(answer.error)
        return answer

    def _interrupted(self, number: int, stack: object) -> None:
        self._interrupts += 1
        if self._busy:
            self._context.cancelled = True
            self._channel.interrupt()
