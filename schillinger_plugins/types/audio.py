"""Audio: what flows through an audio port.

Owns the one convention everybody relies on: float32, ``(channels, frames)``, full scale ±1, rate in Hz. Refuses anything
that would have to be guessed at (integers of unknown full scale, frames where channels should be). Used by authors inside a
worker and by callers in a notebook alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_CHANNELS = 256
MAX_SAMPLE_RATE = 768_000


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A block of sampled sound.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, frames) or (frames,)]
        Real floating-point samples, full scale ±1. One dimension is taken as mono. Stored as float32, not copied if it
        is already.
    sample_rate : int
        Samples per second, 1 to 768000 Hz.

    Raises
    ------
    TypeError
        For integer, complex or object samples, or a rate that is not a whole number.
    ValueError
        For more than two dimensions, more than 256 channels (probably ``(frames, channels)``), or a rate out of range.

    Examples
    --------
    >>> tone = Audio(np.zeros((2, 44100)), 44100)
    >>> tone.channels, tone.duration_s
    (2, 1.0)
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.dtype.kind != "f":
            raise TypeError(
                f"Audio needs floating-point samples with full scale ±1, got {samples.dtype}; "
                "for 16-bit integers pass samples / 32768.0"
            )
        if samples.ndim == 1:
            samples = samples[np.newaxis, :]
        if samples.ndim != 2:
            raise ValueError(f"Audio needs shape (channels, frames) or (frames,), got {samples.shape}")
        if samples.shape[0] > MAX_CHANNELS:
            raise ValueError(
                f"Audio has shape (channels, frames) and at most {MAX_CHANNELS} channels, got {samples.shape}; "
                "transpose (frames, channels) with samples.T"
            )
        rate = self.sample_rate
        if isinstance(rate, bool) or not isinstance(rate, (int, float, np.integer, np.floating)) or rate != int(rate):
            raise TypeError(f"Audio needs a whole number as sample_rate in Hz, got {rate!r}")
        if not 1 <= rate <= MAX_SAMPLE_RATE:
            raise ValueError(f"Audio needs a sample_rate of 1 to {MAX_SAMPLE_RATE} Hz, got {rate}")
        object.__setattr__(self, "samples", samples.astype(np.float32, copy=False))
        object.__setattr__(self, "sample_rate", int(rate))

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        """Number of samples per channel."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate

    def mono(self) -> npt.NDArray[np.float32]:
        """Mean over the channels, as ``librosa.to_mono`` takes it.

        Returns
        -------
        np.ndarray [shape=(frames,), dtype=float32]
        """
        mono: npt.NDArray[np.float32] = self.samples[0]
        if self.channels != 1:
            mono = np.mean(self.samples, axis=0, dtype=np.float32)
        return mono

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Audio):
            return NotImplemented
        return self.sample_rate == other.sample_rate and np.array_equal(self.samples, other.samples, equal_nan=True)

    __hash__ = None  # type: ignore[assignment]  # arrays are mutable, so an Audio must not be a dictionary key

    def __repr__(self) -> str:
        return f"Audio({self.channels} ch, {self.duration_s:.3f} s, {self.sample_rate} Hz)"
