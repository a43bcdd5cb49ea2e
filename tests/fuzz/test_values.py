"""Values: what may cross arrives as it was, and nothing else gets through."""

from __future__ import annotations

import mmap
import tracemalloc
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.errors import ProtocolViolation
from schillinger_plugins.protocol import values
from schillinger_plugins.protocol.frames import MAX_INLINE_BYTES, Body
from schillinger_plugins.protocol.survey import Suspicious, survey
from schillinger_plugins.types import Audio

from .strategies import DTYPES, EDGES, crossing, fuzzed, hostile_structures, reference, same

ROOM = 4096


def segment_for(size: int) -> memoryview:
    return memoryview(mmap.mmap(-1, max(size, 1)))


def cross(value: Any, *, copy: bool = True) -> Any:
    packed = values.pack(value, "$")
    segment = segment_for(packed.size)
    return values.unpack(packed.write(segment), segment, copy=copy)


@fuzzed(400)
@given(crossing, st.booleans())
def test_what_may_cross_arrives_as_it_was(value: Any, copy: bool) -> None:
    """Types, shapes, dtypes, rates, order of keys, NaNs and their bytes; copied or looked at in place."""
    assert same(cross(value, copy=copy), value)


@fuzzed(200)
@given(
    st.sampled_from(DTYPES),
    st.sampled_from([(), (0,), (3, 0, 2), (1,), (7, 3), (3, 4, 5, 100), (1, 1, 4097), (2, 513)]),
    st.sampled_from(
        ["as it is", "fortran", "transposed", "backwards", "every other", "broadcast", "foreign", "read-only"]
    ),
    st.booleans(),
)
def test_arrays_of_any_layout_arrive(kind: str, shape: tuple[int, ...], layout: str, nested: bool) -> None:
    """Strides, a foreign order and steps backwards are the sender's affair; each value arrives to the bit."""
    array = np.frombuffer(np.random.default_rng(3).bytes(int(np.prod(shape)) * np.dtype(kind).itemsize), np.uint8)
    array = (array % 2 if kind == "?" else array).view(kind).reshape(shape)
    if layout == "fortran":
        array = np.asfortranarray(array)
    elif layout == "transposed":
        array = array.T
    elif layout == "backwards" and array.ndim:
        array = array[::-1]
    elif layout == "every other" and array.ndim:
        array = array[..., ::2]
    elif layout == "broadcast":
        array = np.broadcast_to(array, (2, *array.shape))
    elif layout == "foreign":
        array = array.astype(array.dtype.newbyteorder())
    elif layout == "read-only":
        array.flags.writeable = False
    sent = {"before": np.ones(3), "deep": [{"array": array}], "after": np.zeros(2000)} if nested else array
    arrived = cross(sent)
    if nested:
        assert same(arrived["before"], np.ones(3))
        assert same(arrived["after"], np.zeros(2000))
        arrived = arrived["deep"][0]["array"]
    native = array.astype(array.dtype.newbyteorder("=")) if layout == "foreign" else array
    assert same(arrived, native)
    assert arrived.flags.c_contiguous
    assert arrived.flags.writeable
    assert arrived.flags.aligned


@fuzzed(60)
@given(st.integers(-2, 2), st.integers(1, 3), st.booleans(), st.sampled_from([np.float64, np.int16]))
def test_on_both_sides_of_what_counts_as_small(over: int, count: int, odd: bool, kind: type[np.generic]) -> None:
    """An array that just travels in the frame, one that just doesn't, and several beside each other."""
    items = values.SMALL_ARRAY_BYTES // np.dtype(kind).itemsize + over
    sent = [np.arange(items + index).astype(kind) for index in range(count)]
    sent = [np.repeat(one, 2)[::2] if odd else one for one in sent]
    assert same(cross(sent), [one.copy() for one in sent])


