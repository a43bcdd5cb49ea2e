"""The values that cross between host and plugin, packed and unpacked.

Owns what may cross (None, booleans, 64-bit integers, floats, strings, bytes, lists, dictionaries with string keys, NumPy
arrays of numbers, `Audio`, `File`) and how: MessagePack for the structure, raw bytes in a shared segment for the arrays.
Refuses everything else with the path to it. Never pickle. Called on both sides; what comes from a worker is copied out of
shared memory before it is looked at.
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from ..errors import ProtocolViolation
from ..types import Audio, File
from .frames import MAX_INLINE_BYTES, Body
from .survey import MAX_DEPTH, Suspicious, survey

ALIGNMENT = 64
MAX_STRUCTURE_BYTES = 4 * 1024 * 1024
"""Of everything but the arrays: a byte of MessagePack can become ten in Python, so numbers by the million go in arrays."""

_SURVEYED_BYTES = 8 * 1024
"""A structure up to this size is read as it comes: the worst that can be made of it takes milliseconds."""

_TINY_BYTES = 256
"""A structure up to this size is read as if it had no arrays, which most have not; if it has, not much is lost."""

SMALL_ARRAY_BYTES = 4096
"""An array up to this size travels within the structure: a block of audio needs no segment."""

MAX_ARRAYS = 10_000
"""Of one value, `Audio` included: each takes the one that unpacks it some microseconds, whatever its size."""

_ARRAY, _AUDIO, _FILE = 1, 2, 3
_INLINE = -1
_SAMPLES = np.dtype(np.float32).str
_BYTES = np.dtype(np.uint8).str
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})
_PLAIN = _SCALARS - {bytes, str}
_DTYPES = frozenset(
    np.dtype(name).str
    for name in [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


class CannotCross(TypeError):
    """A value that can't cross, with its path in the message."""


class TooMuch(Exception):
    """More than `most` bytes come through the segment."""


class _ArrayRef(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    dtype: str
    shape: tuple[int, ...]
    offset: int
    sample_rate: int = 0
    data: bytes = b""
    name: str = ""


class _HasArrays(Exception):
    """A structure refers to arrays."""


def _refuse(code: int, data: memoryview) -> None:
    raise _HasArrays


_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError, TypeError)
_decoder_without_arrays = msgspec.msgpack.Decoder(ext_hook=_refuse)
_ref_encoder = msgspec.msgpack.Encoder()
_ref_decoder = msgspec.msgpack.Decoder(_ArrayRef)


@dataclass(slots=True)
class Packed:
    """Values ready to be sent: their structure, their arrays, and how large a segment they need."""

    structure: bytes
    arrays: list[tuple[int, np.ndarray[Any, Any], str]]
    size: int

    @property
    def layout(self) -> tuple[tuple[object, ...], ...]:
        """Which array lies where, by its path."""
        return tuple((path, offset, array.dtype.str, array.shape) for offset, array, path in self.arrays)

    def lies_in(self, segment: memoryview) -> bool:
        """Whether a segment that was written with the same layout holds the same bytes still to be written."""
        return len(self.structure) <= MAX_INLINE_BYTES and all(
            array.flags.c_contiguous and not _memcmp(array.ctypes.data, _address(segment) + offset, array.nbytes)
            for offset, array, _ in self.arrays
        )

    def write(self, segment: memoryview | None) -> Body:
        """Copy the arrays (and a long structure) into `segment`; return what goes into the frame."""
        for offset, array, _ in self.arrays:
            assert segment is not None
            target = np.ndarray(array.shape, array.dtype, segment, offset)
            np.copyto(target, array)
        return self.written(segment)

    def written(self, segment: memoryview | None) -> Body:
        """What goes into the frame, once the arrays are in `segment`."""
        if len(self.structure) <= MAX_INLINE_BYTES:
            return Body(self.structure)
        assert segment is not None
        offset = self.size - _aligned(len(self.structure))
        segment[offset : offset + len(self.structure)] = self.structure
        return Body(b"", offset, len(self.structure))


