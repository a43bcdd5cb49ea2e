"""A voice of sines over a drone, in a room.

Owns the sound: breath, harmonics that soften as a note goes on, a vibrato that comes late, a drone on the tonic, a room.
Deterministic under a seed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

PEAK = 10 ** (-3 / 20)
TAIL_S = 2.0

_LEVELS = (1.0, 0.62, 0.4, 0.26, 0.15, 0.1, 0.05, 0.04)  # of the harmonics, from the first
_ATTACK_S, _RELEASE_S = 0.012, 0.22
_VIBRATO_HZ, _VIBRATO_CENTS, _VIBRATO_AFTER_S = 5.2, 7.0, 0.35
_DRONE_LEVELS = (1.0, 0.5, 0.22, 0.12, 0.05)
_DRONE_LEVEL = 0.085
_CHIFF_LEVEL, _CHIFF_S = 0.05, 0.012
_ROOM_S, _ROOM_DECAY_S, _ROOM_LEVEL = 1.6, 0.38, 0.22
_BLOCK = 1 << 16


def render(
    events: Sequence[dict[str, Any]],
    *,
    duration_s: float,
    drone_pitches: Sequence[float],
    sample_rate: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Sound the notes.

    Parameters
    ----------
    events : sequence of dict
        With time_s, duration_s, pitch (MIDI) and velocity.
    duration_s : float
        Length of the melody; the sound rings on for 2 s.
    drone_pitches : sequence of float
        MIDI note numbers that sound throughout; empty for none.

    Returns
    -------
    np.ndarray [shape=(2, frames), dtype=float32]
        Peak at −3 dBFS.
    """
    frames = int(np.ceil((duration_s + TAIL_S) * sample_rate))
    mix = np.zeros((2, frames), dtype=np.float32)
    middle = np.mean([event["pitch"] for event in events])
    for event in events:
        note = _note(_hz(event["pitch"]), event["duration_s"], event["velocity"], sample_rate, rng)
        pan = float(np.clip((event["pitch"] - middle) / 40, -0.3, 0.3))
        _add(mix, round(event["time_s"] * sample_rate), note, pan=pan)
    for index, pitch in enumerate(drone_pitches):
        _add_drone(mix, _hz(pitch), duration_s, sample_rate, pan=(-0.5, 0.5, 0.0)[index % 3], rng=rng)
    _into_a_room(mix, sample_rate, rng)
    peak = max(float(mix.max()), -float(mix.min()))
    if peak > 0:
        mix *= PEAK / peak
    return mix


def _hz(pitch: float) -> float:
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _note(
    frequency_hz: float, duration_s: float, velocity: float, sample_rate: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    t = np.arange(int((duration_s + _RELEASE_S) * sample_rate)) / sample_rate
    depth = np.clip((t - _VIBRATO_AFTER_S) / 0.4, 0, 1) * (2 ** (_VIBRATO_CENTS / 1200) - 1)
    wobble = -depth * np.cos(2 * np.pi * _VIBRATO_HZ * t) / (2 * np.pi * _VIBRATO_HZ)
    cycles = frequency_hz * (t + wobble) * (1 + 0.0006 * rng.standard_normal())
    turning = np.exp(2j * np.pi * cycles)
    # High harmonics go first, and a soft note has fewer of them: each is the one below, turned and softened once more.
    softened = turning * np.exp(-0.7 * t) * velocity**0.4
    series = np.zeros(t.size, dtype=complex)
    for level in _below_nyquist(_LEVELS, frequency_hz, sample_rate)[::-1]:
        series = series * softened + level
    sound = (turning * series).imag
    sound += _CHIFF_LEVEL * rng.standard_normal(t.size) * np.exp(-t / _CHIFF_S)  # breath, before there is a tone
    body = 0.6 * np.exp(-t / 2.0) + 0.4 * np.exp(-t / 0.16)
    envelope = np.sin(0.5 * np.pi * np.minimum(1, t / _ATTACK_S)) ** 2
    envelope *= np.cos(0.5 * np.pi * np.clip((t - duration_s) / _RELEASE_S, 0, 1)) ** 2
    return velocity * sound * body * envelope


def _add_drone(
    mix: npt.NDArray[np.float32],
    frequency_hz: float,
    duration_s: float,
    sample_rate: int,
    *,
    pan: float,
    rng: np.random.Generator,
) -> None:
    """In blocks, so that minutes of it take no memory."""
    levels = _below_nyquist(_DRONE_LEVELS, frequency_hz, sample_rate)
    phases = rng.random(len(_DRONE_LEVELS))
    speeds_hz = rng.uniform(0.05, 0.17, len(_DRONE_LEVELS))
    for start in range(0, mix.shape[1], _BLOCK):
        t = np.arange(start, min(start + _BLOCK, mix.shape[1])) / sample_rate
        slow_t = np.linspace(t[0], t[-1], 64)  # swelling takes seconds, so few points of it are enough
        turning = np.exp(2j * np.pi * frequency_hz * t)
        harmonic = np.ones(t.size, dtype=complex)
        sound = np.zeros(t.size)
        for level, phase, speed_hz in zip(levels, phases, speeds_hz, strict=False):
            harmonic *= turning
            swell = 0.7 + 0.3 * np.sin(2 * np.pi * (speed_hz * slow_t + phase))
            sound += level * np.interp(t, slow_t, swell) * harmonic.imag
        ends = np.clip(t / 1.5, 0, 1) * np.clip((duration_s + 0.6 * TAIL_S - t) / TAIL_S, 0, 1)
        _add(mix, start, _DRONE_LEVEL * sound * np.sin(0.5 * np.pi * ends) ** 2, pan=pan)


def _below_nyquist(levels: Sequence[float], frequency_hz: float, sample_rate: int) -> Sequence[float]:
    """The levels of those harmonics that the sample rate can hold."""
    return levels[: max(0, int(0.45 * sample_rate / frequency_hz))]


def _add(mix: npt.NDArray[np.float32], start: int, sound: npt.NDArray[np.float64], *, pan: float) -> None:
    """Add a sound, panned with constant power; `pan` from −1 (left) to 1 (right)."""
    end = min(start + sound.size, mix.shape[1])
    angle = (pan + 1) * np.pi / 4
    mix[0, start:end] += np.cos(angle) * sound[: end - start]
    mix[1, start:end] += np.sin(angle) * sound[: end - start]


def _into_a_room(mix: npt.NDArray[np.float32], sample_rate: int, rng: np.random.Generator) -> None:
    """Add to each side its convolution with a decaying noise of its own.

    In blocks, from the last to the first, so that no echo is echoed again. One transform of all would take gigabytes.
    """
    t = np.arange(int(_ROOM_S * sample_rate)) / sample_rate
    noise = rng.standard_normal((2, t.size))
    smooth = max(1, sample_rate // 8000)  # walls take the highest frequencies
    noise = np.stack([np.convolve(side, np.ones(smooth) / smooth, mode="same") for side in noise])
    response = noise * np.exp(-t / _ROOM_DECAY_S) * np.minimum(1, t / 0.012) * (1 - t / _ROOM_S)
    response *= _ROOM_LEVEL / np.sqrt((response**2).sum(axis=1, keepdims=True))
    size = 1 << (_BLOCK + t.size - 1).bit_length()
    spectrum = np.fft.rfft(response, size)
    for start in reversed(range(0, mix.shape[1], _BLOCK)):
        echo = np.fft.irfft(np.fft.rfft(mix[:, start : start + _BLOCK], size) * spectrum, size)
        mix[:, start : start + size] += echo[:, : mix.shape[1] - start]
