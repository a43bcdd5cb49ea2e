"""The room: an impulse response made of reflections and noise.

Owns how a room sounds: early reflections that thin out into noise, which decays at each frequency at its own rate. No
recording is needed, and the same settings give the same room.

After James A. Moorer (1979): About this reverberation business. Computer Music Journal 3(2), 13-28, who found noise that
decays exponentially to sound like the best halls.
"""

import numpy as np
import numpy.typing as npt

MAX_DECAY_S = 6.0
MAX_PREDELAY_MS = 200.0
MADE_CHANNELS = 8
"""Each of these has walls of its own; a ninth channel hears those of the first."""

_LENGTH = 1.25
"""Of the decay time: there it has fallen by 75 dB."""

_LOW_HZ, _HIGH_HZ = 250.0, 3000.0
_REFLECTIONS, _REFLECTIONS_S = 14, 0.07
_REFLECTIONS_LEVEL = 0.5


def taps(decay_s: float, predelay_ms: float, sample_rate: int) -> int:
    """How long the response is, in frames."""
    return max(1, round((decay_s * _LENGTH + predelay_ms / 1000) * sample_rate))


def impulse_response(
    sample_rate: int,
    channels: int,
    *,
    decay_s: float,
    predelay_ms: float,
    damping: float,
    warmth: float,
    variation: int,
) -> npt.NDArray[np.float32]:
    """The response of a room.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    channels : int
        Channels differ in their noise, so that they surround.
    decay_s : float
        Until sound of middle frequencies has fallen by 60 dB.
    predelay_ms : float
        Before the first reflection.
    damping : float
        0: above 3 kHz it decays as slowly as in the middle; 1: ten times as fast.
    warmth : float
        By how much longer than in the middle it decays below 250 Hz, as a factor.
    variation : int
        Another one is another room of the same kind.

    Returns
    -------
    np.ndarray [shape=(channels, taps), dtype=float32]
        Each channel of unit energy: noise comes out as loud as it went in.
    """
    length = taps(decay_s, predelay_ms, sample_rate)
    late = min(round(predelay_ms / 1000 * sample_rate), length - 1)
    made = np.zeros((min(channels, MADE_CHANNELS), length), np.float32)
    for channel in range(len(made)):
        rng = np.random.default_rng([variation, channel])
        body = _decaying_noise(length - late, sample_rate, decay_s, damping, warmth, rng)
        _add_reflections(body, sample_rate, decay_s, rng)
        made[channel, late:] = body / np.sqrt(np.sum(body**2))
    return made[np.arange(channels) % len(made)]


def _decaying_noise(
    length: int, sample_rate: int, decay_s: float, damping: float, warmth: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    t = np.arange(length) / sample_rate
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz = np.fft.rfftfreq(length, 1 / sample_rate)
    # Fourth-order slopes that add up to one: where bands meet, the decay goes over from one to the other.
    low = 1 / (1 + (hz / _LOW_HZ) ** 4)
    high = 1 - 1 / (1 + (hz / _HIGH_HZ) ** 4)
    noise = np.zeros(length)
    for band, decay in ((low, decay_s * warmth), (1 - low - high, decay_s), (high, decay_s * 10**-damping)):
        noise += np.fft.irfft(spectrum * band, length) * 10 ** (-3 * t / decay)
    dense = np.minimum(1, t / 0.02)  # a room takes a moment to fill
    fade = np.minimum(1, (length - np.arange(length)) / max(1, 0.1 * length))
    return noise * (0.3 + 0.7 * dense) * fade


def _add_reflections(body: npt.NDArray[np.float64], sample_rate: int, decay_s: float, rng: np.random.Generator) -> None:
    spread_s = min(_REFLECTIONS_S, 0.3 * decay_s)
    times_s = np.sort(spread_s * rng.random(_REFLECTIONS) ** 0.8)
    levels = rng.choice([-1.0, 1.0], _REFLECTIONS) * 10 ** (-1.2 * times_s / spread_s)
    frames = np.minimum(np.round(times_s * sample_rate).astype(int), body.size - 1)
    scale = _REFLECTIONS_LEVEL * np.sqrt(np.sum(body**2) / np.sum(levels**2))
    np.add.at(body, frames, scale * levels)
