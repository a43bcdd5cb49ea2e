"""Levels: decibels, how loud a sound is, and making it as loud as wanted.

Owns the conversion between amplitude and dB (of amplitude: 20·log10) and the measures peak, RMS and loudness, in dB of full
scale ±1. Refuses to make silence louder: it gives it back as it is, since no gain would do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..types import Audio

FLOOR_DB = -200.0
"""What silence is said to have, so that a level is always a number."""


def db_to_amplitude(level_db: npt.ArrayLike) -> Any:
    """The factor that a level in dB stands for.

    Returns
    -------
    float or np.ndarray
        Of the shape of `level_db`; 0 for −∞.

    Examples
    --------
    >>> float(db_to_amplitude(-20))
    0.1
    """
    return np.power(10.0, np.asarray(level_db, dtype=np.float64) / 20.0)[()]


def amplitude_to_db(amplitude: npt.ArrayLike, *, floor_db: float = FLOOR_DB) -> Any:
    """The level of an amplitude, whose sign doesn't matter.

    Parameters
    ----------
    amplitude : float or np.ndarray
    floor_db : float
        The lowest level that is given, for zero and whatever lies below; −∞ for none.

    Returns
    -------
    float or np.ndarray
        In dB, of the shape of `amplitude`; NaN for NaN.

    Examples
    --------
    >>> float(amplitude_to_db(0.1)), float(amplitude_to_db(0.0))
    (-20.0, -200.0)
    """
    with np.errstate(divide="ignore"):
        level_db = 20.0 * np.log10(np.abs(np.asarray(amplitude, dtype=np.float64)))
    return np.maximum(level_db, floor_db)[()]


def peak_db(sound: Audio, *, floor_db: float = FLOOR_DB) -> float:
    """The largest magnitude of any sample, in dB of full scale; `floor_db` for silence and for no samples."""
    peak = max(float(sound.samples.max()), -float(sound.samples.min())) if sound.samples.size else 0.0
    return float(amplitude_to_db(peak, floor_db=floor_db))


def rms_db(sound: Audio, *, floor_db: float = FLOOR_DB) -> float:
    """The root mean square of all channels, in dB of full scale; `floor_db` for silence and for no samples.

    A sine that reaches full scale has −3.01 dB.
    """
    square = float(np.mean(np.square(sound.samples, dtype=np.float64))) if sound.samples.size else 0.0
    return float(amplitude_to_db(np.sqrt(square), floor_db=floor_db))


def loudness_lufs(sound: Audio) -> float:
    """The integrated loudness by ITU-R BS.1770-4, as pyloudnorm measures it.

    Returns
    -------
    float
        In LUFS; −∞ for silence.

    Raises
    ------
    ValueError
        For more than five channels or less than 0.4 s, which the standard doesn't measure.
    ModuleNotFoundError
        If pyloudnorm is not installed; the message says how to install it.
    """
    try:
        import pyloudnorm
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "loudness is measured by pyloudnorm, which is not installed → pip install pyloudnorm", name="pyloudnorm"
        ) from error
    if sound.channels > 5:
        raise ValueError(f"the sound has {sound.channels} channels, loudness is defined for at most 5")
    if sound.duration_s < 0.4:
        raise ValueError(f"the sound lasts {sound.duration_s:.3g} s, loudness is defined from 0.4 s on")
    with np.errstate(divide="ignore"):
        samples = np.asarray(sound.samples.T, dtype=np.float64)
        return float(pyloudnorm.Meter(sound.sample_rate).integrated_loudness(samples))


def normalise_peak(sound: Audio, to_db: float = -1.0) -> Audio:
    """The sound with its largest sample at `to_db` dB of full scale; silence stays silence.

    Examples
    --------
    >>> round(peak_db(normalise_peak(Audio(np.array([0.1, -0.2]), 8000), -6)), 3)
    -6.0
    """
    return _raised(sound, to_db - peak_db(sound, floor_db=-np.inf))


def normalise_rms(sound: Audio, to_db: float = -20.0) -> Audio:
    """The sound with its root mean square at `to_db` dB of full scale; silence stays silence. Peaks may go beyond ±1."""
    return _raised(sound, to_db - rms_db(sound, floor_db=-np.inf))


def normalise_loudness(sound: Audio, to_lufs: float = -23.0) -> Audio:
    """The sound with an integrated loudness of `to_lufs`; silence stays silence. Peaks may go beyond ±1.

    −23 LUFS is what EBU R 128 asks of broadcasts. Raises what `loudness_lufs` does.
    """
    return _raised(sound, to_lufs - loudness_lufs(sound))


def _raised(sound: Audio, gain_db: float) -> Audio:
    if not np.isfinite(gain_db):
        return sound
    return Audio((sound.samples * db_to_amplitude(gain_db)).astype(np.float32), sound.sample_rate)
