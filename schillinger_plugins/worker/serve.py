"""The loop that serves calls inside a confined worker.

Owns the plugin instance and the shared segments as this side sees them. Honest by construction, but nobody relies on that:
the host checks everything it says. Called by `boot`.
"""

from __future__ import annotations

import array
import asyncio
import gc
import logging
import mmap
import os
import random
import signal
import socket
import sys
import time
import weakref
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..protocol import frames, values
from ..types import Plugin, PluginContext
from . import failure, load, probe

_PROGRESS_INTERVAL_S = 0.05


def serve(channel: socket.socket, *, scratch: str) -> None:
    """Answer the host's frames until it says stop or goes away."""
    _Worker(channel, Path(scratch)).run()


class _Worker:
    def __init__(self, channel: socket.socket, scratch: Path) -> None:
        self._channel = channel
        self._scratch = scratch
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._plugin: Plugin | None = None
        self._context = PluginContext()
        self._input: memoryview | None = None
        self._output: memoryview | None = None
        self._view: np.ndarray[Any, Any] | None = None
        self._busy = False
        self._reported = ""
        self._reported_at = 0.0
        # SIGINT is how the host asks a call to end. Between calls it means nothing.
        signal.signal(signal.SIGINT, self._interrupted)

    def run(self) -> None:
        while True:
            data, descriptors = self._receive()
            if not data:
                return
            frame = frames.decode_to_worker(data)
            if isinstance(frame, frames.Stop):
                if self._plugin is not None:
                    self._await(self._plugin.cleanup())
                return
            try:
                self._busy = True
                answer = self._answer(frame, descriptors)
            except BaseException as error:  # a plugin may raise whatever it likes: the worker goes on serving
                answer = failure.describe(error)
            finally:
                self._busy = False
            if not self._release_inputs():
                answer = msgspec.structs.replace(answer, keeps_inputs=True)
            self._send(answer)

    def _answer(self, frame: frames.Frame, descriptors: list[int]) -> frames.Started | frames.Returned | frames.Raised:
        if isinstance(frame, frames.Start):
            return self._start(frame)
        if isinstance(frame, frames.Call):
            return self._call(frame, descriptors)
        raise ValueError(f"unexpected {type(frame).__name__}")

    def _start(self, frame: frames.Start) -> frames.Started:
        if frame.plugin_id == probe.PLUGIN_ID:
            return frames.Started(values.pack(probe.attempt(frame.root), "probe").structure)
        plugin_class = load.load_class(frame.root, frame.main_file, frame.plugin_type)
        log = logging.getLogger(frame.plugin_id)
        log.setLevel(logging.DEBUG)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        log.addHandler(handler)
        self._context = PluginContext(
            plugin_id=frame.plugin_id,
            instance_id=frame.instance_id,
            config=values.unpack(frames.Body(frame.config), None, copy=False),
            plugin_dir=Path(frame.root),
            scratch_dir=self._scratch,
            log=log,
            on_progress=self._report,
        )
        self._plugin = plugin_class(self._context)
        if self._await(self._plugin.initialize()) is False:
            raise load.NoPluginClass(f"{plugin_class.__name__}.initialize() returned False → see its log: %plugin logs")
        definition = values.pack(self._plugin.get_node_definition(), "definition")
        if definition.arrays or len(definition.structure) > frames.MAX_INLINE_BYTES:
            raise values.CannotCross("a node definition is plain data of at most 48 kB")
        return frames.Started(definition.structure)

    def _call(self, frame: frames.Call, descriptors: list[int]) -> frames.Returned:
        assert self._plugin is not None
        if descriptors:
            self._input = _map(descriptors[0], frame.segment_size, mmap.PROT_READ)
        # The base of this call's input arrays: if it outlives the call, the plugin still holds one of them.
        self._view = np.frombuffer(self._input, np.uint8) if self._input is not None else None
        started = time.process_time()
        arguments = values.unpack(frame.body, self._view, copy=False)
        self._seed(frame.seed)
        self._reported_at = 0.0
        outputs = self._await(self._plugin.execute(arguments["inputs"], arguments["parameters"]))
        if not isinstance(outputs, dict):
            raise values.CannotCross(f"execute() must return a dictionary of outputs, not a {type(outputs).__name__}")
        packed = values.pack(outputs, "outputs")
        if packed.size > (len(self._output) if self._output is not None else 0):
            self._output = self._ask_for_segment(packed.size)
        return frames.Returned(packed.write(self._output), time.process_time() - started)

    def _release_inputs(self) -> bool:
        if self._view is None:
            return True
        remains = weakref.ref(self._view)
        self._view = None
        if remains() is not None:
            gc.collect()  # a finished coroutine's frame or a caught exception may hold an array in a cycle
        return remains() is None

    def _ask_for_segment(self, size: int) -> memoryview:
        self._output = None
        self._send(frames.NeedSegment(size))
        data, descriptors = self._receive()
        frame = frames.decode_to_worker(data)
        assert isinstance(frame, frames.GiveSegment)
        return _map(descriptors[0], frame.size, mmap.PROT_READ | mmap.PROT_WRITE)

    def _await(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self._loop.run_until_complete(coroutine)
        except BaseException:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            raise

    def _seed(self, seed: int) -> None:
        random.seed(seed)
        np.random.seed(seed & 0xFFFF_FFFF)
        self._context.rng = np.random.default_rng(seed)

    def _report(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if message != self._reported or now - self._reported_at >= _PROGRESS_INTERVAL_S:
            self._reported, self._reported_at = message, now
            self._send(frames.Progress(fraction, message[:200]))

    def _interrupted(self, number: int, stack: object) -> None:
        if self._busy:
            raise KeyboardInterrupt

    def _send(self, frame: frames.Frame) -> None:
        self._channel.send(frames.encode(frame))

    def _receive(self) -> tuple[bytes, list[int]]:
        room = socket.CMSG_SPACE(array.array("i").itemsize)
        data, ancillary, _, _ = self._channel.recvmsg(frames.MAX_FRAME_BYTES, room, socket.MSG_CMSG_CLOEXEC)
        descriptors = array.array("i")
        for _, _, content in ancillary:
            descriptors.frombytes(content)
        return data, list(descriptors)


def _map(descriptor: int, size: int, protection: int) -> memoryview:
    try:
        return memoryview(mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection))
    finally:
        os.close(descriptor)