@pytest.mark.parametrize("copy", [True, False], ids=["copied", "in place"])
def test_a_long_structure_travels_in_the_segment(copy: bool) -> None:
    """What is longer than a frame holds arrives all the same, beside the arrays."""
    value = {"text": ["x" * 100] * (MAX_INLINE_BYTES // 50), "array": np.arange(10_000)}
    packed = values.pack(value, "$")
    segment = segment_for(packed.size)
    body = packed.write(segment)
    assert body.size
    assert same(values.unpack(body, segment, copy=copy), value)


strange = st.sampled_from(
    [
        {1},
        object(),
        1j,
        2**64,
        -(2**63) - 1,
        "\ud800",
        {1: 2},
        {None: 0},
        {"\udfff": 0},
        bytearray(b"x"),
        memoryview(b"x"),
        range(3),
        np.longdouble(1),
        np.clongdouble(1),
        np.complex64(1),
        np.datetime64("2020-01-01"),
        np.void(b"x"),
        np.array([None]),
        np.array(["x"]),
        np.zeros(3, np.longdouble),
        np.zeros(3, [("a", "f4")]),
        np.zeros(3, "M8[s]"),
        lambda: 0,
        int,
        ...,
    ]
)


@fuzzed(200)
@given(strange, st.recursive(st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=6), st.booleans())
def test_what_may_not_cross_is_refused_by_the_sender(value: Any, others: Any, keyed: bool) -> None:
    """With `CannotCross`, whose message names the place, and nothing else."""
    with pytest.raises(values.CannotCross, match=r"^\$"):
        values.pack({"x": others, "y": value} if keyed else [others, value], "$")


@fuzzed(800)
@given(hostile_structures, st.sampled_from([None, 1, ROOM]))
def test_any_structure_is_a_value_or_a_violation(data: bytes, room: int | None) -> None:
    """Nothing else is raised, what comes out holds only what may cross, and it took no more memory than it may."""
    tracemalloc.start()
    try:
        value = values.unpack(Body(data), segment_for(room) if room else None, copy=True)
    except ProtocolViolation:
        return
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 100 * len(data) + 2 * ROOM + 100_000
    assert same(cross(value), value)


@fuzzed(200)
@given(hostile_structures, st.integers(0, ROOM), st.integers(0, 5))
def test_the_limit_on_what_comes_through_the_segment_counts_all_of_it(data: bytes, most: int, times: int) -> None:
    """Arrays and structure together: what has been read of the segment never exceeds it."""
    segment = segment_for(ROOM)
    segment[: len(data)] = data[:ROOM]
    body = Body(b"", 0, min(len(data), ROOM)) if times % 2 else Body(data)
    try:
        value = values.unpack(body, segment, copy=True, most=most)
    except (ProtocolViolation, values.TooMuch):
        return
    assert body.size <= most
    assert sum(one.nbytes for one in _arrays(value) if one.nbytes > len(data)) <= most


@fuzzed(300)
@given(
    st.sampled_from(EDGES) | st.integers(-(2**63), 2**64 - 1),
    st.sampled_from(EDGES) | st.integers(-(2**63), 2**64 - 1),
    st.integers(0, 10_000),
)
def test_a_body_outside_the_segment_is_a_violation(offset: int, size: int, room: int) -> None:
    """However the figures are chosen, nothing beyond the segment is read."""
    if size and not (offset >= 0 and size > 0 and offset + size <= room):
        with pytest.raises(ProtocolViolation):
            values.unpack(Body(b"", offset, size), segment_for(room) if room else None, copy=True)


@fuzzed(300)
@given(st.lists(reference(ROOM), min_size=1, max_size=5))
def test_references_stay_in_the_segment_and_their_sum_below_it(refs: list[msgspec.msgpack.Ext]) -> None:
    """Foreign types, negative and huge shapes, the same bytes again and again: arrays within the segment, or a violation."""
    structure = msgspec.msgpack.encode(refs)
    segment = segment_for(ROOM)
    segment[:] = bytes(range(256)) * (ROOM // 256)
    try:
        value = values.unpack(Body(structure), segment, copy=True)
    except ProtocolViolation:
        return
    found = _arrays(value)
    assert sum(one.nbytes for one in found) <= ROOM + len(structure)
    before = [one.tobytes() for one in found]
    segment[:] = bytes(ROOM)
    assert [one.tobytes() for one in found] == before


@fuzzed(300)
@given(crossing)
def test_what_is_packed_passes_the_survey(value: Any) -> None:
    """The look before unpacking lets everything through that the other side packs."""
    survey(values.pack(value, "$").structure)


@pytest.mark.parametrize(
    "value",
    [
        list(range(150_000)),
        [0.5] * 400_000,
        [[0.5, 1]] * 60_000,
        ["x" * 20] * 100_000,
        {str(index): {} for index in range(90_000)},
        [np.zeros(500)] * 900,
        b"x" * 4_000_000,
        "é" * 2_000_000,
        [None, True, -1, 300, 1.5, "x", b"y"] * 20_000,
    ],
    ids="integers floats pairs strings dictionaries arrays bytes text mixed".split(),
)
def test_large_honest_values_pass_the_survey(value: Any) -> None:
    """As large as people send them: they arrive, and looking at them makes nothing larger."""
    assert same(cross(value), value)


@fuzzed(700)
@given(hostile_structures)
def test_the_survey_agrees_with_the_decoder(data: bytes) -> None:
    """It refuses what is no MessagePack and passes only what is, but for text that is no UTF-8 and points in time."""
    passed = _passes(data)
    decoded: Any = None
    says = ""
    try:
        decoded = msgspec.msgpack.decode(data)
    except UnicodeDecodeError:
        return
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        says = str(error).lower()
    if says:
        assert not passed or "timestamp" in says
    elif not passed:
        assert _depth(decoded) > 64 or _has_strange_key(decoded), "an honest value was refused"


def _passes(data: bytes) -> bool:
    try:
        survey(data)
    except Suspicious:
        return False
    return True


@pytest.mark.parametrize("dtype", ["\x1b[2J\u202e\n", "x" * 5000])
def test_what_is_said_of_values_drives_no_terminal(dtype: str) -> None:
    """An array of a type that nobody knows is refused in characters that can be shown, and not too many."""
    reference = msgspec.msgpack.encode([dtype, [1], 0])
    with pytest.raises(ProtocolViolation) as refused:
        values.unpack(Body(msgspec.msgpack.encode(msgspec.msgpack.Ext(1, reference))), None, copy=True)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1000


def _arrays(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Audio):
        return [value.samples]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [array for one in inside for array in _arrays(one)]


def _depth(value: Any) -> int:
    inside = (
        [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else None
    )
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


def _has_strange_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any(type(key) is not str or _has_strange_key(item) for key, item in value.items())
    return isinstance(value, (list, tuple)) and any(map(_has_strange_key, value))
