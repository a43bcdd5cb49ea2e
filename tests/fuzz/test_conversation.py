"""Conversations with a worker that says whatever it likes, in whatever order."""

from __future__ import annotations

import contextlib
import math
import mmap
import os
from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from schillinger_plugins.errors import LimitExceeded, PermissionDenied, PluginError, ProtocolViolation
from schillinger_plugins.protocol import frames, values
from schillinger_plugins.sandbox import conversation, segment
from schillinger_plugins.sandbox.conversation import Outcome
from schillinger_plugins.sandbox.limits import Limits
from schillinger_plugins.sandbox.printable import printable
from schillinger_plugins.sandbox.raised import Cancelled
from schillinger_plugins.sandbox.segment import Segment
from schillinger_plugins.sandbox.steps import Cancel, Consult, Conversation, OnFetch, Receive, Send

from .strategies import frames_spoilt, from_worker, fuzzed, hostile_structures, made, same

LIMITS = Limits(output_mb=1)
EXPECTED = {
    "start": frames.Started,
    "call": frames.Returned,
    "save": frames.Saved,
    "restore": frames.Restored,
}


sizes = st.sampled_from([0, 3, 2000, 2000, 9000, 30_000])
small = st.sampled_from([None, 1, "text", {"a": [1.5, None]}, np.arange(4), b"bytes"])


class Peer:
    """What a conversation needs to know of a worker."""

    def __init__(self) -> None:
        self.input: Segment | None = None
        self.other_input: Segment | None = None
        self.output: Segment | None = None
        self.layout: tuple[tuple[object, ...], ...] = ()
        self.content = 0
        self.busy = self.ready = self.cancelling = False
        self.turns = 0
        self.interrupts_before = 0
        self.shown_as = ("/copy/of/it", "/home/me/it")
        self.state = b""
        self.on_fetch: OnFetch | None = None

    def read_log(self) -> None:
        """There is no log here."""

    @property
    def segments(self) -> list[Segment]:
        return [one for one in (self.input, self.other_input, self.output) if one is not None]

    def end(self) -> None:
        """As a worker's end gives everything back."""
        for one in self.segments:
            one.close()
        self.input = self.other_input = self.output = None


