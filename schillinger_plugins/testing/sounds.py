"""Sounds for tests: makers of `Audio`, given to tests as fixtures.

Needs NumPy and the SDK alone, so that it costs a confined test nothing.
"""

from __future__ import annotations

import numpy as np

from ..types import Audio

RATE_HZ = 44100
SECONDS = 0.25


def silence(*, seconds: float = SECONDS, frames: int | None = None, channels: int = 1, rate: int = RATE_HZ) -> Audio:
    """Zeros.

    Parameters
    ----------
    seconds : float
        How long; `frames` counts if it is given.
    frames : int
        0 or more.
    rate : int
        In Hz.

    Returns
    -------
    Audio [shape=(channels, frames)]
    """
    return _frozen(np.zeros((channels, _length(seconds, frames, rate))), rate)


def noise(
    *,
    seconds: float = SECONDS,
    frames: int | None = None,
    channels: int = 1,
    rate: int = RATE_HZ,
    seed: int = 1,
    level: float = 0.1,
) -> Audio:
    """White noise, normally distributed, another one for each channel.

    Parameters
    ----------
    seconds, frames, channels, rate
        As for `silence`.
    level : float
        Its root mean square, full scale being 1.

    Examples
    --------
    >>> noise(seconds=1, channels=2)
    Audio(2 ch, 1.000 s, 44100 Hz)
    """
    shape = (channels, _length(seconds, frames, rate))
    return _frozen(level * np.random.default_rng(seed).standard_normal(shape), rate)


def tone(
    *,
    hz: float = 440.0,
    seconds: float = SECONDS,
    frames: int | None = None,
    channels: int = 1,
    rate: int = RATE_HZ,
    level: float = 0.5,
) -> Audio:
    """A sine that begins at 0, the same in all channels.

    Parameters
    ----------
    hz : float
        Its frequency.
    seconds, frames, channels, rate
        As for `silence`.
    level : float
        Its peak.
    """
    times_s = np.arange(_length(seconds, frames, rate)) / rate
    return _frozen(np.tile(level * np.sin(2 * np.pi * hz * times_s), (channels, 1)), rate)


def impulse(
    *,
    at: int = 0,
    seconds: float = SECONDS,
    frames: int | None = None,
    channels: int = 1,
    rate: int = RATE_HZ,
    level: float = 1.0,
) -> Audio:
    """Zeros but for one frame.

    Parameters
    ----------
    at : int
        Which frame, from 0.
    level : float
        Its value.

    Raises
    ------
    ValueError
        If there is no such frame.
    """
    length = _length(seconds, frames, rate)
    if not 0 <= at < length:
        raise ValueError(f"an impulse at frame {at} of {length}: choose 0 to {length - 1}")
    return _frozen(np.tile(level * (np.arange(length) == at), (channels, 1)), rate)


def _length(seconds: float, frames: int | None, rate: int) -> int:
    return round(seconds * rate) if frames is None else frames


def _frozen(samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int) -> Audio:
    """Read-only, as inputs are in a worker."""
    audio = Audio(samples.astype(np.float32), rate)
    audio.samples.flags.writeable = False
    return audio
