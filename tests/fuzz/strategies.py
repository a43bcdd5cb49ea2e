"""Values that may cross, frames that may come, and bytes that may not."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from schillinger_plugins import Audio
from schillinger_plugins.protocol import frames

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]

plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=30)
    | st.binary(max_size=30)
)
arrays = st.sampled_from(DTYPES).flatmap(
    lambda kind: npst.arrays(kind, npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6))
)
audio = st.builds(
    lambda samples, rate: Audio(samples, rate),
    npst.arrays("f4", st.tuples(st.integers(1, 3), st.integers(1, 2000)), elements=st.floats(-1, 1, width=32)),
    st.integers(8000, 192_000),
)
crossing = st.recursive(
    plain | arrays | audio,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

bodies = st.builds(
    frames.Body,
    st.binary(max_size=200),
    st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 300),
    st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 300),
)
turns = st.integers(0, 2)
BY_FRAME: dict[type[frames.Frame], st.SearchStrategy[frames.Frame]] = {
    frames.Started: st.builds(frames.Started, st.binary(max_size=100), turns),
    frames.Progress: st.builds(frames.Progress, st.floats(), st.text(max_size=50)),
    frames.NeedSegment: st.builds(frames.NeedSegment, st.integers(-(2**40), 2**62) | st.integers(1, 10_000)),
    frames.Fetch: st.builds(frames.Fetch, st.text(max_size=5), st.text(max_size=20), st.just({}), bodies, st.floats()),
    frames.More: st.builds(frames.More),
    frames.Returned: st.builds(
        frames.Returned,
        bodies,
        st.floats(),
        st.integers(-(2**63), 2**63 - 1),
        st.booleans(),
        st.binary(max_size=50),
        turns,
    ),
    frames.Saved: st.builds(frames.Saved, st.none() | bodies, turns),
    frames.Restored: st.builds(
        frames.Restored, st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), turns
    ),
    frames.Raised: st.builds(
        frames.Raised,
        st.text(max_size=12),
        st.text(max_size=20),
        st.text(max_size=50),
        st.text(max_size=50),
        st.booleans(),
        turns,
    ),
}
from_worker = st.one_of(*BY_FRAME.values())


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A valid frame, or packed values, in which something was changed."""
    if draw(st.booleans()):
        data = bytearray(frames.encode(draw(from_worker)))
    else:
        data = bytearray(msgspec.msgpack.encode(draw(st.recursive(plain, st.lists, max_leaves=8))))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["cut", "insert", "flip", "repeat", "head"]))
        if what == "cut":
            del data[position : position + draw(st.integers(1, 8))]
        elif what == "insert":
            data[position:position] = draw(st.binary(max_size=8))
        elif what == "flip" and position < len(data):
            data[position] ^= 1 << draw(st.integers(0, 7))
        elif what == "repeat":
            data[position:position] = bytes(data[: draw(st.integers(0, 20))])
        elif what == "head" and position < len(data):
            data[position] = draw(st.sampled_from([0x80, 0x8F, 0x90, 0xC1, 0xC9, 0xD9, 0xDC, 0xDD, 0xDF, 0xFF]))
    return bytes(data)


def same(one: Any, other: Any) -> bool:
    """Equality that takes NaN for itself and looks at types, dtypes and shapes."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if type(one) is not type(other):
        return False
    if isinstance(one, Audio):
        return one.sample_rate == other.sample_rate and same(one.samples, other.samples)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)
