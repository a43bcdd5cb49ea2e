"""Sample rates: the same sound with more or fewer samples in a second.

Owns the name for soxr's resampler and the length of what comes out. Refuses rates that no `Audio` may have.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..types import Audio
from ..types.audio import MAX_SAMPLE_RATE

Quality = Literal["QQ", "LQ", "MQ", "HQ", "VHQ"]


def resample(sound: Audio, sample_rate: int, *, quality: Quality = "HQ") -> Audio:
    """The same sound at another rate, by soxr.

    Parameters
    ----------
    sound : Audio
    sample_rate : int
        The wanted rate in Hz. What lies above half of it is removed.
    quality : "QQ", "LQ", "MQ", "HQ" or "VHQ"
        soxr's recipes, from quick to very high.

    Returns
    -------
    Audio
        Of ``round(frames · sample_rate / sound.sample_rate)`` frames, so that its duration is the same to half a frame.

    Raises
    ------
    ValueError
        For a rate out of range.
    ModuleNotFoundError
        If soxr is not installed; the message says how to install it.

    Examples
    --------
    >>> resample(Audio(np.zeros(44100), 44100), 48000)
    Audio(1 ch, 1.000 s, 48000 Hz)
    """
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise ValueError(f"sample_rate is {sample_rate} Hz, choose 1 to {MAX_SAMPLE_RATE} Hz")
    if sample_rate == sound.sample_rate:
        return sound
    try:
        import soxr
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "sounds are resampled by soxr, which is not installed → pip install soxr", name="soxr"
        ) from error
    wanted = round(sound.frames * sample_rate / sound.sample_rate)
    made = np.zeros((sound.channels, wanted), np.float32)
    if sound.frames:
        resampled = soxr.resample(sound.samples.T, sound.sample_rate, sample_rate, quality=quality).T
        # Of a sound of a few frames soxr gives one more or fewer than its length asks for.
        frames = min(wanted, resampled.shape[1])
        made[:, :frames] = resampled[:, :frames]
    return Audio(made, sample_rate)