class Fetcher:
    """Who fetches for it: replies of a given length, or refuses."""

    def __init__(self, length: int | None) -> None:
        self.length = length

    def __call__(self, request: frames.Fetch, body: bytes, /) -> frames.Fetched:
        """A reply whose body can be told from others."""
        assert 0 < request.timeout_s <= 60 + LIMITS.wall_s
        if self.length is None:
            raise PermissionDenied("no" * 5000, permission="network", target=request.url)
        return frames.Fetched(200, "http://x/", {}, bytes(self.length))

    def interrupt(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is under way."""


def memory_descriptors() -> list[int]:
    """Of which segments this process has descriptors, by the number of their file."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            if "memfd:schillinger" in os.readlink(f"/proc/self/fd/{name}"):
                found.append(os.stat(f"/proc/self/fd/{name}").st_ino)
    return found


class HostileWorker(RuleBasedStateMachine):
    """A worker that is honest or not from one frame to the next, against the host's own conversations.

    Held by the rules: each conversation ends in an outcome or one of our errors; the worker is known to be busy unless it
    has answered what it was asked; what it is sent is what was meant, in whichever segment; what the host was given doesn't
    change any more; nobody is left reading, and no segment is lost.
    """

    @initialize(
        length=st.sampled_from([None, 0, 10, frames.PIECE_BYTES, 100_000]),
        fetches=st.booleans(),
        readers_hurry=st.booleans(),
    )
    def begin(self, length: int | None, fetches: bool, readers_hurry: bool) -> None:
        """A fresh worker that may fetch, or not, and a host who reads what was sent for as long as he likes, or not."""
        self.readers_hurry = readers_hurry
        self.others = frozenset(memory_descriptors())  # workers of other tests, which may end meanwhile
        self.patience = segment._READ_WITHIN_S
        segment._READ_WITHIN_S = 0.0
        self.fetcher = Fetcher(length) if fetches else None
        self.talk: Conversation[Any] | None = None
        self.kind = ""
        self.held: list[tuple[Outcome, bytes, Any]] = []
        self.fresh()

    def fresh(self) -> None:
        self.peer = Peer()
        self.peer.on_fetch = self.fetcher
        self.seen: mmap.mmap | None = None
        self.room: mmap.mmap | None = None
        self.fetched_left = 0
        self.attached = 0
        self.meant: Any = None

    # What the host does.

    @precondition(lambda self: self.talk is None)
    @rule(items=sizes, filling=st.integers(0, 2), more=small, seed=st.none() | st.integers(0, 2**63 - 1))
    def call(self, items: int, filling: int, more: Any, seed: int | None) -> None:
        """Ask for a call, with large arrays and small ones, the same as before or others."""
        inputs = {"x": np.full(items, filling, np.float64)} if items else {}
        parameters = {} if more is None else {"p": more}
        self.meant = {"inputs": inputs, "parameters": parameters}
        self.ask("call", conversation.call(self.peer, inputs, parameters, plugin_id="probe", seed=seed, limits=LIMITS))

    @precondition(lambda self: self.talk is None)
    @rule(items=sizes, filling=st.integers(0, 1), value=small, given=sizes, keeps=st.booleans(), lets_go=st.booleans())
    def call_and_answer(self, items: int, filling: int, value: Any, given: int, keeps: bool, lets_go: bool) -> None:
        """A call as nearly all are."""
        self.call(items, filling, None, 1)
        self.answer(value, given, False, keeps)
        if lets_go:
            self.let_go(0, False)

    @precondition(lambda self: self.talk is None)
    @rule(
        kind=st.sampled_from(["save", "restore", "start"]),
        state=st.sampled_from([None, {"n": 1}, {"a": np.arange(3000)}, ["x" * 60_000]]),
        same_code=st.booleans(),
    )
    def ask_something_else(self, kind: str, state: Any, same_code: bool) -> None:
        """For its state, to take one, or to start."""
        self.meant = state
        if kind == "restore":
            self.ask(kind, conversation.restore(self.peer, state, plugin_id="probe", same_code=same_code))
        elif kind == "save":
            self.ask(kind, conversation.save(self.peer, plugin_id="probe", limits=LIMITS))
        else:
            begun = conversation.start(
                self.peer,
                plugin_id="probe",
                instance_id="probe-1",
                root="/",
                main_file="main.py",
                plugin_type="NODE",
                config={},
                readable=[],
                writable=[],
                spare_core=False,
            )
            self.ask(kind, begun)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 20), forget=st.booleans())
    def let_go(self, which: int, forget: bool) -> None:
        """Be done with an outcome, or forget it."""
        outcome = self.held.pop(which % len(self.held))[0]
        if not forget:
            outcome.release()

    @precondition(lambda self: self.talk is not None)
    @rule()
    def give_up(self) -> None:
        """End the conversation in the middle, as a driver does whose worker has died."""
        assert self.talk is not None
        self.talk.close()
        self.talk = None
        self.peer.end()
        self.fresh()

    @precondition(lambda self: self.talk is not None)
    @rule()
    def interrupt(self) -> None:
        """Ask it to cancel."""
        self.peer.cancelling = True

    # What the worker says.

    @precondition(lambda self: self.talk is not None)
    @rule(data=frames_spoilt() | st.binary(max_size=50) | from_worker.map(frames.encode))
    def say_anything(self, data: bytes) -> None:
        """Nonsense, or a sound frame out of place."""
        self.say(data)

    @precondition(lambda self: self.talk is not None)
    @rule(frame=from_worker, expected=st.booleans(), data=st.data())
    def say_with_this_number(self, frame: frames.Frame, expected: bool, data: st.DataObject) -> None:
        """A forged answer that knows the number of the turn."""
        if expected:
            frame = data.draw(made(EXPECTED[self.kind]))
        if hasattr(frame, "turn"):
            frame = msgspec.structs.replace(frame, turn=self.peer.turns)
        self.say(frames.encode(frame))

    @precondition(lambda self: self.talk is not None)
    @rule(structure=hostile_structures, offset=st.sampled_from([None, 0, 64, 65_000, 70_000]), keeps=st.booleans())
    def return_anything(self, structure: bytes, offset: int | None, keeps: bool) -> None:
        """An answer of the right kind and number, whose values are hostile, in the frame or in the segment."""
        if offset is not None and self.room is not None and offset + len(structure) <= len(self.room):
            self.room[offset : offset + len(structure)] = structure
        body = frames.Body(structure[:50_000]) if offset is None else frames.Body(b"", offset, len(structure))
        self.say_answer(body, keeps=keeps)

    @precondition(lambda self: self.talk is not None)
    @rule(value=small, items=sizes, late=st.sampled_from([False, False, False, True]), keeps=st.booleans())
    def answer(self, value: Any, items: int, late: bool, keeps: bool) -> None:
        """The honest answer, sometimes to the question before."""
        outputs = {"y": value, "z": np.arange(items)}
        packed = values.pack(outputs, "$")
        if packed.size and self.kind not in ("call", "save"):
            return
        if packed.size > (len(self.room) if self.room is not None else 0):
            self.say(frames.encode(frames.NeedSegment(packed.size)))
        if self.talk is None:
            return
        body = packed.write(memoryview(self.room) if self.room is not None else None)
        held = len(self.held)
        self.say_answer(body, turn=self.peer.turns - late, keeps=keeps)
        assert self.talk is None
        if self.kind == "call" and not late:
            assert len(self.held) == held + 1
            assert same(self.held[-1][0].outputs, outputs)
        if late:
            assert len(self.held) == held

    @precondition(lambda self: self.talk is not None)
    @rule(size=st.integers(-1, 300_000) | st.sampled_from([2**20, 2**20 + 1, 2**63]))
    def need_room(self, size: int) -> None:
        """Ask for a segment."""
        self.say(frames.encode(frames.NeedSegment(size)))

    @precondition(lambda self: self.talk is not None)
    @rule(timeout_s=st.floats(), length=st.sampled_from([0, 5, 60_000]))
    def fetch(self, timeout_s: float, length: int) -> None:
        """Ask for a fetch, and for all of the reply."""
        body = frames.Body(b"", 0, length)
        self.say(frames.encode(frames.Fetch("GET", "http://x/", {}, body, timeout_s)))
        while self.talk is not None and self.fetched_left:
            left = self.fetched_left
            self.say(frames.encode(frames.More()))
            assert self.fetched_left < left

    @precondition(lambda self: self.room is not None)
    @rule(byte=st.integers(0, 255))
    def write_into_what_was_given(self, byte: int) -> None:
        """Change its own segment, at any time."""
        assert self.room is not None
        self.room[:] = bytes([byte]) * len(self.room)

    # How both go on.

    def ask(self, kind: str, talk: Conversation[Any]) -> None:
        self.kind, self.talk = kind, talk
        self.peer.turns += 1
        self.peer.cancelling = False
        self.fetched_left = 0
        self.go_on(None)
        assert self.peer.busy

    def say_answer(self, body: frames.Body, *, turn: int | None = None, keeps: bool = False) -> None:
        turn = self.peer.turns if turn is None else turn
        answer: frames.Frame
        if self.kind == "start":
            answer = frames.Started(body.inline, turn)
        elif self.kind == "save":
            answer = frames.Saved(body, turn)
        elif self.kind == "restore":
            answer = frames.Restored({"\x1b[2J": "no"}, turn)
        else:
            answer = frames.Returned(body, 0.25, 7, keeps, b"told", turn)
        self.say(frames.encode(answer))

    def say(self, data: bytes) -> None:
        """Send it, and see that the host knows whether that was an answer."""
        try:
            frame = frames.decode_from_worker(data)
        except ProtocolViolation:
            frame = None
        answers = isinstance(frame, (EXPECTED[self.kind], frames.Raised)) and frame.turn == self.peer.turns
        peer = self.peer
        ended = self.go_on(data)
        assert peer.busy != answers
        if ended is None:
            assert not answers
            return
        if isinstance(ended, Cancelled):
            assert peer.cancelling
            assert isinstance(frame, frames.Raised)
        if isinstance(ended, Exception):
            assert str(ended)
            assert printable(str(ended)) == str(ended)
            if not isinstance(frame, frames.Raised):
                assert isinstance(ended, (ProtocolViolation, LimitExceeded))
        if peer.busy or isinstance(ended, ProtocolViolation):  # as a turn with a real one ends it
            peer.end()
            self.fresh()

    def go_on(self, answer: bytes | None) -> Any:
        """Carry on until the host waits; what the conversation ended in, None while it hasn't."""
        assert self.talk is not None
        while True:
            try:
                step = self.talk.send(answer)
            except StopIteration as stop:
                self.talk = None
                self.take(stop.value)
                return stop.value if stop.value is not None else "nothing"
            except (PluginError, Cancelled) as error:
                self.talk = None
                return error.with_traceback(None)
            answer = None
            if isinstance(step, Receive):
                return None
            if isinstance(step, Consult):
                if self.peer.busy is False and self.readers_hurry:  # it waits for those who read its segments
                    while self.held:
                        self.held.pop()[0].release()
                answer = step.action()
            elif isinstance(step, Send):
                self.receive(step)
            else:
                assert isinstance(step, Cancel)

    def receive(self, sent: Send) -> None:
        """As an honest worker reads it: every frame is one that it knows, and what was meant."""
        frame = frames.decode_to_worker(sent.data)
        assert (sent.descriptor is not None) == isinstance(frame, frames.Attach)
        if isinstance(frame, frames.Attach):
            assert sent.descriptor is not None
            assert os.fstat(sent.descriptor).st_size == frame.size
            if self.peer.output is not None and sent.descriptor == self.peer.output.descriptor:
                assert frame.size <= 2 * 1024 * 1024
                self.room = self.map(sent.descriptor, mmap.PROT_READ | mmap.PROT_WRITE)
            else:
                self.seen = self.map(sent.descriptor, mmap.PROT_READ)
        elif isinstance(frame, (frames.Call, frames.Restore)):
            assert frame.turn == self.peer.turns
            body = frame.body if isinstance(frame, frames.Call) else frame.state
            view = memoryview(self.seen) if self.seen is not None else None
            assert same(values.unpack(body, view, copy=True), self.meant)
        elif isinstance(frame, frames.Fetched):
            self.fetched_left = frame.remaining

    @staticmethod
    def map(descriptor: int, protection: int) -> mmap.mmap:
        """Its own mapping, which keeps a descriptor of its own: that of another name, so that ours can be counted."""
        with open(f"/proc/self/fd/{descriptor}", "r+b" if protection & mmap.PROT_WRITE else "rb") as file:
            return mmap.mmap(file.fileno(), os.fstat(descriptor).st_size, mmap.MAP_SHARED, protection)

    def take(self, outcome: object) -> None:
        if not isinstance(outcome, Outcome):
            return
        assert 0 <= outcome.cpu_s < math.inf
        assert 0 <= outcome.seed < 2**63
        sent = bytes(outcome.segment.view) if outcome.segment is not None else b""
        self.held.append((outcome, sent, values.pack(outcome.outputs, "$").structure))

    # What always holds.

    @invariant()
    def nobody_loses_what_he_holds(self) -> None:
        """Segments that somebody reads are as they were, and outputs don't change."""
        for outcome, sent, structure in self.held:
            assert values.pack(outcome.outputs, "$").structure == structure
            if outcome.segment is not None:
                assert outcome.segment.is_read
                assert bytes(outcome.segment.view) == sent

    @invariant()
    def no_segment_is_lost(self) -> None:
        """There are those of the worker, those that somebody holds, and no others."""
        held = {id(outcome.segment) for outcome, _, _ in self.held if outcome.segment is not None}
        expected = held | set(map(id, self.peer.segments))
        own = 2 * len(expected) + (self.seen is not None) + (self.room is not None)
        assert self.own_descriptors() == own
        if self.talk is None:
            for one in self.peer.segments:
                assert one.is_read == (id(one) in held)

    def teardown(self) -> None:
        """Everything is given back."""
        segment._READ_WITHIN_S = self.patience
        if self.talk is not None:
            self.talk.close()
        for outcome, _, _ in self.held:
            outcome.release()
        self.held.clear()
        assert not any(one.is_read for one in self.peer.segments)
        self.peer.end()
        self.seen = self.room = None
        assert not self.own_descriptors()

    def own_descriptors(self) -> int:
        """How many descriptors of segments there are that were made since this game began."""
        return sum(number not in self.others for number in memory_descriptors())


TestHostileWorker = HostileWorker.TestCase
TestHostileWorker.settings = fuzzed(100, steps=30)
