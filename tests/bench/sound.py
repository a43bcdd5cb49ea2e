"""The sounds that are sent and analysed: made, the same in every process.

Owns nothing but their making. Called by the modules that measure, and by the peer that analyses in its own process.
"""

from __future__ import annotations

import numpy as np

from schillinger_plugins import Audio

SAMPLE_RATE = 44100


def noise(duration_s: float, *, seed: int = 1) -> Audio:
    """Stereo noise, since zeros are cheaper to copy: the kernel has but one page of them."""
    samples = np.random.default_rng(seed).standard_normal((2, round(duration_s * SAMPLE_RATE)), np.float32)
    return Audio(samples * np.float32(0.1), SAMPLE_RATE)


def music(duration_s: float) -> Audio:
    """A chord that is struck twice a second, with some noise: it has a tempo, a key and a spectrum."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * frequency_hz * time_s) for frequency_hz in (220.0, 277.18, 329.63))
    struck = chord * np.exp(-8 * np.modf(time_s * 2)[0])
    both = 0.2 * np.stack([struck, np.roll(struck, 100)]) + 0.1 * noise(duration_s).samples
    return Audio(both.astype(np.float32), SAMPLE_RATE)
