"""Ports: the typed ends of a node, and whether a value fits one.

Owns the port types and what Python values each takes. Refuses to guess: an array of samples without a rate is no
audio. Called by ``definition`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..schema.strict import SHORT_PATTERN, Line, Name, StrictModel, Text, is_name, show
from ..types import Audio, Figure

PortType = Annotated[
    Literal[
        "audio",
        "array",
        "number",
        "integer",
        "string",
        "boolean",
        "list",
        "object",
        "midi",
        "events",
        "figure",
        "bytes",
        "any",
    ],
    BeforeValidator(lambda word: also_called(word, _OUR_WORDS)),
]
SampleType = Literal["one_per_step", "fixed_rate", "variable_rate"]


PYTHON_WORDS = {"float": "number", "int": "integer", "bool": "boolean", "str": "string"}
_OUR_WORDS = {**PYTHON_WORDS, "ndarray": "array", "dict": "object"}


def also_called(word: object, our_words: Mapping[str, str]) -> object:
    """Our word for a type that people also know by Python's name for it."""
    return our_words.get(word, word) if isinstance(word, str) else word


class Misfit(ValueError):
    """A value that doesn't fit. Reads on from its name: ``is 40 dB, above 24 dB``."""

    def __init__(self, message: str, *, remedy: str | None = None, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.at = at


class Labelled(StrictModel):
    """What has a name for Python and one for people."""

    name: Name = Field(description="what it is called in Python")
    label: Line = Field(default_factory=str, description="what people call it; the name, if not given")

    @model_validator(mode="before")
    @classmethod
    def _label_is_name(cls, data: Any) -> Any:
        if (
            isinstance(data, dict)
            and "label" not in data
            and isinstance(name := data.get("name"), str)
            and is_name(name)
        ):
            return {**data, "label": name}
        return data


class _End(Labelled):
    type: PortType = Field(description="what kind of value")
    unit: Annotated[str, Field(max_length=32, pattern=SHORT_PATTERN)] = Field(default="", description="dB, Hz, s, …")
    tooltip: Text = Field(default="", description="a sentence that explains it")

    def describe(self) -> str:
        """Type and unit in a few words: ``number, Hz``."""
        return f"{self.type}, {self.unit}" if self.unit else self.type


class Port(_End):
    """An input."""

    required: bool = Field(default=True, description="whether the node runs only with it")


class Output(_End):
    """An output, with what a plot needs to know (the descriptors of Vamp's feature extractors)."""

    sample_type: SampleType | None = Field(
        default=None,
        description=(
            "one_per_step: a value per analysis step; fixed_rate: sample_rate values a second; "
            "variable_rate: events at `times`"
        ),
    )
    times: Name | None = Field(default=None, description="the output that holds the times in s of the last axis")
    bins: Name | None = Field(default=None, description="the output that holds the bin centres of the first axis")
    bin_count: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        default=None, description="length of the first axis"
    )
    bin_names: Annotated[
        tuple[Annotated[str, Field(max_length=64, pattern=SHORT_PATTERN)], ...], Field(strict=False, max_length=1024)
    ] = Field(default=(), description="names of the bins, as C, C#, D")
    has_duration: bool = Field(default=False, description="whether each event lasts")
    sample_rate: Annotated[float, Field(gt=0)] | None = Field(default=None, description="values per second in Hz")


def fit(kind: PortType, value: Any, *, finite: bool = True) -> Any:
    """`value` as a port of that kind takes it.

    Parameters
    ----------
    kind : PortType
    value : Any
        Not None.
    finite : bool
        Whether a number must be finite.

    Raises
    ------
    Misfit
        If it is of another type.
    """
    return _FITTINGS[kind](value, finite)


def _audio(value: Any, _: bool) -> Audio:
    if isinstance(value, Audio):
        return value
    if isinstance(value, np.ndarray):
        message = f"is an array of shape {value.shape} without a sample rate"
        raise Misfit(message, remedy="pass (samples, sample_rate), Audio(samples, sample_rate) or a file's path")
    raise _misfit("audio", value, "pass a file's path, (samples, sample_rate) or Audio(samples, sample_rate)")


def _array(value: Any, _: bool) -> np.ndarray[Any, Any]:
    if isinstance(value, Audio):
        raise Misfit("is Audio, expected an array", remedy="pass its .samples")
    if not isinstance(value, (np.ndarray, list, tuple)):
        raise _misfit("an array of numbers", value)
    if not isinstance(value, np.ndarray):
        _demand_moderation(value)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise Misfit("is a list whose parts have different lengths, expected an array") from error
    if array.dtype.kind not in "biufc":
        raise Misfit(f"is an array of {array.dtype}, expected one of numbers")
    return array


