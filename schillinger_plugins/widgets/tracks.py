"""Tracks: values over time, as curves and images.

Owns how an output with times (or a rate, or a value per step) becomes one: its axes, its range, decibels, and which are
shown before anybody asks. Refuses nothing: what has no place in time is None. Called by ``views``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..definition import Output
from ..result import Result
from .tiles import Floats, to_db

_DB_RANGE = 80.0
_SAMPLE_COLUMNS = 4096
_SPECTRUM_ROWS = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """Values over time.

    Attributes
    ----------
    kind : "image" or "curve"
    values : np.ndarray [shape=(rows, steps)]
    times_s : np.ndarray [shape=(steps,)]
    low, high : float
        The range that is drawn, after `decibels`.
    bins : np.ndarray [shape=(rows,)], optional
        Centres of the rows, in `bins_unit`.
    decibels : bool
        The values are powers and are drawn in dB.
    shown : bool
        Whether it is drawn before anybody asks.
    """

    name: str
    label: str
    kind: Literal["image", "curve"]
    unit: str
    values: Floats
    times_s: Floats
    low: float
    high: float
    bins: Floats | None = None
    bins_unit: str = ""
    bin_names: tuple[str, ...] = ()
    decibels: bool = False
    shown: bool = False
    tooltip: str = ""

    def drawn(self, values: Floats) -> Floats:
        """Values as they are drawn: in dB where the track says so."""
        return to_db(values) if self.decibels else values


def track_of(output: Output, value: Any, result: Mapping[str, Any], duration_s: float) -> Track | None:
    """The track that an output is, or None."""
    if output.sample_type is None and output.times is None:
        return None
    values = numbers(value)
    if values is None or values.ndim not in (1, 2) or values.size == 0:
        return None
    values = values[np.newaxis] if values.ndim == 1 else values
    times_s = _times(output, values.shape[1], result, duration_s)
    if times_s is None:
        return None
    rows = values.shape[0]
    bins = numbers(result.get(output.bins)) if output.bins else None
    if bins is not None and bins.shape != (rows,):
        bins = None
    bin_names = output.bin_names if len(output.bin_names) == rows else ()
    bins_unit = _unit_of(output.bins, result)
    # A spectrum of powers spans many orders of magnitude: without dB all but its peaks is black.
    decibels = rows > 1 and bins_unit == "Hz" and output.unit.lower() in ("", "power", "1") and _spans_decades(values)
    low, high = _range(values, decibels=decibels, unit=output.unit, from_zero=bool(bin_names))
    return Track(
        name=output.name,
        label=output.label,
        kind="image" if rows > 1 else "curve",
        unit="dB" if decibels else output.unit,
        values=values,
        times_s=times_s,
        low=low,
        high=high,
        bins=bins,
        bins_unit=bins_unit,
        bin_names=bin_names,
        decibels=decibels,
        tooltip=output.tooltip,
    )


def numbers(value: Any) -> npt.NDArray[Any] | None:
    if isinstance(value, (list, tuple)):
        try:
            value = np.asarray(value)
        except ValueError:
            return None
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        return None
    return value if value.dtype.kind == "f" else value.astype(np.float64)


def _times(output: Output, steps: int, result: Mapping[str, Any], duration_s: float) -> Floats | None:
    """Of the last axis: as the descriptor says, else evenly over the sound."""
    if output.times is not None:
        times = numbers(result.get(output.times))
        if times is None or times.shape != (steps,) or not np.isfinite(times).all() or (np.diff(times) < 0).any():
            return None
        return times.astype(np.float64)
    if output.sample_rate is not None:
        return np.arange(steps) / output.sample_rate
    if output.sample_type == "variable_rate" or duration_s <= 0:
        return None
    return (np.arange(steps) + 0.5) * (duration_s / steps)


def _unit_of(name: str | None, result: Mapping[str, Any]) -> str:
    output = result.definition.output(name) if name and isinstance(result, Result) else None
    return output.unit if output else ""


def _thinned(values: Floats) -> Floats:
    """Some thousand steps stand for all, so that the range of an hour is known at once."""
    return values[:, :: max(1, values.shape[1] // _SAMPLE_COLUMNS)]


def _spans_decades(values: Floats) -> bool:
    sample = _thinned(values)
    sample = sample[np.isfinite(sample)]
    return (
        sample.size > 0 and bool(sample.min() >= 0) and bool(sample.max() > 100 * max(float(np.median(sample)), 1e-20))
    )


def _range(values: Floats, *, decibels: bool, unit: str, from_zero: bool) -> tuple[float, float]:
    sample = _thinned(values)
    sample = to_db(sample) if decibels else sample
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return 0.0, 1.0
    low, high = float(sample.min()), float(sample.max())
    if (decibels or unit.startswith("dB")) and values.shape[0] > 1:
        low = max(low, high - _DB_RANGE)
    elif values.shape[0] > 1 and not from_zero:
        low, high = (float(v) for v in np.percentile(sample, [1, 99]))
    elif low >= 0 and (from_zero or low < 0.1 * high):
        low = 0.0
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def choose(tracks: list[Track]) -> Iterable[Track]:
    """The spectrogram and the chromagram come first and are drawn at once; the others wait to be asked for."""
    chosen = sorted(tracks, key=_telling, reverse=True)[:2]
    for track in tracks:
        if track in chosen:
            yield replace(track, shown=True)
    for track in tracks:
        if track not in chosen:
            yield track


def _telling(track: Track) -> int:
    """How much a picture says by itself, by its descriptor."""
    if track.kind == "curve":
        return 1
    if track.bin_names and all(name[:1] in "ABCDEFGH" and len(name) <= 3 for name in track.bin_names):
        return 4
    if track.bins is not None and track.bins_unit == "Hz" and len(track.bins) >= _SPECTRUM_ROWS:
        return 4
    return 3 if track.bin_names or track.bins is not None else 2