def pack(value: Any, root: str) -> Packed:
    """Prepare `value` for crossing.

    Parameters
    ----------
    value : Any
        See the module's list.
    root : str
        How error messages call it, for example ``outputs``.

    Raises
    ------
    CannotCross
        For a value of another type, a key that is no string, an integer past 64 bits, a cycle, nesting past 64, or more
        than `MAX_ARRAYS` arrays.
    """
    if _is_plain(value, 0):
        structure = msgspec.msgpack.encode(value)
        if len(structure) <= _SURVEYED_BYTES:
            return Packed(structure, [], 0)
    packer = _Packer(root)
    tree = packer.plain(value, root, 0)
    try:
        structure = msgspec.msgpack.encode(tree)
    except (OverflowError, UnicodeEncodeError) as error:
        raise CannotCross(f"{root} holds a value that can't cross: {error}") from error
    if len(structure) > MAX_STRUCTURE_BYTES:
        raise CannotCross(
            f"{root} holds {len(structure)} bytes beside its arrays, at most {MAX_STRUCTURE_BYTES} can cross; "
            "put long lists of numbers into NumPy arrays"
        )
    if len(structure) > _SURVEYED_BYTES:
        try:
            survey(structure)
        except Suspicious as error:
            raise CannotCross(f"{root} holds {error}; put tables of numbers into NumPy arrays") from error
    end = packer.end
    if len(structure) > MAX_INLINE_BYTES:
        end += _aligned(len(structure))
    return Packed(structure, packer.arrays, end)