def _demand_moderation(value: Sequence[Any]) -> None:
    """Refuse lists that NumPy would make a far larger array of than they are.

    One long text among many short ones makes all as long, one complex array among many of bytes makes all sixteen times as
    large: what a worker packs into megabytes must not become terabytes here.
    """
    lists: list[Sequence[Any]] = [value]
    seen: set[int] = set()
    dtypes: set[np.dtype[Any]] = set()
    items = given_bytes = 0
    while lists:
        rest = lists.pop()
        if id(rest) in seen:
            continue
        seen.add(id(rest))
        numbers = len(rest)
        for item in () if _PLAIN_NUMBERS.issuperset(map(type, rest)) else rest:
            if isinstance(item, (str, bytes)):
                raise Misfit(f"holds {show(item)}, expected an array of numbers")
            if isinstance(item, (list, tuple)):
                lists.append(item)
                numbers -= 1
            elif isinstance(item, np.ndarray):
                items += item.size
                given_bytes += item.nbytes
                dtypes.add(item.dtype)
                numbers -= 1
        if numbers:
            items += numbers
            given_bytes += numbers * _PYTHON_NUMBER.itemsize
            dtypes.add(_PYTHON_NUMBER)
    if not dtypes:
        return
    try:
        made_bytes = items * np.result_type(*dtypes).itemsize
    except TypeError:  # of what are no numbers, which NumPy keeps as they are
        return
    if made_bytes > _MODERATE_BYTES + 4 * given_bytes:
        raise Misfit(
            f"mixes arrays of {', '.join(sorted(map(str, dtypes)))}, which would take {made_bytes >> 20} MB as one",
            remedy="convert them to one type first",
        )


_PLAIN_NUMBERS = frozenset({int, float, bool, complex})
_PYTHON_NUMBER = np.dtype(np.float64)
_MODERATE_BYTES = 64 * 1024 * 1024


def number(value: Any, finite: bool = True) -> float:
    """A real number as a float. Raises `Misfit` for booleans, text, and NaN or infinity unless `finite` is False."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise _misfit("a number", value)
    try:
        result = float(value)
    except OverflowError as error:
        raise Misfit("is a number too large for a float") from error
    if finite and not math.isfinite(result):
        raise Misfit(f"is {result}, expected a finite number")
    return result


def integer(value: Any, _: bool = True) -> int:
    """A whole number as an int; 4096.0 is one. Raises `Misfit`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise _misfit("a whole number", value)
    if not isinstance(value, (int, np.integer)) and not float(value).is_integer():
        raise Misfit(f"is {value}, expected a whole number")
    result = int(value)
    if not -(2**63) <= result < 2**63:
        raise Misfit("is a whole number of more than 64 bits")
    return result


def boolean(value: Any, _: bool = True) -> bool:
    """True or False. Raises `Misfit` for 0, 1 and everything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise _misfit("True or False", value)
    return bool(value)


def _string(value: Any, _: bool) -> str:
    if not isinstance(value, str):
        raise _misfit("a string", value)
    return str(value)


def _list(value: Any, _: bool) -> list[Any]:
    if isinstance(value, np.ndarray):
        raise Misfit("is an array, expected a list", remedy="pass its .tolist()")
    if not isinstance(value, (list, tuple)):
        raise _misfit("a list", value)
    return list(value)


def _object(value: Any, _: bool) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _misfit("a dictionary", value)
    for key in value:
        if not isinstance(key, str):
            raise Misfit(f"has the key {show(key)}, expected strings as keys")
    return dict(value)


def _bytes(value: Any, _: bool) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise _misfit("bytes", value)
    return bytes(value)


def _midi(value: Any, finite: bool) -> bytes:
    data = _bytes(value, finite)
    if not data.startswith(b"MThd"):
        message = f"is {len(data)} bytes that are no MIDI file (it begins with {data[:4]!r}, not b'MThd')"
        raise Misfit(message, remedy="pass a Standard MIDI File as bytes")
    return data


def _events(value: Any, finite: bool) -> list[dict[str, Any]]:
    if not isinstance(value, (list, tuple)):
        raise _misfit("a list of events", value)
    for index, event in enumerate(value):
        if not isinstance(event, Mapping):
            raise Misfit(f"has {show(event)} as event {index}, expected a dictionary")
    return [_object(event, finite) for event in value]


def _figure(value: Any, _: bool) -> Figure:
    from .figures import checked  # the parsers behind it are needed by few

    return checked(value)


def _any(value: Any, _: bool) -> Any:
    return value


def _misfit(expected: str, value: Any, remedy: str | None = None) -> Misfit:
    return Misfit(f"is {show(value)} ({type(value).__name__}), expected {expected}", remedy=remedy)


_FITTINGS: dict[PortType, Callable[[Any, bool], Any]] = {
    "audio": _audio,
    "array": _array,
    "number": number,
    "integer": integer,
    "string": _string,
    "boolean": boolean,
    "list": _list,
    "object": _object,
    "midi": _midi,
    "events": _events,
    "figure": _figure,
    "bytes": _bytes,
    "any": _any,
}
