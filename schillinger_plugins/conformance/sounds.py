"""The sounds that plugins are tested with, each with the expression that makes it again in a notebook.

Owns that what is said of a sound, its expression and its samples are one and the same. Short ones: a quarter of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Audio

RATES_HZ = (8000, 11025, 22050, 44100, 48000, 96000, 192000)
CHANNELS = tuple(range(1, 9))
RATE_HZ = 44100
SECONDS = 0.25


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound to test with.

    Attributes
    ----------
    said : str
        As ``noise, 2 channels, 0.25 s at 44100 Hz``.
    expression : str
        Python that makes the same samples, where ``np`` is NumPy: what follows ``audio=``.
    """

    audio: Audio
    said: str
    expression: str


def noise(
    *, channels: int = 2, rate: int = RATE_HZ, seconds: float = SECONDS, seed: int = 1, frames: int | None = None
) -> Sound:
    """White noise at −20 dB, normally distributed, another one for each channel."""
    frames = round(rate * seconds) if frames is None else frames
    samples = 0.1 * np.random.default_rng(seed).standard_normal((channels, frames))
    text = f"0.1 * np.random.default_rng({seed}).standard_normal(({channels}, {frames}))"
    return _sound("noise", samples, rate, text)


def silence(*, channels: int = 2, rate: int = RATE_HZ, frames: int | None = None) -> Sound:
    """Zeros."""
    frames = round(rate * SECONDS) if frames is None else frames
    what = "silence" if frames else "an empty sound"
    return _sound(what, np.zeros((channels, frames)), rate, f"np.zeros(({channels}, {frames}))")


def tone(*, rate: int = RATE_HZ, seconds: float = SECONDS, hz: int = 440) -> Sound:
    """A sine in one channel."""
    frames = round(rate * seconds)
    samples = 0.5 * np.sin(2 * np.pi * hz * np.arange(frames) / rate)[np.newaxis]
    text = f"0.5 * np.sin(2 * np.pi * {hz} * np.arange({frames}) / {rate})[np.newaxis]"
    return _sound(f"a tone of {hz} Hz", samples, rate, text)


def impulse(*, at: int, frames: int, rate: int = RATE_HZ) -> Sound:
    """A single 0.5 in one channel of zeros."""
    samples = 0.5 * (np.arange(frames) == at)[np.newaxis]
    return _sound(f"an impulse at frame {at}", samples, rate, f"0.5 * (np.arange({frames}) == {at})[np.newaxis]")


def broken(value: float, *, at: int = 1000) -> Sound:
    """Noise in which one frame of every channel is NaN or infinite."""
    name = "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    clean = noise()
    samples = np.where(np.arange(clean.audio.frames) == at, value, clean.audio.samples)
    text = clean.expression.rpartition(", ")[0][1:]
    text = f"np.where(np.arange({clean.audio.frames}) == {at}, {name}, {text})"
    said = {"np.nan": "NaN", "np.inf": "+∞", "-np.inf": "−∞"}[name]
    return _sound(f"noise with {said} at frame {at}", samples, RATE_HZ, text)


def denormals() -> Sound:
    """Noise of 1e-40, below what float32 holds with full precision."""
    frames = round(RATE_HZ * SECONDS)
    samples = 1e-40 * np.random.default_rng(1).standard_normal((2, frames))
    text = f"1e-40 * np.random.default_rng(1).standard_normal((2, {frames}))"
    return _sound("denormals (noise of 1e-40)", samples, RATE_HZ, text)


def _sound(what: str, samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int, text: str) -> Sound:
    audio = Audio(samples.astype(np.float32), rate)
    audio.samples.flags.writeable = False
    channels = "1 channel" if audio.channels == 1 else f"{audio.channels} channels"
    length = "1 frame" if audio.frames == 1 else f"{audio.duration_s:g} s" if audio.frames else "0 frames"
    return Sound(audio, f"{what}, {channels}, {length} at {rate} Hz", f"({text}, {rate})")