class _Packer:
    """Replaces arrays by references, and refuses what can't cross.

    A class rather than functions that refer to each other: those would keep the arrays until the collector comes.
    """

    __slots__ = ("_references", "_root", "arrays", "end")

    def __init__(self, root: str) -> None:
        self._root = root
        self._references = 0
        self.arrays: list[tuple[int, np.ndarray[Any, Any], str]] = []
        self.end = 0

    def plain(self, value: Any, path: str, depth: int) -> Any:
        """`value` as MessagePack takes it."""
        kind = type(value)
        if kind in _SCALARS:
            if kind in (bytes, str) and len(value) > MAX_STRUCTURE_BYTES:
                raise CannotCross(
                    f"{path} has {len(value)} bytes or characters, at most {MAX_STRUCTURE_BYTES} can cross; "
                    "put bytes into a NumPy array of uint8"
                )
            return value
        if depth > MAX_DEPTH:
            raise CannotCross(f"{path[:200]} is nested more than {MAX_DEPTH} deep (or contains itself)")
        if kind is list or kind is tuple:
            if _PLAIN.issuperset(map(type, value)):
                return value
            return [self.plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
        if isinstance(value, dict):
            for key in value:
                if type(key) is not str:
                    raise CannotCross(f"{path} has the key {key!r}; keys must be strings")
            return {key: self.plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
        if isinstance(value, Audio):
            return self._reference(value.samples, path, _AUDIO, value.sample_rate)
        if isinstance(value, np.ndarray):
            return self._reference(value, path, _ARRAY, 0)
        if isinstance(value, File):
            return self._reference(np.frombuffer(value.data, np.uint8), path, _FILE, 0, value.name)
        if isinstance(value, np.generic) and value.dtype.kind in "biufU" and type(value.item()) in _SCALARS:
            return value.item()  # that of a longdouble is one again
        if isinstance(value, (int, float, str, list, tuple)):  # subclasses: enums of int, named tuples
            return self.plain(_base(value), path, depth + 1)
        raise CannotCross(
            f"{path} is a {kind.__name__}, which can't cross between plugin and host; "
            "use numbers, strings, lists, dictionaries, NumPy arrays, Audio or File"
        )

    def _reference(
        self, array: np.ndarray[Any, Any], path: str, code: int, sample_rate: int, name: str = ""
    ) -> msgspec.msgpack.Ext:
        self._references += 1
        if self._references > MAX_ARRAYS:
            raise CannotCross(f"{self._root} holds more than {MAX_ARRAYS} arrays; stack them into one")
        if array.dtype.str not in _DTYPES:
            native = array.dtype.newbyteorder("=")
            if native.str not in _DTYPES:
                raise CannotCross(f"{path} is an array of {array.dtype}; only arrays of numbers can cross")
            array = array.astype(native)
        if array.nbytes <= SMALL_ARRAY_BYTES:
            ref = _ArrayRef(array.dtype.str, array.shape, _INLINE, sample_rate, array.tobytes(), name)
            return msgspec.msgpack.Ext(code, _ref_encoder.encode(ref))
        offset = self.end
        self.arrays.append((offset, array, path))
        self.end = _aligned(offset + array.nbytes)
        ref = _ArrayRef(array.dtype.str, array.shape, offset, sample_rate, b"", name)
        return msgspec.msgpack.Ext(code, _ref_encoder.encode(ref))


def unpack(body: Body, segment: memoryview | np.ndarray[Any, Any] | None, *, copy: bool, most: float = math.inf) -> Any:
    """Rebuild values.

    Parameters
    ----------
    body : Body
        From the frame.
    segment : memoryview, np.ndarray of uint8 or None
        Where the arrays lie. With `copy` False, it is the base of every array: it lives as long as one of them does.
    copy : bool
        True in the host: everything is copied out of the segment before it is checked, since the worker could change it
        meanwhile. False in the worker: arrays are read-only views of the segment.
    most : float
        Bytes that may come through the segment.

    Raises
    ------
    TooMuch
        For more than that.
    ProtocolViolation
        For references outside the segment, or to more than it holds in all, unknown types, nesting past 64, keys that are
        no strings, more than `MAX_ARRAYS` arrays.
    """
    if body.size > MAX_STRUCTURE_BYTES:
        raise ProtocolViolation(f"{body.size} bytes beside the arrays, at most {MAX_STRUCTURE_BYTES} can cross")
    structure = body.inline
    if not body.size and len(structure) <= _TINY_BYTES:
        try:
            value = _decoder_without_arrays.decode(structure)
        except (_HasArrays, *_UNREADABLE):
            pass  # it says why below
        else:
            if copy:
                _check(value, 0)
            return value
    unpacker = _Unpacker(segment, copy, most)
    if body.size:
        memory = unpacker.claim(body.offset, body.size)
        structure = bytes(memory[body.offset : body.offset + body.size])
    try:
        if len(structure) > _SURVEYED_BYTES:
            survey(structure)
        value = msgspec.msgpack.decode(structure, ext_hook=unpacker.array)
    except (ProtocolViolation, TooMuch):
        raise
    except _UNREADABLE as error:
        raise ProtocolViolation(f"values that can't be read: {error}") from error
    if copy:
        _check(value, 0)
    return value


class _Unpacker:
    """Replaces references by arrays, and refuses those that no honest sender makes."""

    __slots__ = ("_copy", "_most", "_references", "_room", "_segment", "_spent")

    def __init__(self, segment: memoryview | np.ndarray[Any, Any] | None, copy: bool, most: float) -> None:
        self._segment = segment
        self._room = len(segment) if segment is not None else 0
        self._copy = copy
        self._most = most
        self._spent = self._references = 0

    def claim(self, offset: int, size: int) -> memoryview | np.ndarray[Any, Any]:
        """The segment, if that piece lies in it."""
        self._spent += size
        # The sum is capped too: many references to the same bytes would make the host copy them again and again.
        if self._segment is None or offset < 0 or size < 0 or offset + size > self._room or self._spent > self._room:
            raise ProtocolViolation(f"{size} bytes at {offset} lie outside the segment of {self._room}")
        if self._spent > self._most:
            raise TooMuch
        return self._segment

    def array(self, code: int, data: memoryview) -> Any:
        """The array, or the audio, that a reference stands for."""
        self._references += 1
        if self._references > MAX_ARRAYS:
            raise ProtocolViolation(f"more than {MAX_ARRAYS} arrays")
        if code not in (_ARRAY, _AUDIO, _FILE):
            raise ProtocolViolation(f"unknown extension {code}")
        ref = _ref_decoder.decode(data)
        if ref.dtype not in _DTYPES or len(ref.shape) > 32 or any(not 0 <= n < 2**62 for n in ref.shape):
            raise ProtocolViolation(f"no such array: {ref.dtype[:20]!a} {ref.shape[:8]}")
        if code == _AUDIO and (ref.dtype != _SAMPLES or len(ref.shape) != 2):
            raise ProtocolViolation(
                f"audio crosses as {_SAMPLES} of (channels, frames), not as {ref.dtype} {ref.shape}"
            )
        if code == _FILE and (ref.dtype != _BYTES or len(ref.shape) != 1):
            raise ProtocolViolation(f"a file crosses as bytes, not as {ref.dtype} {ref.shape[:8]}")
        dtype = np.dtype(ref.dtype)
        size = math.prod(ref.shape) * dtype.itemsize
        array: np.ndarray[Any, Any]
        if ref.offset == _INLINE:
            if len(ref.data) != size:
                raise ProtocolViolation(f"an array of {size} bytes comes with {len(ref.data)}")
            array = np.frombuffer(ref.data, dtype).reshape(ref.shape) if size else np.empty(ref.shape, dtype)
        elif size:
            if ref.offset % ALIGNMENT:
                raise ProtocolViolation(f"an array begins at a multiple of {ALIGNMENT}, not at {ref.offset}")
            array = np.ndarray(ref.shape, dtype, self.claim(ref.offset, size), ref.offset)
        else:
            array = np.empty(ref.shape, dtype)
        if code == _FILE:
            return _file(ref.name, array)
        if self._copy:
            array = array.copy()
        else:
            array.flags.writeable = False
        if code == _ARRAY:
            return array
        try:
            return Audio(array, ref.sample_rate)
        except (TypeError, ValueError) as error:
            raise ProtocolViolation(f"not a piece of audio: {error}") from error


def _file(name: str, content: np.ndarray[Any, Any]) -> File:
    """A file out of the segment; its content is copied on both sides, since bytes own what they hold."""
    try:
        return File(name, content.tobytes())
    except ValueError as error:
        raise ProtocolViolation(f"not a file: {error}") from error


def _is_plain(value: Any, depth: int) -> bool:
    """Whether `value` can be encoded as it is: the quick way of most calls, whose arguments are a few numbers."""
    kind = type(value)
    if kind in _PLAIN:
        return kind is not int or -(2**63) <= value < 2**64
    if kind is not dict or depth > 3 or len(value) > 64:
        return kind is str and value.isascii()
    return all(type(key) is str and key.isascii() and _is_plain(item, depth + 1) for key, item in value.items())


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind in _SCALARS or kind is np.ndarray or kind is Audio or kind is File:
        return
    if depth > MAX_DEPTH:
        raise ProtocolViolation(f"values nested more than {MAX_DEPTH} deep")
    if kind is list:
        if not _SCALARS.issuperset(map(type, value)):
            for item in value:
                _check(item, depth + 1)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str:
                raise ProtocolViolation(f"keys are strings, not {type(key).__name__}")
            _check(item, depth + 1)
    else:
        raise ProtocolViolation(f"a {kind.__name__} is none of the types that cross")


def _address(segment: memoryview) -> int:
    return int(np.frombuffer(segment, np.uint8).ctypes.data)


def _base(value: Any) -> Any:
    for base in (int, float, str):
        if isinstance(value, base):
            return base(value)
    return list(value)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
