"""Frames: whatever bytes arrive, one of the known frames or a violation comes of them."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.errors import ProtocolViolation
from schillinger_plugins.protocol import frames

from .strategies import BY_FRAME, from_worker, spoilt

KNOWN = get_args(frames._FromWorker)


@given(st.binary(max_size=300) | spoilt())
def test_any_bytes_are_a_known_frame_or_a_violation(data: bytes) -> None:
    """Nothing else is raised, and nothing unknown comes out."""
    try:
        frame = frames.decode_from_worker(data)
    except ProtocolViolation:
        return
    assert isinstance(frame, KNOWN)


@given(from_worker)
def test_a_frame_arrives_as_it_was_sent(frame: frames.Frame) -> None:
    """Encoding and decoding are each other's inverse, byte for byte."""
    data = frames.encode(frame)
    assert frames.encode(frames.decode_from_worker(data)) == data


@given(from_worker, st.binary(min_size=1, max_size=20))
def test_nothing_may_follow_a_frame(frame: frames.Frame, more: bytes) -> None:
    """A message holds one frame; what hangs on to it makes it a violation."""
    try:
        frames.decode_from_worker(frames.encode(frame) + more)
    except ProtocolViolation:
        return
    raise AssertionError("it was taken")


def test_every_frame_is_fuzzed() -> None:
    """A frame that is added to the protocol must be added to what is fuzzed."""
    assert set(BY_FRAME) == set(KNOWN)
