"""Resampling: the same sound, as long as before, with another number of samples."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schillinger_plugins import Audio
from schillinger_plugins.dsp import resample

RATES = st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000])


@settings(max_examples=40)
@given(RATES, RATES, st.integers(0, 3000), st.integers(1, 3))
@example(8000, 96000, 1, 1)
@example(96000, 8000, 1, 2)
def test_duration_and_channels_stay(before: int, after: int, frames: int, channels: int) -> None:
    """The duration is the same to half a frame, down to no frames at all."""
    made = resample(Audio(np.ones((channels, frames)), before), after)
    assert (made.channels, made.sample_rate) == (channels, after)
    assert abs(made.duration_s - frames / before) <= 0.5 / after + 1e-12


@settings(max_examples=25)
@given(RATES, RATES, st.floats(200, 3000))
def test_a_tone_keeps_its_frequency_and_level(before: int, after: int, tone_hz: float) -> None:
    """A tone below both Nyquist frequencies is the same tone at the other rate."""
    sound = Audio(0.5 * np.sin(2 * np.pi * tone_hz * np.arange(before // 2) / before), before)
    made = resample(sound, after)
    t = np.arange(made.frames) / after
    middle = slice(made.frames // 4, -made.frames // 4)  # at its ends a cut tone is not one
    np.testing.assert_allclose(made.samples[0, middle], 0.5 * np.sin(2 * np.pi * tone_hz * t)[middle], atol=2e-3)


def test_what_the_new_rate_can_not_hold_is_removed() -> None:
    """A tone above half the new rate is gone, not folded down."""
    sound = Audio(np.sin(2 * np.pi * 6000 * np.arange(44100) / 44100), 44100)
    assert np.abs(resample(sound, 8000).samples[0, 1000:-1000]).max() < 1e-3


def test_the_same_rate_is_the_same_sound() -> None:
    """Nothing is done where nothing is asked for."""
    sound = Audio(np.ones((1, 10)), 8000)
    assert resample(sound, 8000) is sound


def test_rates_that_no_sound_may_have_are_refused() -> None:
    """The error says which rates there are."""
    with pytest.raises(ValueError, match="sample_rate is 0 Hz, choose 1 to 768000 Hz"):
        resample(Audio(np.ones(10), 8000), 0)


def test_without_soxr_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is named with its remedy."""
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(ModuleNotFoundError, match="pip install soxr"):
        resample(Audio(np.ones(10), 8000), 44100)
