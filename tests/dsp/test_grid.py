"""The beat grid: beats to seconds and back, quantising, and swing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.dsp import BeatGrid, swing_beats, unswing_beats

steady = st.builds(lambda bpm, first: BeatGrid.at_tempo(bpm, first_beat_s=first), st.floats(30, 300), st.floats(-5, 5))
drifting = st.lists(st.floats(0.1, 2.0), min_size=1, max_size=12).map(lambda gaps: BeatGrid(np.cumsum([0.3, *gaps])))
grids = steady | drifting
times_s = st.floats(-20, 60)
swings = st.floats(0.3, 0.8)
parts = st.integers(1, 8)


@given(grids, times_s)
def test_seconds_and_beats_are_inverse(grid: BeatGrid, time_s: float) -> None:
    """There and back is identity, also before the first beat and after the last."""
    assert grid.seconds(grid.beats(time_s)) == pytest.approx(time_s, abs=1e-8)


@given(drifting)
def test_a_beat_falls_where_it_was_given(grid: BeatGrid) -> None:
    """Whole beats fall on the times of the grid and are their own nearest ones."""
    numbers = np.arange(grid.beat_times_s.size)
    np.testing.assert_allclose(grid.seconds(numbers), grid.beat_times_s)
    np.testing.assert_array_equal(grid.nearest(grid.beat_times_s), numbers)


@given(grids, times_s, times_s)
def test_time_goes_one_way(grid: BeatGrid, one_s: float, other_s: float) -> None:
    """A later time is no earlier beat."""
    early, late = sorted([one_s, other_s])
    assert grid.beats(early) <= grid.beats(late)


@given(grids, times_s, parts, swings)
def test_quantising_twice_is_quantising_once(grid: BeatGrid, time_s: float, subdivisions: int, swing: float) -> None:
    """What is on the grid stays there."""
    once = grid.quantise(time_s, subdivisions=subdivisions, swing=swing)
    assert grid.quantise(once, subdivisions=subdivisions, swing=swing) == pytest.approx(once, abs=1e-7)


@given(grids, times_s, parts)
def test_quantising_moves_half_a_subdivision_at_most(grid: BeatGrid, time_s: float, subdivisions: int) -> None:
    """The nearest subdivision is no further than half of one, and half the strength goes half the way."""
    moved = grid.quantise(time_s, subdivisions=subdivisions)
    assert abs(grid.beats(moved) - grid.beats(time_s)) <= 0.5 / subdivisions + 1e-9
    half = grid.quantise(time_s, subdivisions=subdivisions, strength=0.5)
    assert half == pytest.approx((time_s + moved) / 2, abs=1e-9)
    assert grid.quantise(time_s, subdivisions=subdivisions, strength=0) == time_s


@given(st.floats(-50, 50), swings, parts)
def test_swing_and_unswing_are_inverse(beats: float, swing: float, subdivisions: int) -> None:
    """What was swung and made straight is what it was."""
    swung = swing_beats(beats, swing, subdivisions=subdivisions)
    assert unswing_beats(swung, swing, subdivisions=subdivisions) == pytest.approx(beats, abs=1e-9)


def test_swing_makes_the_second_of_a_pair_late() -> None:
    """In triplet swing the off-beat falls two thirds into the beat, and beats stay where they are."""
    np.testing.assert_allclose(swing_beats([0, 0.5, 1, 1.5, 2], 2 / 3), [0, 2 / 3, 1, 5 / 3, 2])
    np.testing.assert_allclose(swing_beats([0.25, 0.5], 0.6, subdivisions=4), [0.3, 0.5])


@given(grids, parts, swings)
def test_subdivisions_are_all_there_are(grid: BeatGrid, subdivisions: int, swing: float) -> None:
    """They are within the span, in order, on the grid, and none is missing."""
    first, last = float(grid.seconds(1)), float(grid.seconds(5))
    found = grid.subdivisions(first, last, subdivisions=subdivisions, swing=swing)
    assert (np.diff(found) > 0).all()
    assert ((found >= first) & (found < last)).all()
    np.testing.assert_allclose(grid.quantise(found, subdivisions=subdivisions, swing=swing), found, atol=1e-7)
    straight = grid.subdivisions(first - 1e-9, last - 1e-9, subdivisions=subdivisions)
    assert len(straight) == 4 * subdivisions


def test_the_tempo_is_that_between_two_beats() -> None:
    """Each interval has its own, and beyond the ends it goes on."""
    grid = BeatGrid(np.array([0.0, 0.5, 1.5]))
    np.testing.assert_allclose(grid.tempo_bpm([-1, 0.2, 0.5, 9]), [120, 120, 60, 60])


@pytest.mark.parametrize(
    ("beat_times_s", "says"),
    [([1.0], r"shape \(1,\).*two beats"), ([0, 1, 1], "beat 2 at 1 s does not"), ([0, np.nan, 1], "finite")],
)
def test_times_that_make_no_grid_are_refused(beat_times_s: list[float], says: str) -> None:
    """Too few beats and beats that don't follow each other are refused, with the one that doesn't."""
    with pytest.raises(ValueError, match=says):
        BeatGrid(np.array(beat_times_s))


def test_settings_out_of_range_are_refused() -> None:
    """Tempo, swing, strength and subdivisions have ranges, which the errors name."""
    grid = BeatGrid.at_tempo(100)
    with pytest.raises(ValueError, match="tempo_bpm is 0"):
        BeatGrid.at_tempo(0)
    with pytest.raises(ValueError, match="swing is 1"):
        swing_beats(0.0, 1)
    with pytest.raises(ValueError, match="strength is 2, choose 0 to 1"):
        grid.quantise(0, strength=2)
    with pytest.raises(ValueError, match="subdivisions is 0"):
        grid.subdivisions(0, 1, subdivisions=0)
