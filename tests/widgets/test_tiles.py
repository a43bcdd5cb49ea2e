"""Tiles: columns say what the samples say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.widgets.tiles import NO_DATA, Pyramid, quantise, reduce_columns, spans_in_time, to_db


def _by_hand(samples: np.ndarray, columns: int) -> np.ndarray:
    """Minimum and maximum of each column, one after the other."""
    frames = samples.shape[1]
    edges = np.linspace(0, frames, columns + 1)
    pairs = []
    for first, last in zip(np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int), strict=True):
        part = samples[:, first : max(last, first + 1)]
        pairs.append([part.min(axis=1), part.max(axis=1)])
    return np.moveaxis(np.array(pairs), 0, -1).swapaxes(0, 1).astype(np.float32)


def test_columns_of_short_sound_are_exact() -> None:
    """Where no level of the pyramid is used, each column has the minimum and maximum of its samples."""
    samples = np.random.default_rng(0).normal(size=(2, 700)).astype(np.float32)
    np.testing.assert_array_equal(Pyramid(samples).columns(0, 700, 64), _by_hand(samples, 64))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60_000), st.integers(1, 500), st.integers(0, 2**32 - 1))
def test_no_peak_is_lost_in_the_pyramid(frames: int, columns: int, seed: int) -> None:
    """However far one looks from, the extremes of the whole are the extremes of the columns."""
    samples = np.random.default_rng(seed).normal(size=(1, frames)).astype(np.float32)
    pairs = Pyramid(samples).columns(0, frames, columns)
    assert np.nanmin(pairs[:, 0]) == samples.min()
    assert np.nanmax(pairs[:, 1]) == samples.max()


def test_a_single_click_is_seen_from_an_hour_away() -> None:
    """One sample of full scale in a long silence is in exactly the column where it lies, or its neighbour."""
    frames, at = 4_000_000, 3_210_987
    samples = np.zeros((1, frames), np.float32)
    samples[0, at] = 1.0
    high = Pyramid(samples).columns(0, frames, 1000)[0, 1]
    found = np.flatnonzero(high == 1.0)
    assert set(found) & {at * 1000 // frames}
    assert len(found) <= 2


@pytest.mark.parametrize("length", [300, 600, 1500, 2100, 8200])
def test_a_column_shows_what_is_near_it_and_no_more(length: int) -> None:
    """A click is in its column, and at most in one that is half a column away from it, whatever level that is read from."""
    columns = 60
    for at in range(length, columns * length - length, columns * length // 101):
        samples = np.zeros((1, columns * length), np.float32)
        samples[0, at] = 1.0
        found = np.flatnonzero(Pyramid(samples).columns(0, columns * length, columns)[0, 1] == 1.0)
        assert at // length in found
        away = np.maximum(found * length - at, at - (found + 1) * length)
        assert (away <= length / 2).all(), (at, found)


def test_outside_of_the_sound_there_is_nothing() -> None:
    """A range beyond both ends gives NaN there and values within."""
    pairs = Pyramid(np.ones((1, 100), np.float32)).columns(-100, 200, 300)
    assert np.isnan(pairs[0, 0, :99]).all()
    assert (pairs[0, 0, 101:199] == 1).all()
    assert np.isnan(pairs[0, 0, 201:]).all()


def test_nan_samples_are_passed_over() -> None:
    """NaN hides neither the samples beside it nor the rest."""
    samples = np.ones((1, 5000), np.float32)
    samples[0, ::3] = np.nan
    pairs = Pyramid(samples).columns(0, 5000, 10)
    np.testing.assert_array_equal(pairs, 1.0)


@pytest.mark.parametrize("columns", [1, 7, 100, 1000])
def test_values_in_time_stand_at_their_times(columns: int) -> None:
    """The column that holds the time of a value shows at least that value."""
    times_s = np.array([0.0, 0.5, 0.7, 2.0, 3.9])
    values = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    first, last = spans_in_time(times_s, 0.0, 4.0, columns)
    low, high = (reduce_columns(values, first, last, how)[0] for how in (np.fmin, np.fmax))
    for time_s, value in zip(times_s, values[0], strict=True):
        column = min(columns - 1, int(time_s / 4.0 * columns))
        assert low[column] <= value <= high[column]


def test_one_value_and_no_value_are_drawn() -> None:
    """A track of one step is a block of a second around its time; a track of none is empty."""
    first, last = spans_in_time(np.array([1.0]), 0.0, 2.0, 4)
    assert (last - first).tolist() == [0, 1, 1, 0]
    first, last = spans_in_time(np.array([]), 0.0, 2.0, 4)
    assert (last == first).all()


def test_bytes_keep_a_value_within_half_a_step() -> None:
    """Quantising loses no more than half of 1/254 of the range, and clips what lies outside."""
    values = np.linspace(-100, 40, 1001)
    back = -80 + quantise(values, -80, 20).astype(float) / 254 * 100
    np.testing.assert_allclose(back, np.clip(values, -80, 20), atol=100 / 254 / 2 + 1e-9)


def test_no_value_has_a_byte_of_its_own() -> None:
    """NaN is told apart from every value, also where the range is empty."""
    assert quantise(np.array([np.nan, 0.0, np.inf, -np.inf]), 0, 1).tolist() == [NO_DATA, 0, 254, 0]
    assert quantise(np.array([np.nan, 3.0]), 3, 3).tolist() == [NO_DATA, 0]


def test_silence_has_a_finite_level() -> None:
    """Power zero in dB is low, not minus infinity."""
    assert np.isfinite(to_db(np.zeros(3))).all()
