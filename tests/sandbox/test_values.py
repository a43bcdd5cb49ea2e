"""What crosses between host and plugin."""

from __future__ import annotations

import gc
import mmap
import weakref
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from schillinger_plugins.errors import ProtocolViolation
from schillinger_plugins.protocol import frames, values
from schillinger_plugins.types import Audio

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary()
numbers = st.sampled_from(["bool", "int8", "uint16", "int64", "float32", "float64", "complex64"])
arrays = npst.arrays(numbers, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
trees = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def cross(value: Any, *, copy: bool = True) -> Any:
    packed = values.pack(value, "$")
    segment = memoryview(mmap.mmap(-1, packed.size)) if packed.size else None
    return values.unpack(packed.write(segment), segment, copy=copy)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


@given(trees)
@settings(max_examples=200, deadline=None)
def test_what_can_cross_arrives_unchanged(value: Any) -> None:
    """Scalars, arrays, lists and dictionaries arrive as they were sent, to the bit."""
    assert same(cross(value), value)


@given(st.binary(max_size=300), st.integers(0, 4096))
@settings(max_examples=500, deadline=None)
def test_hostile_bytes_give_a_violation_or_plain_values(data: bytes, room: int) -> None:
    """Whatever bytes a worker sends as values, the host gets values of the known types or a ProtocolViolation."""
    segment = memoryview(bytearray(room))
    try:
        value = values.unpack(frames.Body(data), segment, copy=True)
    except ProtocolViolation:
        return
    values.pack(value, "$")


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_hostile_frames_give_a_violation_or_a_frame(data: bytes) -> None:
    """Whatever bytes a worker sends as a frame, the host gets a frame it knows or a ProtocolViolation."""
    try:
        frame = frames.decode_from_worker(data)
    except ProtocolViolation:
        return
    assert isinstance(frame, frames.Frame)


def test_audio_crosses_with_its_rate() -> None:
    """Audio arrives as Audio, with samples and rate."""
    sound = Audio(np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32), 48000)
    assert cross({"a": [sound]})["a"][0] == sound


def test_a_long_structure_travels_in_the_segment() -> None:
    """A list too long for one frame arrives all the same."""
    long = list(range(100_000))
    assert cross(long) == long


def test_the_host_gets_copies() -> None:
    """A worker that writes to shared memory after its answer changes nothing in the host."""
    packed = values.pack(np.zeros(values.SMALL_ARRAY_BYTES), "$")
    segment = memoryview(mmap.mmap(-1, packed.size))
    arrived = values.unpack(packed.write(segment), segment, copy=True)
    segment[: packed.size] = b"\xff" * packed.size
    assert not arrived.any()


def test_big_endian_and_strided_arrays_arrive_with_their_values() -> None:
    """Arrays of foreign byte order or layout arrive as native, contiguous ones of the same values."""
    foreign = np.arange(10, dtype=">i4")[::2]
    np.testing.assert_array_equal(cross(foreign), [0, 2, 4, 6, 8])


cyclic: list[Any] = []
cyclic.append(cyclic)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"x": {1: 2}}, r"\$\.x has the key 1"),
        ({"x": [0, {1}]}, r"\$\.x\[1\] is a set"),
        ({"x": object()}, r"\$\.x is a object"),
        ({"x": np.array([object()])}, r"\$\.x is an array of object"),
        ({"x": np.array(["text"])}, r"\$\.x is an array of <U4"),
        (2**70, "can't cross"),
        (cyclic, "nested more than 64 deep"),
        ("\ud800", "can't cross"),
    ],
)
def test_what_cannot_cross_is_refused_with_its_path(value: Any, says: str) -> None:
    """A value that can't cross names its path and its type."""
    with pytest.raises(values.CannotCross, match=says):
        values.pack(value, "$")


def ref(dtype: str = "<f8", shape: tuple[int, ...] = (8,), offset: int = 0, rate: int = 0, code: int = 1) -> bytes:
    inner = msgspec.msgpack.encode([dtype, list(shape), offset, rate])
    return msgspec.msgpack.encode(msgspec.msgpack.Ext(code, inner))


@pytest.mark.parametrize(
    "structure",
    [
        ref(offset=64 * 1000),
        ref(offset=-64),
        ref(offset=1),
        ref(shape=(2**61, 2**61)),
        ref(shape=(-1,)),
        ref(shape=(1,) * 40),
        ref(dtype="|O"),
        ref(dtype="<U4"),
        ref(dtype="nonsense"),
        ref(code=2, rate=44100),
        ref(code=2, dtype="<f4", shape=(1, 8), rate=0),
        ref(code=77),
        msgspec.msgpack.encode([msgspec.Raw(ref())] * 100),
        msgspec.msgpack.encode({1: 2}),
        b"\x91" * 10_000,
    ],
    ids="outside negative misaligned huge minus dims object string dtype float64 rate code often intkey deep".split(),
)
def test_forged_references_are_violations(structure: bytes) -> None:
    """References outside the segment, to the same bytes again and again, or of impossible arrays are refused."""
    with pytest.raises(ProtocolViolation):
        values.unpack(frames.Body(structure), memoryview(bytearray(1024)), copy=True)


def test_arrays_without_number_are_refused_at_both_ends() -> None:
    """Each array takes time to unpack, however small: a value holds at most 20,000, whoever packs it."""
    empty = np.zeros(0, np.int8)
    assert len(cross([empty] * values.MAX_ARRAYS)) == values.MAX_ARRAYS
    with pytest.raises(values.CannotCross, match="stack them"):
        values.pack([empty] * (values.MAX_ARRAYS + 1), "$")
    many = msgspec.msgpack.encode([msgspec.Raw(ref(shape=(0,)))] * (values.MAX_ARRAYS + 1))
    with pytest.raises(ProtocolViolation, match="arrays"):
        values.unpack(frames.Body(many), None, copy=True)


def test_what_was_packed_is_let_go_of_at_once() -> None:
    """Not when the collector comes: an hour of audio would wait for it."""
    array = np.zeros(10_000)
    remains = weakref.ref(array)
    gc.disable()
    try:
        values.pack({"inputs": {"x": [array]}}, "$")
        del array
        assert remains() is None
    finally:
        gc.enable()
