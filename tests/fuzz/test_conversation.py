"""Conversations with a worker that says whatever it likes."""

from __future__ import annotations

import math
import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import PluginError
from schillinger_plugins.protocol import frames, values
from schillinger_plugins.sandbox import conversation
from schillinger_plugins.sandbox.conversation import Consult, Conversation, Outcome, Receive
from schillinger_plugins.sandbox.limits import Limits
from schillinger_plugins.sandbox.raised import Cancelled
from schillinger_plugins.sandbox.segment import Segment

from .strategies import frames_spoilt, from_worker

LIMITS = Limits(output_mb=1)


class Peer:
    """What a conversation needs to know of a worker."""

    def __init__(self) -> None:
        self.input: Segment | None = None
        self.other_input: Segment | None = None
        self.output: Segment | None = None
        self.layout: tuple[tuple[object, ...], ...] = ()
        self.content = 0
        self.busy = self.ready = self.cancelling = False
        self.turns = 1
        self.interrupts_before = 0
        self.shown_as = ("", "")
        self.state = b""
        self.on_fetch = None

    def close(self) -> None:
        for segment in (self.input, self.other_input, self.output):
            if segment is not None:
                assert not segment.is_read, "somebody was left reading"
                segment.close()


def carry(talk: Conversation[Any], said: list[bytes]) -> Any:
    """Give the conversation one thing after another; the outcome, the error, or None if it would go on waiting."""
    answer: bytes | None = None
    rest = iter(said)
    while True:
        try:
            step = talk.send(answer)
        except StopIteration as stop:
            return stop.value
        except (PluginError, Cancelled) as error:
            return error
        answer = None
        if isinstance(step, Consult):
            answer = step.action()
        elif isinstance(step, Receive):
            try:
                answer = next(rest)
            except StopIteration:
                talk.close()
                return None


def talks(peer: Peer, which: str) -> Conversation[Any]:
    if which == "call":
        return conversation.call(peer, {"x": bytes(5000)}, {}, plugin_id="probe", seed=None, limits=LIMITS)
    if which == "save":
        return conversation.save(peer, plugin_id="probe", limits=LIMITS)
    if which == "restore":
        return conversation.restore(peer, {"n": 1}, plugin_id="probe", same_code=False)
    return conversation.start(
        peer,
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


honest = st.builds(
    lambda value: frames.Returned(frames.Body(values.pack(value, "$").structure), 0.5, 7, turn=1),
    st.dictionaries(st.text(max_size=4), st.integers(0, 9), max_size=3),
)
messages = st.lists((from_worker | honest).map(frames.encode) | frames_spoilt() | st.binary(max_size=50), max_size=6)


@settings(max_examples=300)
@given(st.sampled_from(["call", "save", "restore", "start"]), messages)
def test_whatever_is_said_ends_well(which: str, said: list[bytes]) -> None:
    """An outcome, a typed error with the plugin's name, or more waiting; nothing held, no descriptor lost."""
    before = len(os.listdir("/proc/self/fd"))
    peer = Peer()
    ended = carry(talks(peer, which), said)
    if isinstance(ended, Outcome):
        ended.release()
        assert not peer.busy
        assert 0 <= ended.cpu_s < math.inf
        assert 0 <= ended.seed < 2**63
    peer.close()
    assert len(os.listdir("/proc/self/fd")) == before
