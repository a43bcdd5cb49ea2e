"""Parameters: what can be set on a node, and within what range.

Owns the parameter types, the rules of their own description (a default must satisfy its own range), and the check of
a value. Refuses values out of range rather than clipping them. Called by ``definition`` alone.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from ..schema.strict import SHORT_PATTERN, Line, Name, Number, Text, offence, show, suggestion
from ..types.audio import MAX_CHANNELS
from ..types.file import MAX_NAME, File
from .ports import PYTHON_WORDS, Labelled, Misfit, also_called, boolean, integer, number

ParameterType = Annotated[
    Literal["number", "integer", "boolean", "string", "choice", "breakpoints", "channels", "file", "any"],
    BeforeValidator(lambda word: also_called(word, _OUR_WORDS)),
]
_OUR_WORDS = {
    **PYTHON_WORDS,
    "select": "choice",
    "enum": "choice",
    **dict.fromkeys(("list", "array", "object", "dict"), "any"),
}

MAX_BREAKPOINTS = 100_000
MAX_STRING = 10_000
MAX_ALIASES = 16
MAX_ENDINGS = 32
MAX_PATH = 4096

FILE_BYTES = 1_000_000
"""What a file may have whose parameter says nothing else."""

MAX_FILE_BYTES = 64 * 1024 * 1024
"""What a parameter may say at most: the content is held in memory on both sides."""

Ending = Annotated[str, Field(pattern=r"^(\.[A-Za-z0-9_\-]{1,16}){1,3}$")]


class Parameter(Labelled):
    """One thing that can be set.

    ``number`` and ``integer`` have a range; ``choice`` one of `options`; ``breakpoints`` a list of
    ``[time_s, value]`` with times that grow; ``channels`` a list of channel indices from 0; ``file`` the content of a
    file, or None; ``any`` is left to the plugin to check.
    """

    type: ParameterType = Field(description="what kind of value")
    default: Any = Field(
        default=None,
        description="the value when nobody sets one; 0 (or the nearest in range), false, empty if not given",
    )
    min: Number | None = Field(default=None, description="smallest value allowed")
    max: Number | None = Field(default=None, description="largest value allowed")
    step: Number | None = Field(
        default=None, description="how far a slider or an arrow key moves; values between are allowed"
    )
    unit: Annotated[str, Field(max_length=32, pattern=SHORT_PATTERN)] = Field(default="", description="dB, Hz, s, …")
    options: Annotated[tuple[Line, ...], Field(strict=False, max_length=512)] = Field(
        default=(), description="the values of a choice"
    )
    automatable: bool = Field(default=False, description="whether it may change over time")
    tooltip: Text = Field(default="", description="a sentence that explains it")
    scale: Literal["linear", "log"] = Field(default="linear", description="how a slider maps its range")
    aliases: Annotated[tuple[Name, ...], Field(strict=False, max_length=MAX_ALIASES)] = Field(
        default=(), description="what it was called before; who still says so means this parameter"
    )
    accept: Annotated[tuple[Ending, ...], Field(strict=False, max_length=MAX_ENDINGS)] = Field(
        default=(), description="how the name of a file may end, as .scl; however it likes if there is none"
    )
    max_bytes: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES)] | None = Field(
        default=None, description="of a file, the most that is taken"
    )

    def describe(self) -> str:
        """Type, range and unit in a few words: ``number −96…24 dB``."""
        if self.type == "choice":
            return " | ".join(self.options)
        text: str = self.type
        if self.type == "file":
            return " ".join(filter(None, [text, ", ".join(self.accept), f"up to {size_in_words(self.most_bytes)}"]))
        if self.min is not None or self.max is not None:
            text += f" {_tidy(self.min)}…{_tidy(self.max)}"
        return f"{text} {self.unit}" if self.unit else text

    def check(self, value: Any) -> Any:
        """`value` as the plugin gets it.

        Raises
        ------
        Misfit
            For a wrong type or a value out of range.
        """
        if self.type in ("number", "integer"):
            result = number(value) if self.type == "number" else integer(value)
            self._within(result)
            return result
        if self.type == "boolean":
            return boolean(value)
        if self.type == "any":
            return value
        if self.type == "breakpoints":
            return self._breakpoints(value)
        if self.type == "channels":
            return _channels(value)
        if self.type == "file":
            return self._file(value)
        if not isinstance(value, str):
            raise Misfit(f"is {show(value)} ({type(value).__name__}), expected a string")
        if self.type == "choice" and value not in self.options:
            raise Misfit(
                f"is {show(value)}, expected one of {', '.join(self.options)}",
                remedy=suggestion(value[:100], self.options),
            )
        if len(value) > MAX_STRING:
            raise Misfit(f"has {len(value)} characters, at most {MAX_STRING} are taken")
        return str(value)

    @property
    def most_bytes(self) -> int:
        """Of a file, the most that is taken."""
        return self.max_bytes or FILE_BYTES

    def too_large(self, size: int) -> str:
        """What is said of a file that has more."""
        return f"has {size:,} bytes, at most {self.most_bytes:,} are taken"

    def named(self, value: Any) -> Any:
        """`value` as it is set and kept, where a file may be named: its path as text, and nothing is read.

        Raises
        ------
        Misfit
            As `check`; for a name that doesn't end as one of `accept`; for content, which nobody keeps.
        """
        if self.type != "file" or value is None:
            return self.check(value)
        if not isinstance(value, (str, PurePath)):
            raise Misfit(f"is {show(value)} ({type(value).__name__}), expected a file's path", remedy="give its path")
        path = str(value)
        if not path.strip() or len(path) > MAX_PATH or "\0" in path:
            raise Misfit("is no path", remedy="give the path of a file")
        self._ends_well(path)
        return path

    def _file(self, value: Any) -> File | None:
        if value is None:
            return None
        if isinstance(value, bytes):
            value = File("", value)
        if isinstance(value, (str, PurePath)):
            # Whoever may read files has put the content here by now: see ``reading``.
            raise Misfit(
                "is the name of a file, and its content is expected: no file is read here",
                remedy="give the content, or let a person choose the file",
            )
        if not isinstance(value, File):
            raise Misfit(
                f"is {show(value)} ({type(value).__name__}), expected a file",
                remedy="give its path, its content as bytes, or File(name, content)",
            )
        if value.name:
            self._ends_well(value.name)
        if len(value.data) > self.most_bytes:
            raise Misfit(self.too_large(len(value.data)), remedy="give a smaller file")
        return value

    def _ends_well(self, name: str) -> None:
        if self.accept and not name.lower().endswith(tuple(ending.lower() for ending in self.accept)):
            shown = name.rpartition("/")[2][-MAX_NAME:]
            raise Misfit(
                f"is called {show(shown)}, expected a name that ends in {' or '.join(self.accept)}",
                remedy="give such a file",
            )

    def _within(self, value: float, *, subject: str = "is", at: tuple[str | int, ...] = ()) -> None:
        if (self.min is None or value >= self.min) and (self.max is None or value <= self.max):
            return
        unit = f" {self.unit}" if self.unit else ""
        remedy = f"choose {_tidy(self.min)} to {_tidy(self.max)}{unit}"
        if self.min is not None and value < self.min:
            raise Misfit(
                f"{subject} {_tidy(value)}{unit}, below the minimum {_tidy(self.min)}{unit}", remedy=remedy, at=at
            )
        raise Misfit(f"{subject} {_tidy(value)}{unit}, above the maximum {_tidy(self.max)}{unit}", remedy=remedy, at=at)

    def _breakpoints(self, value: Any) -> list[list[float]]:
        remedy = "write [(time_s, value), …], as [(0, -6), (2, 0)]"
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if not isinstance(value, (list, tuple)):
            raise Misfit(f"is {show(value)}, expected breakpoints", remedy=remedy)
        if len(value) > MAX_BREAKPOINTS:
            raise Misfit(f"has {len(value)} breakpoints, at most {MAX_BREAKPOINTS} are taken")
        points: list[list[float]] = []
        for index, point in enumerate(value):
            if not isinstance(point, (list, tuple)) or len(point) != 2:
                raise Misfit(
                    f"has {show(point)} as breakpoint {index}, expected a time in s and a value",
                    remedy=remedy,
                    at=(index,),
                )
            try:
                time_s, level = number(point[0]), number(point[1])
            except Misfit as misfit:
                raise Misfit(f"has a breakpoint {index} that {misfit}", remedy=remedy, at=(index,)) from None
            if time_s < 0 or (points and time_s <= points[-1][0]):
                raise Misfit(
                    f"has breakpoint {index} at {_tidy(time_s)} s, "
                    + ("before 0 s" if time_s < 0 else f"not after {_tidy(points[-1][0])} s"),
                    remedy="give times that grow strictly, from 0 s on",
                    at=(index,),
                )
            self._within(level, subject=f"has a breakpoint {index} that is", at=(index,))
            points.append([time_s, level])
        return points

    @model_validator(mode="before")
    @classmethod
    def _default_of_type(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data.get("type") == "file" and data.get("max_bytes") is None:
            data = {**data, "max_bytes": FILE_BYTES}
        if "default" in data:
            return data
        low, high, options = data.get("min"), data.get("max"), data.get("options")
        zero: Any = 0
        if isinstance(low, (int, float)) and low > 0:
            zero = low
        elif isinstance(high, (int, float)) and high < 0:
            zero = high
        defaults = {"number": zero, "integer": zero, "boolean": False, "string": "", "breakpoints": [], "channels": []}
        kind = also_called(data.get("type"), _OUR_WORDS)
        if kind == "choice" and isinstance(options, (list, tuple)) and options:
            return {**data, "default": options[0]}
        return {**data, "default": defaults.get(kind)} if isinstance(kind, str) else data

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self._is_plain:
            return self._with_sound_default()
        for key in ("accept", "max_bytes"):
            if getattr(self, key) and self.type != "file":
                raise offence(f"a {self.type} has no {key}", at=(key,), remedy='remove it, or say "type": "file"')
        if self.type == "file" and self.default is not None:
            raise offence(
                "a file has no default: the host reads none that a plugin names",
                at=("default",),
                remedy="remove it; without a file the plugin gets None",
            )
        ranged = self.type in ("number", "integer", "breakpoints")
        for key in ("min", "max", "step"):
            bound = getattr(self, key)
            if bound is None:
                continue
            if not ranged or (key == "step" and self.type == "breakpoints"):
                raise offence(f"a {self.type} has no {key}", at=(key,), remedy="remove it")
            if self.type == "integer" and not float(bound).is_integer():
                raise offence(f"{bound} is no whole number, and the parameter is an integer", at=(key,))
        if self.min is not None and self.max is not None and self.min > self.max:
            raise offence(f"min {self.min} is greater than max {self.max}", at=("min",), remedy="swap them")
        if self.step is not None and self.step <= 0:
            raise offence(f"step {self.step} is not positive", at=("step",))
        if self.scale == "log" and (self.type not in ("number", "integer") or self.min is None or self.min <= 0):
            raise offence(
                "a log scale needs a number with a positive min", at=("scale",), remedy='use "linear" or set min'
            )
        if bool(self.options) != (self.type == "choice"):
            message = "a choice needs options" if self.type == "choice" else f"a {self.type} has no options"
            raise offence(message, at=("options",), remedy="only a choice has them, and it has at least one")
        if len(set(self.options)) < len(self.options):
            raise offence("an option is there twice", at=("options",), remedy="remove one")
        if self.automatable and self.type not in ("number", "integer"):
            raise offence(f"a {self.type} can't be automated", at=("automatable",), remedy="only numbers can")
        return self._with_sound_default()

    @property
    def _is_plain(self) -> bool:
        """Whether it has nothing that could contradict its type, as most have not: then there is no more to ask."""
        return (
            self.min is None
            and self.max is None
            and self.step is None
            and not self.options
            and not self.automatable
            and self.type not in ("choice", "file")
            and not self.accept
            and self.max_bytes is None
            and self.scale == "linear"
        )

    def _with_sound_default(self) -> Self:
        try:
            self.check(self.default)
        except Misfit as misfit:
            raise offence(f"the default {misfit}", at=("default", *misfit.at), remedy=misfit.remedy) from misfit
        return self


def _channels(value: Any) -> list[int]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (list, tuple, set, frozenset, range)):
        raise Misfit(f"is {show(value)}, expected a list of channels", remedy="write [0, 1]; the first channel is 0")
    if len(value) > MAX_CHANNELS:
        raise Misfit(f"has {len(value)} channels, at most {MAX_CHANNELS} are taken")
    channels: list[int] = []
    for index, item in enumerate(value):
        try:
            channel = integer(item)
        except Misfit as misfit:
            raise Misfit(f"has a channel that {misfit}", remedy="the first channel is 0", at=(index,)) from None
        if not 0 <= channel < MAX_CHANNELS:
            raise Misfit(
                f"has the channel {channel}, expected 0 to {MAX_CHANNELS - 1}",
                remedy="the first channel is 0",
                at=(index,),
            )
        if channel in channels:
            raise Misfit(f"has the channel {channel} twice", remedy="name each channel once", at=(index,))
        channels.append(channel)
    return channels


def size_in_words(size: int) -> str:
    """``1 MB``, ``512 kB``, ``12 bytes``."""
    for factor, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} bytes"


def _tidy(value: float | None) -> str:
    """``−96``: a true minus sign, no trailing zeros, and ``∞`` for no bound."""
    return "∞" if value is None else f"{value:.10g}".replace("-", "−")
