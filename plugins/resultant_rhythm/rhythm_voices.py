"""Two voices made of sines and noise.

Owns the sound: a percussive voice (a low drum where a bar begins, a wood block elsewhere) and a pitched one (struck bars,
after the partials of a marimba), in a small room. Deterministic under a seed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PEAK = 10 ** (-3 / 20)
TAIL_S = 0.8

_SCALE = (0, 3, 5, 7, 10, 12, 15, 17)  # minor pentatonic on A3
_LOWEST_HZ = 220.0
_PARTIALS = ((1.0, 1.0, 0.45), (3.93, 0.28, 0.12), (9.24, 0.08, 0.05))  # ratio, level, decay in s
_ROOM_S = 0.35
_ROOM_LEVEL = 0.10
_BLOCK = 1 << 16


def render(
    onset_times_s: npt.NDArray[np.float64],
    durations: Sequence[int],
    *,
    accents: npt.NDArray[np.bool_],
    duration_s: float,
    sample_rate: int,
    voices: str,
    rng: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Sound the attacks.

    Parameters
    ----------
    onset_times_s : np.ndarray [shape=(n,)]
        When, in seconds.
    durations : sequence of int [length n]
        Units until the next attack; they lead the melody through its scale.
    accents : np.ndarray [shape=(n,)]
        Which attacks begin a bar.
    duration_s : float
        Length of the rhythm; the sound rings on for 0.8 s.
    voices : str
        both, percussive or pitched.

    Returns
    -------
    np.ndarray [shape=(2, frames), dtype=float32]
        Peak at −3 dBFS.
    """
    frames = int(np.ceil((duration_s + TAIL_S) * sample_rate))
    mix = np.zeros((2, frames), dtype=np.float32)
    for index, (onset_s, accent) in enumerate(zip(onset_times_s, accents, strict=True)):
        start = round(float(onset_s) * sample_rate)
        if voices != "pitched":
            _add(
                mix, start, _drum(sample_rate, rng) if accent else _block(sample_rate, rng), pan=0.0 if accent else 0.25
            )
        if voices != "percussive":
            step = pitch_step(durations, index)
            note = _bar(_LOWEST_HZ * 2 ** (_SCALE[step] / 12), sample_rate, rng)
            _add(mix, start, (0.5 if accent else 0.3) * note, pan=-0.35 + 0.1 * step)
    _into_a_room(mix, sample_rate, rng)
    mix *= PEAK / max(mix.max(), -mix.min())
    return mix


def pitch_step(durations: Sequence[int], index: int) -> int:
    """Degree of the scale for an attack: each duration moves the melody on by as many degrees, and the scale is a circle."""
    return sum(durations[:index]) % len(_SCALE)


def midi_pitch(step: int) -> int:
    """MIDI note number of a degree; A3 is 57."""
    return 57 + _SCALE[step]


def _time(length_s: float, sample_rate: int) -> npt.NDArray[np.float64]:
    return np.arange(int(length_s * sample_rate)) / sample_rate


def _drum(sample_rate: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    t = _time(0.35, sample_rate)
    sweep = 2 * np.pi * (55 * t + 70 * 0.03 * (1 - np.exp(-t / 0.03)))  # from 125 Hz down to 55 Hz
    click = rng.standard_normal(t.size) * np.exp(-t / 0.002)
    return (0.9 * np.sin(sweep) * np.exp(-t / 0.07) + 0.3 * click) * _release(t)


def _block(sample_rate: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    t = _time(0.12, sample_rate)
    tone = np.sin(2 * np.pi * 940 * t) + 0.5 * np.sin(2 * np.pi * 1530 * t)
    click = rng.standard_normal(t.size) * np.exp(-t / 0.003)
    return (0.16 * tone * np.exp(-t / 0.022) + 0.06 * click) * _release(t)


def _bar(frequency_hz: float, sample_rate: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    t = _time(TAIL_S, sample_rate)
    note = np.zeros(t.size)
    for ratio, level, decay_s in _PARTIALS:
        if frequency_hz * ratio < 0.45 * sample_rate:
            detuned = frequency_hz * ratio * (1 + 0.0008 * rng.standard_normal())
            note += level * np.sin(2 * np.pi * detuned * t) * np.exp(-t / decay_s)
    attack = np.minimum(1.0, t / 0.002)
    return note * attack * _release(t)


def _release(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A fade over the last third, so that a sound ends without a click."""
    end: npt.NDArray[np.float64] = np.minimum(1.0, 3 * (1 - t / t[-1]))
    return end


def _add(mix: npt.NDArray[np.float32], start: int, sound: npt.NDArray[np.float64], *, pan: float) -> None:
    """Add a sound, panned with constant power; `pan` from −1 (left) to 1 (right)."""
    end = min(start + sound.size, mix.shape[1])
    angle = (pan + 1) * np.pi / 4
    mix[0, start:end] += np.cos(angle) * sound[: end - start]
    mix[1, start:end] += np.sin(angle) * sound[: end - start]


def _into_a_room(mix: npt.NDArray[np.float32], sample_rate: int, rng: np.random.Generator) -> None:
    """Add to each side its convolution with a decaying noise of its own, quietly.

    In blocks, from the last to the first, so that no echo is echoed again. One transform of all would take gigabytes.
    """
    t = _time(_ROOM_S, sample_rate)
    response = rng.standard_normal((2, t.size)) * np.exp(-t / 0.07)
    response *= _ROOM_LEVEL / np.sqrt((response**2).sum(axis=1, keepdims=True))
    size = 1 << (_BLOCK + t.size - 1).bit_length()
    spectrum = np.fft.rfft(response, size)
    for start in reversed(range(0, mix.shape[1], _BLOCK)):
        echo = np.fft.irfft(np.fft.rfft(mix[:, start : start + _BLOCK], size) * spectrum, size)
        mix[:, start : start + size] += echo[:, : mix.shape[1] - start]
