"""Frames: whatever bytes arrive, one of the known frames or a violation comes of them."""

from __future__ import annotations

import tracemalloc
import typing
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.errors import ProtocolViolation
from schillinger_plugins.protocol import frames

from .strategies import frames_spoilt, from_worker, fuzzed, made, nasty

KNOWN = typing.get_args(frames._FromWorker)
DOORS = {
    "from worker": (frames.decode_from_worker, frames._FromWorker),
    "to worker": (frames.decode_to_worker, frames._ToWorker),
    "from zygote": (frames.decode_from_zygote, frames._FromZygote),
    "to zygote": (frames.decode_to_zygote, frames._ToZygote),
}


@fuzzed(1000)
@given(frames_spoilt() | st.binary(max_size=300))
def test_any_bytes_are_a_known_frame_or_a_violation(data: bytes) -> None:
    """Nothing else is raised, nothing unknown comes out, and each field is of its own type."""
    try:
        frame = frames.decode_from_worker(data)
    except ProtocolViolation as error:
        refused: str | None = str(error)
    else:
        refused = None
    if refused is not None:
        assert refused.isprintable()
        assert len(refused) < 1000
        return
    assert isinstance(frame, KNOWN)
    msgspec.convert(msgspec.to_builtins(frame, builtin_types=[bytes]), type(frame))


@pytest.mark.parametrize("door", DOORS)
def test_each_end_takes_its_own_frames_and_no_other(door: str) -> None:
    """What is for another end is a violation at this one; its own arrive as they were sent, byte for byte."""
    decode: Callable[[bytes], frames.Frame]
    decode, own = DOORS[door]
    everything = {kind for _, union in DOORS.values() for kind in typing.get_args(union)}

    @fuzzed(150)
    @given(st.one_of(*map(made, sorted(everything, key=lambda kind: kind.__name__))))
    def check(frame: frames.Frame) -> None:
        data = frames.encode(frame)
        if isinstance(frame, own):
            assert frames.encode(decode(data)) == data
        else:
            with pytest.raises(ProtocolViolation):
                decode(data)

    check()


@fuzzed(200)
@given(from_worker, st.binary(min_size=1, max_size=20))
def test_nothing_may_follow_a_frame(frame: frames.Frame, more: bytes) -> None:
    """A message holds one frame; what hangs on to it makes it a violation."""
    with pytest.raises(ProtocolViolation):
        frames.decode_from_worker(frames.encode(frame) + more)


@fuzzed(200)
@given(from_worker, st.data())
def test_a_frame_that_was_cut_is_a_violation(frame: frames.Frame, data: st.DataObject) -> None:
    """However much of it is missing."""
    whole = frames.encode(frame)
    with pytest.raises(ProtocolViolation):
        frames.decode_from_worker(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_no_frame_takes_more_memory_than_its_bytes_can_hold(kind: type[frames.Frame]) -> None:
    """A header that promises four billion items, in any place of any frame, makes nobody set room aside for them."""

    @fuzzed(60)
    @given(made(kind), nasty, st.data())
    def check(frame: frames.Frame, enemy: object, data: st.DataObject) -> None:
        parts = msgspec.msgpack.decode(frames.encode(frame))
        parts[data.draw(st.integers(0, len(parts) - 1))] = enemy
        sent = msgspec.msgpack.encode(parts)
        tracemalloc.start()
        try:
            frames.decode_from_worker(sent)
        except ProtocolViolation:
            pass
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 20 * len(sent) + 20_000

    check()


def test_what_is_said_of_a_frame_drives_no_terminal() -> None:
    """A kind of frame that nobody knows is named by the error; its name is the worker's, of any length."""
    with pytest.raises(ProtocolViolation) as refused:
        frames.decode_from_worker(msgspec.msgpack.encode(["\x1b[2J\u202e\n" * 9000, 1]))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1000


def test_a_message_may_be_as_long_as_a_frame_and_no_longer() -> None:
    """The last byte that is allowed, and the first that isn't."""
    empty = len(frames.encode(frames.Raised("plugin", "E", "", "x" * 300)))
    fits = frames.Raised("plugin", "E", "", "x" * (300 + frames.MAX_FRAME_BYTES - empty))
    assert frames.decode_from_worker(frames.encode(fits)) == fits
    too_long = msgspec.structs.replace(fits, traceback_text=fits.traceback_text + "x")
    with pytest.raises(ProtocolViolation):
        frames.encode(too_long)
    with pytest.raises(ProtocolViolation):
        frames.decode_from_worker(msgspec.msgpack.encode(too_long))
