"""Segments: parts of a sound with a name each, as sections, chords and notes are.

Owns how they are read from an output: events that say when they begin and end (or how long they last), pairs of times, and
values that hold until the next one's time. Refuses nothing: what isn't finite is left out, and what is no list of parts is
None. Called by ``views``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..definition import Output
from ..dsp.pitch import note_name
from .tiles import Floats

MAX_SEGMENTS = 20_000
MAX_LABEL = 120
"""Characters; a longer one is cut."""

_BEGINS = ("start_s", "start", "time_s", "time")
_ENDS = ("end_s", "end")
_LASTS = ("duration_s", "duration")
_NAMES = ("label", "name", "section", "chord", "value")


@dataclass(frozen=True, kw_only=True, eq=False)
class Segments:
    """Parts.

    Attributes
    ----------
    starts_s, ends_s : np.ndarray [shape=(parts,)]
        Finite, sorted by `starts_s`; no part ends before it begins.
    labels : tuple of str
        As long; cut to `MAX_LABEL` characters.
    """

    name: str
    label: str
    starts_s: Floats
    ends_s: Floats
    labels: tuple[str, ...]
    tooltip: str = ""


def segments_of(output: Output, value: Any, result: Mapping[str, Any], duration_s: float) -> Segments | None:
    """The parts that an output holds, or None.

    Parameters
    ----------
    output : Output
        ``has_duration`` says that pairs of times are parts, and that values hold until the next one's time.
    value : Any
    result : Mapping
        Where the output's ``times`` are.
    duration_s : float
        Where the last of the values that hold ends.
    """
    parts = _events(value) if isinstance(value, (list, tuple)) else None
    if parts is None and output.has_duration:
        parts = _pairs(value) if output.times is None else _holding(value, result.get(output.times), duration_s)
    if not parts:
        return None
    parts = sorted(parts, key=lambda part: part[0])[:MAX_SEGMENTS]
    return Segments(
        name=output.name,
        label=output.label,
        starts_s=np.array([start for start, _, _ in parts]),
        ends_s=np.array([end for _, end, _ in parts]),
        labels=tuple(label for _, _, label in parts),
        tooltip=output.tooltip,
    )


def _events(value: Any) -> list[tuple[float, float, str]] | None:
    """Dictionaries with a begin, and an end or a duration. None if these are none."""
    if not value or not all(isinstance(event, Mapping) for event in value):
        return None
    parts = []
    for event in value:
        start = _first(event, _BEGINS)
        end, lasts = _first(event, _ENDS), _first(event, _LASTS)
        if start is None or (end is None and lasts is None):
            continue
        end = start + (lasts or 0.0) if end is None else end
        if 0.0 <= end - start < math.inf:
            parts.append((start, end, _label(event)))
    return parts or None


def _pairs(value: Any) -> list[tuple[float, float, str]] | None:
    pairs = _real_array(value)
    if pairs is None or pairs.ndim != 2 or pairs.shape[1] != 2:
        return None
    kept = np.isfinite(pairs).all(axis=1) & (pairs[:, 1] >= pairs[:, 0])
    return [(float(start), float(end), "") for start, end in pairs[kept][:MAX_SEGMENTS]]


def _holding(value: Any, times: Any, duration_s: float) -> list[tuple[float, float, str]] | None:
    starts = _real_array(times)
    if starts is None or starts.ndim != 1 or not isinstance(value, (list, tuple, np.ndarray)):
        return None
    if len(value) != len(starts) or not np.isfinite(starts).all() or (np.diff(starts) < 0).any():
        return None
    ends = np.append(starts[1:], max(duration_s, float(starts[-1]))) if len(starts) else starts
    labels = (_written(one) for one in value[:MAX_SEGMENTS])
    return list(zip(starts.tolist(), ends.tolist(), labels, strict=False))


def _real_array(value: Any) -> Floats | None:
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(np.float64) if array.dtype.kind in "iuf" else None


def _first(event: Mapping[Any, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        value = event.get(name)
        if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def _label(event: Mapping[Any, Any]) -> str:
    for name in _NAMES:
        if (value := event.get(name)) is not None and isinstance(value, (str, int, float, np.number)):
            return _written(value)
    pitch = _first(event, ("pitch",))
    return note_name(pitch) if pitch is not None and 0 <= pitch < 128 else ""


def _written(value: Any) -> str:
    text = (
        value if isinstance(value, str) else f"{value:.4g}" if isinstance(value, (float, np.floating)) else f"{value}"
    )
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"
