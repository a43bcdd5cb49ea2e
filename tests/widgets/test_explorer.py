"""Spectrograms where one looks, selections, comparisons, and what is written to files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins import Audio, PluginManager, compare, explore
from schillinger_plugins.errors import InputError
from schillinger_plugins.result import Result
from schillinger_plugins.widgets import comparison
from schillinger_plugins.widgets.spectrogram import MAX_SPECTRUM_COLUMNS, Spectrogram

RATE = 22050
KINDS = ["mel", "cqt", "linear"]


def tone(hertz: float, duration_s: float = 1.0, channels: int = 1) -> Audio:
    time_s = np.arange(int(duration_s * RATE)) / RATE
    return Audio(np.tile(np.sin(2 * np.pi * hertz * time_s), (channels, 1)).astype(np.float32), RATE)


@pytest.fixture(scope="module")
def analysis(shared_manager: PluginManager) -> Result:
    """Of a few clicks."""
    samples = np.zeros((1, 3 * RATE), np.float32)
    samples[0, :: RATE // 2] = 1.0
    return shared_manager.default_instance("audio_analyzer").execute({"audio": (samples, RATE)})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hertz", [220.0, 880.0, 3520.0])
def test_a_sine_of_full_scale_reads_0_db_in_its_row(kind: str, hertz: float) -> None:
    """In each of the three, whatever the channels; two octaves away there is next to nothing."""
    spectrogram = Spectrogram(tone(hertz, channels=2), kind)  # type: ignore[arg-type]  # given as text
    level = spectrogram.columns(0.3, 0.7, 5)
    assert level.shape == (spectrogram.rows, 5)
    row = int(level[:, 2].argmax())
    bins_hz = spectrogram.bins_hz
    width = np.diff(bins_hz)[max(0, row - 1) : row + 1].max()
    assert abs(bins_hz[row] - hertz) <= width
    assert level[row, 2] == pytest.approx(0.0, abs=2.5)  # between two triangles of the mel scale
    far = np.abs(np.log2(bins_hz / hertz)) > 2
    assert level[far, 2].max() < -30


@pytest.mark.parametrize("kind", ["mel", "linear"])
def test_a_long_column_is_the_mean_of_what_is_in_it(kind: Any) -> None:
    """Of a tone that sounds for a quarter of it, a quarter of the power; and so of channels, one of which is silent."""
    samples = np.zeros((2, RATE), np.float32)
    samples[:, : RATE // 4] = tone(880, 0.25).samples
    assert Spectrogram(Audio(samples, RATE), kind).columns(0.0, 1.0, 1).max() == pytest.approx(-6.0, abs=2.5)
    samples[0] = 0.0
    assert Spectrogram(Audio(samples, RATE), kind).columns(0.0, 1.0, 1).max() == pytest.approx(-12.0, abs=2.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros(1), np.zeros(9000), np.full(9000, np.nan), np.full(9000, np.inf)]
)
def test_odd_sounds_have_a_spectrogram_too(kind: str, samples: np.ndarray) -> None:
    """Silence, nothing at all, one sample, NaN and infinity raise nothing, and no column is NaN where there is sound."""
    spectrogram = Spectrogram(Audio(samples.astype(np.float32), RATE), kind)  # type: ignore[arg-type]  # given as text
    level = spectrogram.columns(-1.0, 2.0, 30)
    assert level.shape[1] == 30
    heard = ~np.isnan(level).all(axis=0)
    assert np.isfinite(level[:, heard]).all()
    assert heard.any() == (samples.size > 0)


@given(st.floats(-1e3, 1e6), st.floats(1e-6, 1e6), st.integers(-5, 10**7), st.sampled_from(["mel", "linear"]))
@settings(max_examples=40)
def test_any_span_has_as_many_columns_as_may_be(start_s: float, length_s: float, columns: int, kind: str) -> None:
    """However far out, short or long: no more work than a screen is worth."""
    level = Spectrogram(tone(440, 0.2), kind).columns(start_s, start_s + length_s, columns)  # type: ignore[arg-type]  # given as text
    assert level.shape[1] == min(max(columns, 1), MAX_SPECTRUM_COLUMNS)


def test_a_selection_is_the_same_in_seconds_and_in_samples() -> None:
    """Set as a pair or a slice; its audio is that part of the sound, not a copy."""
    audio = tone(440)
    view = explore(audio)
    assert view.selection is None
    assert view.selected_audio.frames == audio.frames
    view.selection = 0.25, 0.5
    selected = view.selection
    assert selected is not None
    assert (selected.start_frame, selected.end_frame) == (round(0.25 * RATE), round(0.5 * RATE))
    assert np.shares_memory(view.selected_audio.samples, audio.samples)
    view.selection = slice(0.9, None)
    assert view.selection.end_frame == audio.frames
    view.selection = None
    assert view.selection is None


@pytest.mark.parametrize("wrong", [(0.5, 0.25), (-1, 0.5), (0.5, 9.0), (0.5,), "ab", (float("nan"), 1.0), 3])
def test_a_selection_that_is_none_is_refused(wrong: object) -> None:
    """With what to set; what was selected stays."""
    view = explore(tone(440))
    view.selection = 0.25, 0.5
    with pytest.raises(InputError) as caught:
        view.selection = wrong
    assert caught.value.remedy
    assert view.selection is not None
    assert view.selection.start_s == 0.25


@pytest.mark.parametrize(
    "sent", [{"start_s": 0.5, "end_s": 0.25}, {"start_s": -9, "end_s": 99}, {"start_s": "x"}, {}, {"a": 1}]
)
def test_what_a_page_selects_is_put_right_or_dropped(sent: dict[str, object]) -> None:
    """A hand slips; nothing raises, and the selection lies within the sound."""
    view = explore(tone(440))
    view.set_state({"region": sent})
    selected = view.selection
    assert selected is None or 0 <= selected.start_s < selected.end_s <= 1.0 + 1e-6


def test_a_comparison_has_both_and_what_differs(analysis: Result, shared_manager: PluginManager) -> None:
    """Lanes of the same name stand together; the figures that differ are in a table."""
    other = shared_manager.default_instance("audio_analyzer").execute({"audio": tone(440, 2.0)})
    both = compare(clicks=analysis, tone=other)
    names = [sound["label"] for sound in both.plan["sounds"]]
    assert len(names) == 2
    assert any("clicks" in name for name in names)
    assert any("tone" in name for name in names)
    told = {row["label"]: row["difference"] for row in both.plan["differences"]}
    assert told["Duration"] == "−1"
    with pytest.raises(InputError):
        compare(analysis)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(0.6461, 0.6461 + 1e-9, "0"), (1.0, 1.5, "+0.5"), (-15.0, -24.0, "−9"), (0.0, 1e-9, "+1e−9"), ("A", "A", "same")],
)
def test_a_difference_is_none_where_only_the_rounding_differs(first: Any, last: Any, said: str) -> None:
    """Told with its sign otherwise."""
    assert comparison._difference(first, last) == said


def test_files_hold_what_is_seen(analysis: Result, tmp_path: Path) -> None:
    """A picture as PNG and SVG, figures and curves as CSV, beats and tempo as JAMS; each is whole, and read again."""
    view = explore(analysis)
    assert view.export(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    svg = view.export(tmp_path / "a.svg").read_text()
    assert "<svg" in svg
    assert "<script" not in svg
    rows = list(csv.reader(io.StringIO(view.export(str(tmp_path / "a.csv")).read_text())))
    onsets = [float(row[2]) for row in rows if row[:2] == ["instant", "onset_times_s"]]
    assert np.allclose(onsets, analysis["onset_times_s"], atol=1e-5)
    jams = json.loads(view.export(tmp_path / "a.jams").read_text())
    assert jams["file_metadata"]["duration"] == pytest.approx(3.0)
    found = {annotation["namespace"]: annotation for annotation in jams["annotations"]}
    assert {"beat", "onset", "tempo"} <= set(found)
    assert [one["time"] for one in found["onset"]["data"]] == pytest.approx(list(analysis["onset_times_s"]))
    for annotation in jams["annotations"]:
        assert {"namespace", "data", "annotation_metadata"} <= set(annotation)
        assert all({"time", "duration", "value", "confidence"} == set(one) for one in annotation["data"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.jams", "a.png", "a.svg"]
    with pytest.raises(InputError, match="a view is written as"):
        view.export(tmp_path / "a.xls")


@pytest.mark.parametrize("wrong", ["song.flac", 3, (1, 2, 3), ([1, 2], 8000), None])
def test_what_can_t_be_explored_is_said(wrong: object) -> None:
    """With what can."""
    with pytest.raises(InputError, match=r"explore"):
        explore(wrong)  # type: ignore[arg-type]  # given as text
    with pytest.raises(InputError, match="mel, cqt or linear"):
        explore(tone(440), spectrogram="gammatone")  # type: ignore[arg-type]  # given as text


@pytest.mark.parametrize("kind", ["mel", "cqt", "linear", None])
def test_the_spectrogram_that_was_asked_for_is_shown(kind: Any) -> None:
    """And no other; all of them are there to be asked for by hand."""
    view = explore((np.zeros((1, 8000)), 8000), spectrogram=kind)
    tracks = view.plan["tracks"]
    assert {track["name"] for track in tracks} == {"mel:audio", "cqt:audio", "linear:audio"}
    assert [track["name"] for track in tracks if track["shown"]] == ([f"{kind}:audio"] if kind else [])
