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
_PIECE = 2**22
"""Samples that are pooled at once; a multiple of the block."""


class Pyramid:
    """Minima and maxima of samples, at several resolutions.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, frames)]
        NaN is passed over.
    mixed : bool
        Whether the mean of the channels is meant.

    Notes
    -----
    Level k holds a pair for each ``256 * 4**k`` samples; it is made in one pass from the level below, the first one in
    pieces, so that other threads get their turn and nothing as long as the samples is ever made. All levels together take
    about 1/96 of the samples' memory.
    """

    def __init__(self, samples: Floats, *, mixed: bool = False) -> None:
        self._samples = samples
        self._mixed = mixed
        self._levels: list[tuple[int, Floats, Floats]] = []
        if samples.shape[1] <= _BLOCK * _FACTOR:
            return
        block, low, high = _BLOCK, self._pooled(np.fmin), self._pooled(np.fmax)
        self._levels.append((block, low, high))
        while low.shape[1] > _BLOCK * _FACTOR:
            low, high = _pool(low, _FACTOR, np.fmin), _pool(high, _FACTOR, np.fmax)
            block *= _FACTOR
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
        for block, low, high in reversed(self._levels):
            if block * 2 <= (stop - start) / columns:
                first, last = _spans(np.linspace(start / block, stop / block, columns + 1), low.shape[1])
                return _pairs(low, high, first, last)
        return exact_columns(self._samples, start, stop, columns, mixed=self._mixed)

    def _pooled(self, how: np.ufunc) -> Floats:
        frames = self._samples.shape[1]
        parts = [
            _pool(_mixed(self._samples[:, begin : begin + _PIECE], mixed=self._mixed), _BLOCK, how)
            for begin in range(0, frames, _PIECE)
        ]
        return np.concatenate(parts, axis=1)


def exact_columns(
    samples: Floats, start: float, stop: float, columns: int, *, mixed: bool = False
) -> npt.NDArray[np.float32]:
    """What `Pyramid.columns` gives, from the samples themselves: for spans that are short."""
    first, last = _spans(np.linspace(start, stop, columns + 1), samples.shape[1])
    begin, end = int(first.min(initial=samples.shape[1])), int(last.max(initial=0))
    begin = min(begin, end)
    part = _mixed(samples[:, begin:end], mixed=mixed)
    return _pairs(part, part, first - begin, last - begin)


def glimpsed_columns(
    samples: Floats, start: float, stop: float, columns: int, *, mixed: bool = False
) -> npt.NDArray[np.float32]:
    """What `Pyramid.columns` gives, guessed from a thousandth of a second in each column: at once, whatever the length."""
    middles = np.linspace(start, stop, 2 * columns + 1)[1::2]
    pairs = np.full((1 if mixed else samples.shape[0], 2, columns), np.nan, np.float32)
    for column, middle in enumerate(np.clip(middles, -_BLOCK, samples.shape[1] + _BLOCK).astype(np.intp)):
        part = _mixed(samples[:, max(0, middle - _BLOCK // 2) : max(0, middle + _BLOCK // 2)], mixed=mixed)
        if part.shape[1]:
            pairs[:, 0, column], pairs[:, 1, column] = np.fmin.reduce(part, axis=1), np.fmax.reduce(part, axis=1)
    return pairs


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


def _mixed(samples: Floats, *, mixed: bool) -> Floats:
    if not mixed:
        return samples
    mean: Floats = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return mean


def _pairs(low: Floats, high: Floats, first: Any, last: Any) -> npt.NDArray[np.float32]:
    return np.stack([reduce_columns(low, first, last, np.fmin), reduce_columns(high, first, last, np.fmax)], axis=1)


def _pool(values: Floats, factor: int, how: np.ufunc) -> Floats:
    whole = values.shape[1] // factor * factor
    # Channel by channel: a part of a row can be folded where it lies, a part of several would be copied first.
    pooled: Floats = np.stack([how.reduce(row[:whole].reshape(-1, factor), axis=1) for row in values])
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
