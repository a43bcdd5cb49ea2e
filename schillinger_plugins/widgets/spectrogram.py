"""Spectrogram: how strong each frequency is, computed for the columns that are looked at and for no others.

Owns three of them: linear, mel and constant-Q. A column is one window around its middle, or the mean power of a few where a
column is long; so an hour costs what a second costs, and nearer is sharper. Refuses nothing: NaN is silence, and before and
after the sound there is silence, too. Called by ``analysis`` and ``picture``.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..types import Audio
from .tiles import Floats

SpectrogramKind = Literal["mel", "cqt", "linear"]

MAX_SPECTRUM_COLUMNS = 768
MAX_CONSTANT_Q_COLUMNS = 384
"""Of one answer: what a tenth of a second is enough for."""

LOW_DB, HIGH_DB = -120.0, 6.0
"""What a tile's bytes can say, in dB relative to a sine of full scale."""

_MEL_BANDS = 128
_LINEAR_ROWS = 512
_LOWEST_HZ = 32.703
"""C1: the lowest bin of the constant-Q spectrum."""
_HIGHEST_HZ = 16_000.0
_BINS_PER_OCTAVE = 12
_WINDOWS = 1536
"""Fourier transforms for one answer, at most: what some 20 ms are enough for."""
_CHUNK_BYTES = 24_000_000
"""Windows that are looked at together: a product of few long rows takes nearly as long as one of many, and a third of
constant-Q is gained by it over 8 MB."""
_RATES = 4
"""Sample rates whose weights are kept: the still picture makes them, and the page's first tile finds them."""


