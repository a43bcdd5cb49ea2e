"""Views: what is drawn follows from the descriptors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.views import readable, views_of


def test_an_analysis_has_figures_marks_and_tracks(analysis: Result) -> None:
    """Scalars are figures, instants are marks, what has times is a track, axes are rows of the table."""
    views = views_of(analysis)
    assert [figure.name for figure in views.figures] == ["tempo_bpm", "key", "loudness_lufs"]
    assert [marks.name for marks in views.marks] == ["onset_times_s"]
    assert {track.name for track in views.tracks} == {"centroid_hz", "mfcc", "mel", "chroma"}
    assert {row.name for row in views.rows} == {"frame_times_s", "mel_hz"}
    assert views.duration_s == 4.0


def test_the_spectrogram_and_the_chromagram_are_drawn_first(analysis: Result) -> None:
    """Images with frequencies or note names are shown; the others wait to be asked for."""
    assert [track.name for track in views_of(analysis).tracks if track.shown] == ["mel", "chroma"]


def test_powers_over_frequency_are_drawn_in_db(analysis: Result) -> None:
    """A spectrum of powers that spans decades gets dB with a range of 80; note strengths don't."""
    tracks = {track.name: track for track in views_of(analysis).tracks}
    assert tracks["mel"].decibels
    assert tracks["mel"].unit == "dB"
    assert tracks["mel"].high - tracks["mel"].low <= 80.0001
    assert not tracks["chroma"].decibels
    assert tracks["chroma"].low == 0


def test_the_name_of_the_plugin_plays_no_part(analysis: Result, make_result: Any) -> None:
    """Another plugin with the same descriptors is drawn alike."""
    outputs = [o.model_dump(mode="json") for o in analysis.definition.outputs]
    other = make_result(outputs, dict(analysis), audio=analysis.inputs["audio"], plugin_id="zzz", label="Z")
    assert [t.name for t in views_of(other).tracks] == [t.name for t in views_of(analysis).tracks]


def test_output_and_input_sound_are_both_there(make_result: Any) -> None:
    """An effect shows what came out first, then what went in."""
    tone = Audio(np.zeros(8000), 8000)
    result = make_result([{"name": "audio", "type": "audio", "label": "Audio"}], {"audio": tone}, audio=tone)
    assert [(s.name, s.label) for s in views_of(result).sounds] == [
        ("audio", "Audio"),
        ("input:audio", "Audio (input)"),
    ]


def test_a_rate_places_values_in_time(make_result: Any) -> None:
    """With a fixed rate and no times, value n lies at n / rate."""
    output = {"name": "env", "type": "array", "sample_type": "fixed_rate", "sample_rate": 10.0}
    views = views_of(make_result([output], {"env": np.arange(21.0)}))
    np.testing.assert_allclose(views.tracks[0].times_s, np.arange(21) / 10)
    assert views.duration_s == 2.0


@pytest.mark.parametrize(
    "times",
    [
        np.array([0.0, np.nan, 2.0]),
        np.array([2.0, 1.0, 0.0]),
        np.array([0.0, 1.0]),
        np.zeros((3, 1)),
        np.array(["a"] * 3),
    ],
)
def test_times_that_are_no_times_leave_a_row(make_result: Any, times: np.ndarray) -> None:
    """An axis that doesn't fit its values is not trusted: the output is a row of the table, nothing raises."""
    outputs = [
        {"name": "env", "type": "array", "sample_type": "one_per_step", "times": "t"},
        {"name": "t", "type": "any", "unit": "s"},
    ]
    views = views_of(make_result(outputs, {"env": np.arange(3.0), "t": times}))
    assert views.tracks == ()
    assert "env" in {row.name for row in views.rows}


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((0, 5)),
        np.zeros((2, 3, 4)),
        np.full((4, 5), np.nan),
        np.full((4, 5), np.inf),
        np.zeros((4, 5), complex),
    ],
)
def test_odd_values_never_raise(make_result: Any, values: np.ndarray) -> None:
    """Empty, deep, NaN, infinite and complex arrays are drawn or listed."""
    output = {"name": "x", "type": "array", "sample_type": "fixed_rate", "sample_rate": 1.0}
    views = views_of(make_result([output], {"x": values}))
    for track in views.tracks:
        assert np.isfinite([track.low, track.high]).all()
        assert track.high > track.low


def test_instants_are_sorted_and_finite(make_result: Any) -> None:
    """Event times from a plugin may be in any order and hold NaN."""
    output = {"name": "onsets", "type": "list", "unit": "s", "sample_type": "variable_rate"}
    views = views_of(make_result([output], {"onsets": [2.0, float("nan"), 0.5, float("inf")]}))
    assert views.marks[0].times_s.tolist() == [0.5, 2.0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "–"),
        (None, "–"),
        (float("inf"), "∞"),
        (-0.000012345, "−1.234e−5"),
        (44_100, "44100"),
        ("x" * 99, "x" * 79 + "…"),
    ],
)
def test_figures_read_well(value: Any, text: str) -> None:
    """No value is written as nan or with a hyphen for a minus sign."""
    assert readable(value) == text
