"""The line between host and worker: frames arrive once, in order, whichever way they take, and whoever looks or sleeps."""

from __future__ import annotations

import array
import contextlib
import mmap
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from schillinger_plugins.protocol import line
from schillinger_plugins.protocol.line import BOX_BYTES, Line
from tests.fuzz.strategies import fuzzed

LOOKS = 20


class Pair:
    """Both ends in one process."""

    def __init__(self) -> None:
        self.sockets = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.box = mmap.mmap(-1, BOX_BYTES)
        view = memoryview(self.box)
        self.host, self.worker = (Line(end, view, host=end is self.sockets[0]) for end in self.sockets)
        for end in self.sockets:
            deadline(end, 10.0)
        view.release()

    def close(self) -> None:
        for end in (self.host, self.worker):
            end.close()
        for one in self.sockets:
            one.close()
        self.box.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.close()


def deadline(end: socket.socket, seconds: float) -> None:
    """The kernel's own timeout, as a worker's channel has it."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))


def receive(end: Line, looks: int) -> bytes:
    """As both ends do: look if that pays, then sleep."""
    data = end.look(looks) if looks else end.sleep()
    while data is None:
        data = end.listen()
    return bytes(data)


def in_socket(end: socket.socket) -> list[bytes]:
    """What lies in the socket, read."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(end.recv(70_000, socket.MSG_DONTWAIT))
    return found


def test_a_frame_for_one_that_looks_needs_no_socket(pair: Pair) -> None:
    pair.worker.look(1)  # in vain: it says that it sleeps
    pair.host.send(b"first")
    assert receive(pair.worker, LOOKS) == b"first"  # from now on it looks
    pair.host.send(b"second")
    assert in_socket(pair.sockets[1]) == []
    assert receive(pair.worker, LOOKS) == b"second"


def test_one_that_sleeps_is_woken(pair: Pair) -> None:
    assert pair.worker.sleep() is None
    got: list[bytes] = []
    sleeper = threading.Thread(target=lambda: got.append(receive(pair.worker, 0)))
    sleeper.start()
    pair.host.send(b"frame")
    sleeper.join(10)
    assert got == [b"frame"]


def test_what_follows_an_unread_frame_overtakes_it_not(pair: Pair) -> None:
    for number in range(5):
        pair.worker.send(b"frame %d" % number)
    assert [receive(pair.host, number % 2 * LOOKS) for number in range(5)] == [b"frame %d" % n for n in range(5)]


def test_doorbells_that_nobody_needed_do_not_fill_the_socket(pair: Pair) -> None:
    """Each frame is posted before its reader looks, and rings; each is found in the box."""
    for _ in range(2000):
        pair.host.send(b"frame")
        assert receive(pair.worker, LOOKS) == b"frame"
        pair.worker.sleep()
    assert len(in_socket(pair.sockets[1])) <= 1


def test_a_descriptor_follows_its_frame(pair: Pair) -> None:
    """Whatever doorbells lie before it."""
    receiving, sending = os.pipe()
    pair.host.send(b"rings")
    assert receive(pair.worker, LOOKS) == b"rings"
    pair.host.send(b"attach", receiving)
    assert receive(pair.worker, LOOKS) == b"attach"
    got = pair.worker.receive_descriptor()
    os.write(sending, b"through")
    assert os.read(got, 10) == b"through"
    for descriptor in (receiving, sending, got):
        os.close(descriptor)


def test_both_ways_at_once_nothing_is_lost(pair: Pair) -> None:
    """Two threads that look and sleep as chance has it: an answer for each question, each its own."""
    times = 20_000

    def answer() -> None:
        for number in range(times):
            pair.worker.send(receive(pair.worker, (number % 7) * 5))

    worker = threading.Thread(target=answer, daemon=True)
    worker.start()
    for number in range(times):
        question = b"%d" % number * 2
        pair.host.send(question)
        assert receive(pair.host, (number % 5) * 10) == question
    worker.join(10)


def test_the_end_of_the_other_end_is_noticed(pair: Pair) -> None:
    pair.worker.look(1)
    pair.sockets[0].close()
    assert receive(pair.worker, LOOKS) == b""


@pytest.mark.parametrize("word", [0, 1, 2, 8, 9])
@pytest.mark.parametrize("value", [0, 1, 2, 5, 2**16, 2**63, 2**64 - 1])
def test_whatever_the_other_half_says_a_frame_is_bounded(pair: Pair, word: int, value: int) -> None:
    """A worker that writes anything into its half: the host gets bytes of at most one frame, or none."""
    deadline(pair.sockets[0], 0.01)
    half = memoryview(pair.box)[BOX_BYTES // 2 :][:128].cast("Q")
    pair.host.look(1)
    pair.worker.send(b"x" * 100)
    half[word] = value
    with contextlib.suppress(BlockingIOError):
        for looks in (LOOKS, 0, LOOKS):
            assert len(receive(pair.host, looks)) <= BOX_BYTES // 2 - 128
    pair.host.send(b"goes on")
    half.release()


class Talk(RuleBasedStateMachine):
    """Both ends send, look and sleep in any order: what arrives is what was sent, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()
        self.ends = {"host": self.pair.host, "worker": self.pair.worker}
        self.sent: dict[str, deque[bytes]] = {"host": deque(), "worker": deque()}
        self.number = 0

    @rule(who=st.sampled_from(["host", "worker"]), size=st.sampled_from([2, 2, 300, 60_000]))
    def send(self, who: str, size: int) -> None:
        if len(self.sent[who]) < 2:  # a socket holds only so much
            self.number += 1
            frame = array.array("I", [self.number]).tobytes() + bytes(size)
            self.ends[who].send(frame)
            self.sent[who].append(frame)

    @rule(who=st.sampled_from(["host", "worker"]), looks=st.sampled_from([0, 1, LOOKS]))
    def receive(self, who: str, looks: int) -> None:
        sent = self.sent["worker" if who == "host" else "host"]
        if sent:
            assert receive(self.ends[who], looks) == sent.popleft()
        elif looks:
            assert self.ends[who].look(looks) is None
        else:
            assert self.ends[who].sleep() is None

    def teardown(self) -> None:
        self.pair.close()


TestTalk = Talk.TestCase
TestTalk.settings = fuzzed(200, steps=60)


def test_where_writes_are_not_seen_in_order_the_box_is_not_used(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks or sleeps, each frame goes through the socket."""
    monkeypatch.setattr(line, "_KEEPS_ORDER", False)
    assert not line.may_look()
    pair.worker.look(1)
    for number in range(5):
        pair.host.send(b"frame %d" % number)
        assert pair.sockets[1].recv(100, socket.MSG_PEEK) == b"frame %d" % number
        assert receive(pair.worker, number % 2 * LOOKS) == b"frame %d" % number