class Spectrogram:
    """A sound's strength over frequency and time, in dB.

    Parameters
    ----------
    audio : Audio
        Its channels are averaged, column by column; the whole is never copied.
    kind : "mel", "cqt" or "linear"

    Attributes
    ----------
    bins_hz : np.ndarray [shape=(rows,)]
        Centres of the rows, rising.

    Notes
    -----
    Linear and mel: a Hann window of some 46 ms. The mel scale is that of Slaney's Auditory Toolbox (1998), its triangles
    weigh power and have a peak of one, so that a sine reads the same in all three. Constant-Q as by J. C. Brown,
    "Calculation of a constant Q spectral transform", JASA 89(1), 1991, with a bin for each semitone from C1 and windows as
    long as that needs, half a second for the lowest. Brown and Puckette's kernels (JASA 92(5), 1992) save work where one
    long transform serves all bins; here each octave's windows are short but for the lowest, and one matrix product for each
    octave takes a third of the time that long transforms take.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
    >>> spectrogram = Spectrogram(Audio(tone, 44100), "cqt")
    >>> db = spectrogram.columns(0.4, 0.6, 8)
    >>> round(float(spectrogram.bins_hz[db[:, 4].argmax()]), 1), round(float(db.max()), 1)
    (440.0, 0.0)
    """

    def __init__(self, audio: Audio, kind: SpectrogramKind) -> None:
        self._samples = audio.samples
        self._rate = audio.sample_rate
        self.kind = kind
        self._window: int = 2 ** max(5, round(np.log2(0.0464 * audio.sample_rate)))

    @cached_property
    def bins_hz(self) -> npt.NDArray[np.float64]:
        """Centres of the rows in Hz."""
        if self.kind == "mel":
            return _mel_edges_hz(self._rate)[1:-1]
        if self.kind == "cqt":
            return _constant_q_hz(self._rate)
        lines = np.arange(self._window // 2 + 1) * (self._rate / self._window)
        return np.asarray(lines[1:].reshape(self._linear_rows, -1).mean(axis=1))

    @property
    def rows(self) -> int:
        """How many rows a column has."""
        return len(self.bins_hz)

    def columns(self, start_s: float, end_s: float, columns: int) -> npt.NDArray[np.float32]:
        """Level for each of `columns` equal parts of the time from `start_s` to `end_s`.

        Parameters
        ----------
        start_s, end_s : float
            Finite; may lie outside of the sound.
        columns : int
            More than the maximum are fewer.

        Returns
        -------
        np.ndarray [shape=(rows, columns), dtype=float32]
            In dB relative to a sine of full scale; NaN where there is no sound at all.
        """
        columns = min(max(columns, 1), MAX_CONSTANT_Q_COLUMNS if self.kind == "cqt" else MAX_SPECTRUM_COLUMNS)
        edges = np.linspace(start_s * self._rate, end_s * self._rate, columns + 1)
        middles = (edges[1:] + edges[:-1]) / 2
        inside = (edges[1:] > 0) & (edges[:-1] < self._samples.shape[1])
        level = np.full((self.rows, columns), np.nan, np.float32)
        if not inside.any():
            return level
        power = self._constant_q(middles[inside]) if self.kind == "cqt" else self._fourier(edges, inside)
        level[:, inside] = 10.0 * np.log10(np.maximum(power, 1e-14))
        return level

    @property
    def _linear_rows(self) -> int:
        return int(min(self._window // 2, _LINEAR_ROWS))

    def _fourier(self, edges: Floats, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """Power of the linear or the mel spectrum, the mean of up to four windows in a column."""
        length = edges[1] - edges[0]
        shown = int(inside.sum())
        each = int(min(4, max(1, length // self._window), max(1, _WINDOWS // shown)))
        within = (np.arange(each) + 0.5) / each
        middles = (edges[:-1][inside, np.newaxis] + within * length).ravel()
        hann = np.hanning(self._window + 1)[:-1].astype(np.float32)
        weights = self._weights if self.kind == "mel" else None
        parts = []
        for frames in self._frames(middles, self._window):
            lines = _rfft(frames * hann) * np.float32(2.0 / hann.sum())
            power = lines.real**2 + lines.imag**2
            if weights is None:
                power = power[:, 1:].reshape(len(power), self._linear_rows, -1).max(axis=2)
            else:
                power = power @ weights
            parts.append(power)
        return np.asarray(np.concatenate(parts).reshape(shown, each, -1).mean(axis=1).T)

    def _constant_q(self, middles: Floats) -> npt.NDArray[np.float32]:
        power = np.empty((self.rows, len(middles)), np.float32)
        for first, kernel in self._kernels:
            bins = kernel.shape[1] // 2
            at = 0
            for frames in self._frames(middles, kernel.shape[0]):
                both = frames @ kernel
                power[first : first + bins, at : at + len(frames)] = (both[:, :bins] ** 2 + both[:, bins:] ** 2).T
                at += len(frames)
        return power

    @property
    def _weights(self) -> npt.NDArray[np.float32]:
        return _mel_weights(self._rate, self._window)

    @property
    def _kernels(self) -> tuple[tuple[int, npt.NDArray[np.float32]], ...]:
        return _constant_q_kernels(self._rate)

    def _frames(self, middles: Floats, window: int) -> Any:
        """Windows around places, mixed to one channel, some megabytes at a time [shape=(places, window)]."""
        frames = self._samples.shape[1]
        starts = np.clip(np.round(middles), -window, frames + window).astype(np.intp) - window // 2
        at_once = max(1, _CHUNK_BYTES // (4 * window))
        for begin in range(0, len(starts), at_once):
            part = np.zeros((min(at_once, len(starts) - begin), window), np.float32)
            for row, start in zip(part, starts[begin : begin + at_once], strict=True):
                low, high = max(0, int(start)), min(frames, int(start) + window)
                if high > low:
                    # Python's own loop: a gather by indices would first make indices of twice the samples' size.
                    row[low - start : high - start] = _mixed(self._samples[:, low:high])
            with np.errstate(invalid="ignore", over="ignore"):
                sound = np.isfinite(part.sum())
            yield part if sound else np.nan_to_num(part, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)


def _mixed(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if len(samples) == 1:
        return np.asarray(samples[0])
    if len(samples) == 2:
        return np.asarray((samples[0] + samples[1]) * np.float32(0.5))
    return np.asarray(samples.mean(axis=0, dtype=np.float32))


def _rfft(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    try:
        from scipy import fft
    except ImportError:  # NumPy's is as right, yet slower where it has no single precision
        return np.asarray(np.fft.rfft(frames, axis=1), dtype=np.complex64)
    return np.asarray(fft.rfft(frames, axis=1))


def _mel_edges_hz(rate: int) -> npt.NDArray[np.float64]:
    """Linear up to 1 kHz, then 27 bands for each factor of 6.4."""
    top_hz = rate / 2
    top = 3 * top_hz / 200 if top_hz < 1000 else 15 + 27 * np.log(top_hz / 1000) / np.log(6.4)
    mel = np.linspace(0, top, _MEL_BANDS + 2)
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@lru_cache(_RATES)
def _mel_weights(rate: int, window: int) -> npt.NDArray[np.float32]:
    """Triangles [shape=(lines, bands)]; one that falls between two lines takes the nearest."""
    lines_hz = np.arange(window // 2 + 1) * (rate / window)
    edges = _mel_edges_hz(rate)
    rising = (lines_hz[:, np.newaxis] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - lines_hz[:, np.newaxis]) / np.diff(edges)[1:]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    for band in np.flatnonzero(weights.max(axis=0) < 0.5):
        nearest = int(np.argmin(np.abs(lines_hz - edges[band + 1])))
        weights[nearest, band] = 1.0
    return weights.astype(np.float32)


def _constant_q_hz(rate: int) -> npt.NDArray[np.float64]:
    highest = min(_HIGHEST_HZ, 0.45 * rate)
    count = max(1, int(np.floor(_BINS_PER_OCTAVE * np.log2(max(highest / _LOWEST_HZ, 1.0)))) + 1)
    return np.asarray(_LOWEST_HZ * 2.0 ** (np.arange(count) / _BINS_PER_OCTAVE))


@lru_cache(_RATES)
def _constant_q_kernels(rate: int) -> tuple[tuple[int, npt.NDArray[np.float32]], ...]:
    """For each octave its first bin and its windowed cosines, then sines [shape=(window, 2 * bins)]."""
    bins_hz = _constant_q_hz(rate)
    quality = 1.0 / (2.0 ** (1.0 / _BINS_PER_OCTAVE) - 1.0)
    lengths = np.minimum(np.ceil(quality * rate / bins_hz), 2 ** np.floor(np.log2(rate)))
    kernels = []
    for first in range(0, len(bins_hz), _BINS_PER_OCTAVE):
        part = slice(first, first + _BINS_PER_OCTAVE)
        longest = int(lengths[part].max()) | 1
        time = np.arange(longest) - longest // 2
        waves = []
        for hertz, length in zip(bins_hz[part], lengths[part], strict=True):
            window = np.where(np.abs(time) < length / 2, 0.5 + 0.5 * np.cos(2 * np.pi * time / length), 0.0)
            waves.append(window * (2.0 / window.sum()) * np.exp(-2j * np.pi * hertz / rate * time))
        kernel = np.array(waves).T
        kernels.append((first, np.concatenate([kernel.real, kernel.imag], axis=1).astype(np.float32)))
    return tuple(kernels)
