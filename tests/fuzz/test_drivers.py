"""Both drivers, with a real process at the other end of a real channel that says and does whatever chance tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from schillinger_plugins.errors import PluginError
from schillinger_plugins.protocol import frames, values
from schillinger_plugins.protocol.line import BOX_BYTES
from schillinger_plugins.sandbox import asynchronous, blocking, conversation
from schillinger_plugins.sandbox.conversation import Outcome
from schillinger_plugins.sandbox.limits import Limits
from schillinger_plugins.sandbox.log import Log
from schillinger_plugins.sandbox.segment import Segment
from schillinger_plugins.sandbox.steps import Conversation
from schillinger_plugins.sandbox.watchdog import Watchdog
from schillinger_plugins.sandbox.worker import Worker

from . import puppet
from .strategies import frames_spoilt, from_worker, hostile_structures

LIMITS = Limits(output_mb=1, wall_s=0.3)
IN_TIME_S = LIMITS.wall_s + 3
SOUND = values.pack({"y": [1, 2.5, "z"]}, "$").structure
ANSWERS = {
    "start": lambda body, turn: frames.Started(body.inline, turn),
    "call": lambda body, turn: frames.Returned(body, 0.25, 7, turn=turn),
    "save": lambda body, turn: frames.Saved(body, turn),
    "restore": lambda body, turn: frames.Restored({}, turn),
}


class Theatre:
    """A worker as the host knows it, whose process is a puppet."""

    def __init__(self, watchdog: Watchdog) -> None:
        channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.script, heard = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.script.setblocking(False)
        log = Log("puppet", "puppet-1")
        log_reader, log_writer = os.pipe()
        trace_reader, trace_writer = os.pipe()
        box = Segment(BOX_BYTES, writable=True)
        handed_over = [theirs.detach(), heard.detach(), os.dup(box.descriptor), log_writer, trace_writer]
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", Path(puppet.__file__).read_text(), *map(str, handed_over[:3])],
            pass_fds=handed_over,
            stdin=subprocess.DEVNULL,
        )
        for descriptor in handed_over:
            os.close(descriptor)
        self.worker = Worker(
            reap=lambda pid: self.process.wait(10),
            watchdog=watchdog,
            pid=self.process.pid,
            pidfd=os.pidfd_open(self.process.pid),
            channel=channel,
            box=box,
            log=log,
            pipes={log_reader: log.drain, trace_reader: log.trace.drain},
            scratch=Path(tempfile.mkdtemp()),
            limits=LIMITS,
        )
        watchdog.add(self.worker)

    def tell(self, *words: bytes) -> None:
        """Have the puppet do that, one thing after another, from now on."""
        for word in words:
            try:
                self.script.send(word)
            except OSError:  # it has ended, or sleeps
                return

    def close(self) -> None:
        """The end of it."""
        self.worker.end()
        self.script.close()
        self.process.wait(10)


def channels() -> set[tuple[int, int]]:
    """The sockets, pipes and segments that this process holds; other threads may be reading a file meanwhile."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the listing's own has gone
            if os.readlink(f"/proc/self/fd/{name}").startswith(("socket:", "pipe:", "/memfd:")):
                about = os.stat(int(name))
                found.add((about.st_dev, about.st_ino))
    return found


