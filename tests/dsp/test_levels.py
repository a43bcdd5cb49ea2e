"""Levels: decibels there and back, and sounds as loud as was asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins import Audio
from schillinger_plugins.dsp import (
    amplitude_to_db,
    db_to_amplitude,
    loudness_lufs,
    normalise_loudness,
    normalise_peak,
    normalise_rms,
    peak_db,
    rms_db,
)

RATE = 8000
levels_db = st.floats(-180, 60)
Normalise = Callable[[Audio, float], Audio]
Measure = Callable[[Audio], float]


def noise(seed: int = 0, seconds: float = 1.0) -> Audio:
    """Two channels, the second a tenth of the first."""
    samples = np.random.default_rng(seed).standard_normal((2, int(RATE * seconds))) * [[0.1], [0.01]]
    return Audio(samples, RATE)


@given(levels_db)
def test_decibels_there_and_back_are_identity(level_db: float) -> None:
    """A level made an amplitude and a level again is itself, whatever the amplitude's sign."""
    amplitude = db_to_amplitude(level_db)
    assert amplitude_to_db(amplitude) == pytest.approx(level_db, abs=1e-9)
    assert amplitude_to_db(-amplitude) == pytest.approx(level_db, abs=1e-9)


@given(levels_db, levels_db)
def test_adding_decibels_multiplies_amplitudes(one_db: float, other_db: float) -> None:
    """The amplitude of a sum of levels is the product of their amplitudes."""
    assert db_to_amplitude(one_db + other_db) == pytest.approx(db_to_amplitude(one_db) * db_to_amplitude(other_db))


def test_silence_has_the_floor() -> None:
    """Zero has the lowest level that is given, −∞ on request, and no warning."""
    np.testing.assert_array_equal(amplitude_to_db([0.0, 1.0]), [-200, 0])
    assert amplitude_to_db(0.0, floor_db=-np.inf) == -np.inf
    assert db_to_amplitude(-np.inf) == 0
    assert peak_db(Audio(np.zeros(0), RATE)) == rms_db(Audio(np.zeros(5), RATE)) == -200


def test_a_sine_of_full_scale_has_known_levels() -> None:
    """Its peak is 0 dB and its RMS −3.01 dB."""
    sine = Audio(np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE), RATE)
    assert peak_db(sine) == pytest.approx(0, abs=1e-6)
    assert rms_db(sine) == pytest.approx(-3.0103, abs=1e-3)


@pytest.mark.parametrize(
    ("normalise", "measure", "target"),
    [(normalise_peak, peak_db, -3.0), (normalise_rms, rms_db, -30.0), (normalise_loudness, loudness_lufs, -23.0)],
)
def test_normalising_reaches_its_target_and_keeps_the_balance(
    normalise: Normalise, measure: Measure, target: float
) -> None:
    """The measure is what was asked for, the channels keep their ratio, and silence stays as it is."""
    sound = noise()
    made = normalise(sound, target)
    assert measure(made) == pytest.approx(target, abs=0.01)
    gain = made.samples / sound.samples
    np.testing.assert_allclose(gain, gain[0, 0], rtol=1e-5)
    silence = Audio(np.zeros((2, RATE)), RATE)
    assert normalise(silence, target) == silence


def test_loudness_of_what_can_not_be_measured_is_refused() -> None:
    """Six channels and a blink are refused, with the limit."""
    with pytest.raises(ValueError, match=r"6 channels.*at most 5"):
        loudness_lufs(Audio(np.zeros((6, RATE)), RATE))
    with pytest.raises(ValueError, match=r"lasts 0\.1 s.*from 0\.4 s"):
        loudness_lufs(noise(seconds=0.1))


def test_without_pyloudnorm_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is named with its remedy."""
    monkeypatch.setitem(sys.modules, "pyloudnorm", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pyloudnorm"):
        loudness_lufs(noise())
