"""Tracks: where values lie in time, over what they range, and what their rows are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.result import Result
from schillinger_plugins.widgets.tracks import Track
from schillinger_plugins.widgets.views import views_of

from .conftest import click_track

MakeResult = Callable[..., Result]


def _track(
    make_result: MakeResult, value: Any, *, also: tuple[dict[str, Any], Any] | None = None, **output: Any
) -> Track:
    outputs = [{"name": "y", "type": "array", "sample_type": "one_per_step", **output}]
    values = {"y": value}
    if also is not None:
        outputs.append(also[0])
        values[also[0]["name"]] = also[1]
    tracks = views_of(make_result(outputs, values, audio=click_track())).tracks
    return next(track for track in tracks if track.name == "y")


def test_a_value_for_each_step_stands_in_the_middle_of_its_step(make_result: MakeResult) -> None:
    """Of a sound of four seconds."""
    assert _track(make_result, np.arange(4.0)).times_s.tolist() == [0.5, 1.5, 2.5, 3.5]


def test_a_few_outliers_do_not_darken_an_image(make_result: MakeResult) -> None:
    """A hundredth at each end is beyond its range; a curve shows all of its own."""
    values = np.tile(np.linspace(-1, 1, 1000), (2, 1))
    values[:, 0], values[:, 1] = -1000, 1000
    image, curve = _track(make_result, values), _track(make_result, values[0])
    assert -1 <= image.low < image.high <= 1
    assert (curve.low, curve.high) == (-1000, 1000)


@pytest.mark.parametrize("rows", [3, 4])
def test_bins_and_names_that_do_not_fit_the_rows_are_not_believed(make_result: MakeResult, rows: int) -> None:
    """Or a row would be called by another's name."""
    hertz = {"name": "hertz", "type": "array", "unit": "Hz"}, np.arange(4.0)
    image = np.random.default_rng(0).uniform(size=(rows, 10))
    track = _track(make_result, image, also=hertz, bins="hertz", bin_names=["C", "D", "E", "F"])
    assert (track.bins is not None, track.bin_names != ()) == (rows == 4, rows == 4)


def test_an_axis_is_no_curve(make_result: MakeResult) -> None:
    """Though it says how it is sampled: it is a row of the table."""
    times = {"name": "at", "type": "array", "unit": "s", "sample_type": "one_per_step"}
    outputs = [times, {"name": "y", "type": "array", "sample_type": "one_per_step", "times": "at"}]
    views = views_of(make_result(outputs, {"at": np.arange(4.0), "y": np.arange(4.0)}, audio=click_track()))
    assert ([track.name for track in views.tracks], [row.name for row in views.rows]) == (["y"], ["at"])


def test_of_too_many_instants_the_first_are_drawn(make_result: MakeResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that marks every sample doesn't stop the page."""
    monkeypatch.setattr("schillinger_plugins.widgets.views.MAX_MARKS", 3)
    output = {"name": "y", "type": "list", "unit": "s", "sample_type": "variable_rate"}
    (marks,) = views_of(make_result([output], {"y": np.arange(9.0)[::-1]}, audio=click_track())).marks
    assert marks.times_s.tolist() == [0, 1, 2]


def test_the_images_that_tell_most_are_drawn_first(make_result: MakeResult) -> None:
    """A spectrogram and a chromagram, whatever else has names for its rows and comes before them."""
    over_time = {"type": "array", "sample_type": "one_per_step"}
    outputs = [
        {"name": "bands", "bin_names": ["low", "high"], **over_time},
        {"name": "chroma", "bin_names": "C C# D D# E F F# G G# A A# B".split(), **over_time},
        {"name": "mel", "bins": "hertz", **over_time},
        {"name": "hertz", "type": "array", "unit": "Hz"},
    ]
    values = {"bands": np.ones((2, 9)), "chroma": np.ones((12, 9)), "mel": np.ones((40, 9)), "hertz": np.arange(40.0)}
    tracks = views_of(make_result(outputs, values, audio=click_track())).tracks
    assert [(track.name, track.shown) for track in tracks] == [("chroma", True), ("mel", True), ("bands", False)]


@pytest.mark.parametrize(
    "output",
    [
        {"unit": "Hz"},  # what comes at odd times, and is no time
        {"unit": "s", "times": "at"},  # durations, at their times
    ],
)
def test_what_comes_at_a_variable_rate_is_not_always_instants(make_result: MakeResult, output: dict[str, Any]) -> None:
    """Only times by themselves are."""
    outputs = [
        {"name": "y", "type": "array", "sample_type": "variable_rate", **output},
        {"name": "at", "type": "array", "unit": "s"},
    ]
    views = views_of(make_result(outputs, {"y": np.arange(3.0), "at": np.arange(3.0)}, audio=click_track()))
    assert views.marks == ()
    assert [track.name for track in views.tracks] == (["y"] if "times" in output else [])
