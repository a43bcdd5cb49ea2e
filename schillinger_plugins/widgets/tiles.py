"""Tiles: what a canvas of some hundred columns needs of an array of any length.

Owns the reduction of samples to minima and maxima for each column (through a pyramid, so that an hour of audio is zoomed
at once) and the quantisation of images to bytes. Refuses nothing: a range outside the data gives empty columns. Called by
``analysis`` and ``picture``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

MAX_COLUMNS = 4096
NO_DATA = 255
"""The byte of an image that says: no value here. Values are 0 to 254."""

_BLOCK = 256
_FACTOR = 4


class Pyramid:
    """Minima and maxima of samples, at several resolutions.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, frames)]
        NaN is passed over.

    Notes
    -----
    Level k holds a pair for each ``256 * 4**k`` samples; it is made in one pass from the level below. All levels together
    take about 1/96 of the samples' memory.
    """

    def __init__(self, samples: Floats) -> None:
        self._samples = samples
        self._levels: list[tuple[int, Floats, Floats]] = []
        block, low, high = 1, samples, samples
        while low.shape[1] > _BLOCK * _FACTOR:
            factor = _BLOCK if block == 1 else _FACTOR
            low, high = _pool(low, factor, np.fmin), _pool(high, factor, np.fmax)
            block *= factor
            self._levels.append((block, low, high))

    def columns(self, start: float, stop: float, columns: int) -> npt.NDArray[np.float32]:
        """Minimum and maximum for each of `columns` equal parts of the samples from `start` to `stop`.

        Parameters
        ----------
        start, stop : float
            In samples; may lie outside.
        columns : int

        Returns
        -------
        np.ndarray [shape=(channels, 2, columns), dtype=float32]
            NaN where there are no samples.
        """
        block, low, high = 1, self._samples, self._samples
        for level in self._levels:
            if level[0] * 2 <= (stop - start) / columns:
                block, low, high = level
        edges = np.linspace(start / block, stop / block, columns + 1)
        first, last = _spans(edges, low.shape[1])
        return np.stack([reduce_columns(low, first, last, np.fmin), reduce_columns(high, first, last, np.fmax)], axis=1)


def spans_in_time(times_s: Floats, start_s: float, end_s: float, columns: int) -> tuple[Any, Any]:
    """Which values each column shows, for values at `times_s`.

    A value holds from half-way after its predecessor to half-way before its successor.

    Returns
    -------
    first, last : np.ndarray [shape=(columns,), dtype=int]
        The values ``first[c]`` to ``last[c]`` (exclusive); equal where a column has none.
    """
    count = len(times_s)
    edges_s = np.linspace(start_s, end_s, columns + 1)
    if count == 0:
        nothing = np.zeros(columns, np.intp)
        return nothing, nothing
    if count == 1:
        positions = edges_s - times_s[0] + 0.5
    else:
        middles = (times_s[1:] + times_s[:-1]) / 2
        bounds = np.concatenate([[2 * times_s[0] - middles[0]], middles, [2 * times_s[-1] - middles[-1]]])
        positions = np.interp(edges_s, bounds, np.arange(count + 1), left=-1.0, right=count + 1.0)
    return _spans(positions, count)


def reduce_columns(values: Floats, first: Any, last: Any, how: np.ufunc) -> npt.NDArray[np.float32]:
    """`how` (``np.fmin`` or ``np.fmax``) over ``values[:, first[c]:last[c]]`` for each column c.

    Returns
    -------
    np.ndarray [shape=(rows, columns), dtype=float32]
        NaN where a column has no values.
    """
    rows, columns = values.shape[0], len(first)
    result = np.full((rows, columns), np.nan, np.float32)
    filled = np.flatnonzero(last > first)
    if len(filled) == 0:
        return result
    begin, end = int(first[filled[0]]), int(last[filled[-1]])
    # One more value at the end: reduceat takes indices below the length only. It never counts.
    part = np.concatenate([values[:, begin:end], values[:, end - 1 : end]], axis=1)
    pairs = np.stack([first[filled], last[filled]], axis=1).ravel() - begin
    result[:, filled] = how.reduceat(part, pairs, axis=1)[:, ::2]
    return result


def quantise(image: Floats, low: float, high: float) -> npt.NDArray[np.uint8]:
    """An image as bytes: 0 for `low` and less, 254 for `high` and more, 255 for NaN."""
    span = high - low
    scaled = (np.clip(image, low, high) - low) * (254.0 / span) if span > 0 else np.where(np.isnan(image), np.nan, 0.0)
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(scaled), NO_DATA, np.round(scaled)).astype(np.uint8)


def to_db(power: Floats) -> Floats:
    """Power in dB, with a floor in place of minus infinity."""
    decibels: Floats = 10.0 * np.log10(np.maximum(power, 1e-20))
    return decibels


def _pool(values: Floats, factor: int, how: np.ufunc) -> Floats:
    whole = values.shape[1] // factor * factor
    pooled: Floats = how.reduce(values[:, :whole].reshape(values.shape[0], -1, factor), axis=2)
    if whole < values.shape[1]:
        pooled = np.concatenate([pooled, how.reduce(values[:, whole:], axis=1, keepdims=True)], axis=1)
    return pooled


def _spans(edges: Floats, count: int) -> tuple[Any, Any]:
    """Whole positions of the columns between `edges`; a column narrower than one value shows the value it lies in."""
    # Clipped first: a range far outside is no integer.
    edges = np.clip(edges, -1.0, count + 1.0)
    first = np.floor(edges[:-1]).astype(np.intp)
    last = np.maximum(np.ceil(edges[1:]).astype(np.intp), first + 1)
    return np.clip(first, 0, count), np.clip(last, 0, count)
