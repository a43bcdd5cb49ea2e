"""Values: what may cross arrives as it was, and nothing else gets through."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import ProtocolViolation
from schillinger_plugins.protocol import values
from schillinger_plugins.protocol.frames import MAX_INLINE_BYTES, Body
from schillinger_plugins.protocol.survey import Suspicious, survey

from .strategies import DTYPES, crossing, same, spoilt


def segment_for(size: int) -> memoryview:
    return memoryview(mmap.mmap(-1, max(size, 1)))


@given(crossing)
def test_what_may_cross_arrives_as_it_was(value: Any) -> None:
    """Types, shapes, dtypes, rates, order of keys, NaNs and their bytes."""
    packed = values.pack(value, "$")
    segment = segment_for(packed.size)
    assert same(values.unpack(packed.write(segment), segment, copy=True), value)


@given(st.sampled_from(DTYPES), st.integers(0, 3), st.booleans(), st.booleans())
def test_large_arrays_of_any_order_arrive(kind: str, axis: int, fortran: bool, reverse: bool) -> None:
    """Strides, a foreign order and steps backwards are the host's affair; the values are what counts."""
    array = (np.arange(6000) % 2).astype(kind).reshape(3, 4, 5, 100)
    array = np.asfortranarray(array) if fortran else np.moveaxis(array, axis, 0)
    array = array[::-1] if reverse else array
    packed = values.pack([array], "$")
    segment = segment_for(packed.size)
    (arrived,) = values.unpack(packed.write(segment), segment, copy=True)
    np.testing.assert_array_equal(arrived, array)
    assert arrived.flags.c_contiguous
    assert arrived.flags.writeable


@given(st.binary(max_size=400) | spoilt(), st.integers(0, 5000))
def test_any_structure_is_a_value_or_a_violation(data: bytes, room: int) -> None:
    """Nothing else is raised, and what comes out holds only what may cross."""
    try:
        value = values.unpack(Body(data), segment_for(room) if room else None, copy=True)
    except ProtocolViolation:
        return
    values.pack(value, "$")


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(0, 10_000))
def test_a_body_outside_the_segment_is_a_violation(offset: int, size: int, room: int) -> None:
    """However the figures are chosen, nothing beyond the segment is read."""
    if size and not (offset >= 0 and size > 0 and offset + size <= room):
        with pytest.raises(ProtocolViolation):
            values.unpack(Body(b"", offset, size), segment_for(room) if room else None, copy=True)


@given(
    st.sampled_from([*DTYPES, "O", "S5", "U3", "M8[s]", "V8", ">f4", "<f4", "f4\0", ""]),
    st.lists(st.integers(-3, 2**62), max_size=5),
    st.integers(-(2**40), 2**40),
    st.integers(-5, 10**9),
    st.binary(max_size=40),
    st.sampled_from([1, 2, 3, -1, 127]),
)
def test_any_reference_to_an_array_is_checked(
    dtype: str, shape: list[int], offset: int, rate: int, data: bytes, code: int
) -> None:
    """Types without a name, negative and huge shapes, foreign places: an array within the segment, or a violation."""
    import msgspec

    reference = msgspec.msgpack.encode([dtype, shape, offset, rate, data])
    structure = msgspec.msgpack.encode(msgspec.msgpack.Ext(code, reference))
    try:
        value = values.unpack(Body(structure), segment_for(4096), copy=True)
    except ProtocolViolation:
        return
    samples = getattr(value, "samples", value)
    assert samples.nbytes <= 4096


@settings(max_examples=50)
@given(
    st.recursive(st.integers() | st.floats() | st.none(), lambda inner: st.lists(inner, max_size=60), max_leaves=300)
)
def test_what_is_packed_passes_the_survey(value: Any) -> None:
    """The look before unpacking lets everything through that the other side packs."""
    try:
        structure = values.pack({"v": value}, "$").structure
    except values.CannotCross:  # an integer past 64 bits
        return
    survey(structure)


@given(st.binary(max_size=400) | spoilt())
def test_the_survey_never_fails_otherwise(data: bytes) -> None:
    """Any bytes pass or are suspicious."""
    try:
        survey(data)
    except Suspicious:
        return


def test_a_long_structure_travels_in_the_segment() -> None:
    """What is longer than a frame holds arrives all the same, beside the arrays."""
    value = {"text": ["x" * 100] * (MAX_INLINE_BYTES // 50), "array": np.arange(10_000)}
    packed = values.pack(value, "$")
    segment = segment_for(packed.size)
    body = packed.write(segment)
    assert body.size
    assert same(values.unpack(body, segment, copy=True), value)
