"""Values that may cross, frames that may come, and bytes that may not.

Owns what the fuzzers are made of. Frames are made up from their own annotations, so that one which is added to the protocol
is fuzzed without being named here.
"""

from __future__ import annotations

import types
import typing
from typing import Any

import msgspec
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from schillinger_plugins import Audio
from schillinger_plugins.protocol import frames

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]

EDGES = [
    0,
    1,
    -1,
    63,
    64,
    65,
    4096,
    65_536,
    2**31,
    2**32,
    2**53,
    2**62,
    2**63 - 1,
    2**63,
    2**64 - 1,
    -(2**31),
    -(2**63),
]
"""Where sizes, offsets and numbers of turns go wrong if they do."""

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


def fuzzed(examples: int, *, steps: int = 50) -> settings:
    """The same `examples` inputs, or games of as many `steps`, on every run, however busy the machine."""
    return settings(max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True)


def _of(annotation: Any, field: str = "") -> st.SearchStrategy[Any]:
    """What a field of that type may hold once it has been decoded."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(_of(one, field) for one in inner))
    if origin is list:
        return st.lists(_of(inner[0]), max_size=3)
    if origin is tuple:
        return st.tuples(*map(_of, inner))
    if origin is dict:
        return st.dictionaries(_of(inner[0]), _of(inner[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return made(annotation)
    if field == "turn":
        return st.integers(0, 3) | st.sampled_from(EDGES)
    if field == "kind":
        return st.sampled_from(KINDS) | st.text(max_size=10)
    return _SIMPLE[annotation]


KINDS = ["cancelled", "load", "cannot_cross", "memory", "file_size", "open_files", "processes", "denied", "plugin"]
_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    type(None): st.none(),
    bool: st.booleans(),
    int: st.sampled_from(EDGES) | st.integers(-10, 300) | st.integers(-(2**63), 2**64 - 1),
    float: st.floats(),
    str: st.text(max_size=40),
    bytes: st.binary(max_size=100),
}


def made(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any frame (or part of one) of that kind."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: _of(hints[name], name) for name in kind.__struct_fields__})


from_worker: st.SearchStrategy[frames.Frame] = st.one_of(*map(made, typing.get_args(frames._FromWorker)))

nasty = st.sampled_from(
    [
        *EDGES,
        None,
        True,
        -1.5,
        "\x1b[2J\u202e\n",
        float("nan"),
        float("inf"),
        "",
        b"",
        [],
        {},
        *map(
            msgspec.Raw,
            [
                b"\x82\xa1a\x01\xa1a\x02",  # a key twice
                b"\x81\x01\x02",  # a number as a key
                b"\x81\x92\x01\x02\x03",  # a list as a key
                b"\xa4\xff\xfe\xed\xa0",  # no UTF-8
                b"\xa3\xed\xa0\x80",  # half of a surrogate pair
                b"\xc1",  # what MessagePack has no meaning for
                b"\xdd\xff\xff\xff\xff",  # a list without end
                b"\xdf\xff\xff\xff\xff",  # a dictionary without end
                b"\xc6\xff\xff\xff\xff",  # bytes without end
                b"\xdb\x80\x00\x00\x00",  # a string without end
                b"\xc9\xff\xff\xff\xff\x01",  # an array without end
                b"\xd6\xff\x00\x00\x00\x00",  # a point in time
                b"\xd7\xff\xff\xff\xff\xff\xff\xff\xff\xff",  # one that isn't
                b"\xd4\x01\x90",  # a reference to an array that lacks everything
                b"\x91" * 70 + b"\xc0",
                b"\x91" * 5000 + b"\xc0",
                b"\x81\xa0" * 5000 + b"\xc0",
                b"\x90" * 500,
                b"\xdb" + (70_000).to_bytes(4, "big") + b"x" * 70_000,
            ],
        ),
    ]
)
"""What no honest sender puts there."""


@st.composite
def misshapen(draw: st.DrawFn, sent: st.SearchStrategy[bytes]) -> bytes:
    """Well-formed MessagePack of the right shape, but for one to three places in it that hold something else."""
    tree = msgspec.msgpack.decode(draw(sent))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = None
        at: Any = None
        here = tree
        while isinstance(here, (list, dict)) and here and (holder is None or draw(st.booleans())):
            holder = here
            at = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
            here = holder[at]
        if holder is None:
            return msgspec.msgpack.encode(draw(nasty))
        what = draw(st.sampled_from(["replace", "replace", "remove", "wrap", "repeat"]))
        if what == "remove":
            del holder[at]
        elif what == "repeat" and isinstance(holder, list):
            holder.insert(at, holder[at])
        else:
            holder[at] = [here] if what == "wrap" else draw(nasty)
    return msgspec.msgpack.encode(tree)


@st.composite
def spoilt_bytes(draw: st.DrawFn, sent: st.SearchStrategy[bytes]) -> bytes:
    """Good bytes that were cut, spliced, flipped or repeated without regard to what they mean."""
    data = bytearray(draw(sent))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["cut", "end", "insert", "flip", "repeat", "head", "splice"]))
        if what == "cut":
            del data[position : position + draw(st.integers(1, 8))]
        elif what == "end":
            del data[position:]
        elif what == "insert":
            data[position:position] = draw(st.binary(max_size=8))
        elif what == "flip" and position < len(data):
            data[position] ^= 1 << draw(st.integers(0, 7))
        elif what == "repeat":
            data[position:position] = bytes(data[: draw(st.integers(0, 20))])
        elif what == "splice":
            other = draw(sent)
            data[position:] = other[draw(st.integers(0, len(other))) :]
        elif what == "head" and position < len(data):
            data[position] = draw(st.sampled_from([0x80, 0x8F, 0x90, 0xC1, 0xC9, 0xD9, 0xDC, 0xDD, 0xDF, 0xFF]))
    return bytes(data)


def frames_spoilt(frame: st.SearchStrategy[frames.Frame] = from_worker) -> st.SearchStrategy[bytes]:
    """A frame in which something was changed."""
    sent = frame.map(msgspec.msgpack.encode)
    return misshapen(sent) | spoilt_bytes(sent)


@st.composite
def reference(draw: st.DrawFn, room: int = 4096) -> msgspec.msgpack.Ext:
    """A reference to an array: sound, or wrong in one of its parts, overlapping others or not."""
    dtype = draw(
        st.sampled_from(
            [np.dtype(one).str for one in DTYPES] + ["|O", "|S5", "<U3", "<M8[s]", ">f4", "f4", "", "\x1b[2J"]
        )
    )
    shape = draw(st.lists(st.integers(0, 40), max_size=3) | st.lists(st.sampled_from(EDGES), max_size=40))
    offset = draw(st.integers(0, 2 * room // 64).map(lambda n: 64 * n) | st.just(-1) | st.sampled_from(EDGES))
    rate = draw(st.sampled_from([0, 44_100]) | st.sampled_from(EDGES))
    data = draw(st.binary(max_size=40))
    parts: list[Any] = [dtype, shape, offset, rate, data]
    if draw(st.integers(0, 5)) == 0:
        parts[draw(st.integers(0, 4))] = draw(nasty)
    try:
        payload = msgspec.msgpack.encode(parts[: draw(st.integers(3, 5))])
    except (OverflowError, TypeError):
        payload = b"\xc0"
    return msgspec.msgpack.Ext(draw(st.sampled_from([1, 1, 1, 2, 2, 3, -1, 127])), payload)


structures = st.recursive(
    plain | reference() | nasty,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
).map(msgspec.msgpack.encode)
"""Packed values as an enemy makes them who knows the format."""

hostile_structures = structures | spoilt_bytes(structures) | st.binary(max_size=400)


def same(one: Any, other: Any) -> bool:
    """Equality that takes NaN for itself and looks at types, dtypes, shapes and bytes."""
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
    if isinstance(one, float):
        return np.float64(one).tobytes() == np.float64(other).tobytes()
    return bool(one == other)