bodies = (
    st.just(frames.Body(SOUND))
    | hostile_structures.map(lambda structure: frames.Body(structure[:50_000]))
    | st.builds(frames.Body, st.just(b""), st.sampled_from([0, 64, 2**40]), st.sampled_from([1, 64, 65_536, 2**40]))
)
_SELDOM = st.integers(0, 3).map(lambda chance: chance == 3)
_BOX_WORDS = [0, 8, 16, 64, 72]
places = st.sampled_from([BOX_BYTES // 2 + word for word in _BOX_WORDS] + _BOX_WORDS).map(
    lambda n: n.to_bytes(4, "little")
)
words_of_the_box = st.lists(st.integers(0, 20) | st.sampled_from([2**16, 2**32, 2**63, 2**64 - 1]), min_size=1).map(
    lambda numbers: b"".join(number.to_bytes(8, "little") for number in numbers)
)
endings = st.sampled_from(["answer"] * 10 + [puppet.EXIT + b"\3", puppet.KILL, puppet.SLEEP, puppet.CLOSE])


@st.composite
def scripts(draw: st.DrawFn, kind: str, turn: int) -> list[bytes]:
    """What the puppet does in one conversation: a few things that it shouldn't, then an end."""
    words = [puppet.READ] if draw(st.booleans()) else []
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        what = draw(
            st.sampled_from(
                ["any", "spoilt", "box", "box", "turned", "turned", "need", "fetch"] + ["empty"] * draw(_SELDOM)
            )
        )
        if what == "box":
            words.append(puppet.WRITE + draw(places) + draw(words_of_the_box))
            continue
        if what == "spoilt":
            words.append(puppet.SAY + draw(frames_spoilt())[:65_536])
            continue
        frame: frames.Frame
        if what == "need":
            frame = frames.NeedSegment(draw(st.integers(-1, 300_000)))
        elif what == "fetch":
            frame = frames.Fetch("GET", "http://a.example/", {}, draw(bodies), 1.0)
        else:
            frame = draw(from_worker)
            if what == "turned" and hasattr(frame, "turn"):
                frame = msgspec.structs.replace(frame, turn=turn)
        words.append(puppet.SAY + (b"" if what == "empty" else frames.encode(frame)))
    ending = draw(endings)
    if ending == "answer":
        body = draw(bodies)
        late = draw(_SELDOM) * draw(st.sampled_from([1, -1]))
        ending = puppet.SAY + frames.encode(ANSWERS[kind](body, turn - late))
    return [*words, ending]


def talk(worker: Worker, kind: str) -> Conversation[Any]:
    if kind == "call":
        inputs = {"x": bytes(200), "large": [values.np.zeros(5000)]}
        return conversation.call(worker, inputs, {}, plugin_id="puppet", seed=None, limits=LIMITS)
    if kind == "save":
        return conversation.save(worker, plugin_id="puppet", limits=LIMITS)
    if kind == "restore":
        return conversation.restore(worker, {"n": 1}, plugin_id="puppet", same_code=False)
    return conversation.start(
        worker,
        plugin_id="puppet",
        instance_id="puppet-1",
        root="/",
        main_file="main.py",
        plugin_type="NODE",
        config={},
        readable=[],
        writable=[],
        spare_core=False,
    )


class Conversations(RuleBasedStateMachine):
    """One conversation after another with the same worker, as long as it lives; then with a new one."""

    def __init__(self, watchdog: Watchdog) -> None:
        super().__init__()
        gc.collect()
        self.watchdog = watchdog
        self.before = channels()
        self.theatre: Theatre | None = None

    @rule(
        kind=st.sampled_from(["call", "call", "call", "save", "restore", "start"]),
        door=st.sampled_from(["blocking", "asyncio"]),
        data=st.data(),
    )
    def converse(self, kind: str, door: str, data: st.DataObject) -> None:
        """An outcome or a typed error, in time; and the host knows whether the worker owes it an answer."""
        self.theatre = self.theatre or Theatre(self.watchdog)
        worker = self.theatre.worker
        self.theatre.tell(*data.draw(scripts(kind, worker.turns + 1)))
        began_s = time.monotonic()
        try:
            if door == "blocking":
                outcome = blocking.drive(talk(worker, kind), worker, LIMITS)
            else:
                outcome = asyncio.run(asynchronous.drive(talk(worker, kind), worker, LIMITS))
        except PluginError as error:
            outcome = error.with_traceback(None)
        assert time.monotonic() - began_s < IN_TIME_S
        if isinstance(outcome, Outcome):
            outcome.release()
        if not isinstance(outcome, PluginError):
            assert not worker.busy
        if worker.busy:
            assert self.theatre.process.poll() is not None
        assert worker.watched is None
        assert worker.input is None or not worker.input.is_read
        if self.theatre.process.poll() is not None:
            self.leave()

    @invariant()
    def nothing_is_lost(self) -> None:
        """With the worker, all its channels and memory have gone."""
        if self.theatre is None and channels() - self.before:
            gc.collect()
            assert not channels() - self.before

    def leave(self) -> None:
        """End the worker, and all that belongs to it."""
        if self.theatre is not None:
            scratch = self.theatre.worker.scratch
            self.theatre.close()
            self.theatre = None
            assert not scratch.exists()

    def teardown(self) -> None:
        """See that nothing is left of it."""
        self.leave()
        self.nothing_is_lost()


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    """One for all workers of a test, as in a sandbox."""
    watchdog = Watchdog(total_memory_mb=4096)
    yield watchdog
    watchdog.close()


def test_any_conversation_ends_in_time(watchdog: Watchdog) -> None:
    """Through either door, with whatever the worker says, leaves unsaid, or does to itself."""
    asyncio.run(asyncio.sleep(0))
    run_state_machine_as_test(
        lambda: Conversations(watchdog),
        settings=settings(
            max_examples=20,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
