"""What the report makes of features whose form, tempo and key are known."""

from __future__ import annotations

import asyncio
import csv
import html
import importlib.util
import io
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.types import PluginContext

FOLDER = Path(__file__).parents[1]


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("recording_report_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
beats, sections, table, figure = (sys.modules[f"report_{word}"] for word in ("beats", "sections", "table", "figure"))
MAJOR = (1.0, 0.1, 0.4, 0.1, 0.8, 0.4, 0.1, 0.9, 0.1, 0.4, 0.1, 0.3)
FRAMES_PER_S = 20


def analysed(form: str = "ABA", part_s: float = 12.0, bpm: float = 120.0, noise: float = 0.05) -> dict[str, Any]:
    """What the analyzer would give of parts in keys a fourth apart, with timbres and levels of their own."""
    rng = np.random.default_rng(4)
    frames = int(part_s * FRAMES_PER_S)
    parts = [np.roll(MAJOR, 5 * "ABCD".index(letter)) for letter in form]
    chroma = np.repeat(np.array(parts).T, frames, axis=1)
    timbres = np.repeat(np.array([[1.0 + 5 * "ABCD".index(letter)] * 20 for letter in form]).T, frames, axis=1)
    duration_s = part_s * len(form)
    return {
        "duration_s": duration_s,
        "sample_rate": 10240,
        "chroma": np.clip(chroma + noise * rng.standard_normal(chroma.shape), 0, 1).astype(np.float32),
        "mfcc": (timbres + noise * rng.standard_normal(timbres.shape)).astype(np.float32),
        "rms": np.repeat([0.1 if letter == "A" else 0.01 for letter in form], frames).astype(np.float32),
        "spectral_centroid_hz": np.full(chroma.shape[1], 1000.0, np.float32),
        "frame_times_s": np.arange(chroma.shape[1]) / FRAMES_PER_S,
        "beat_times_s": np.arange(0.1, duration_s, 60 / bpm),
        "onset_times_s": np.arange(0.1, duration_s, 0.25),
        "key": "C major",
        "integrated_loudness_lufs": -20.0,
        "true_peak_dbtp": -1.0,
    }


def report(analysis: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    plugin = main.RecordingReport(PluginContext())
    described = plugin.get_node_definition()["parameters"]
    given = {**{one["name"]: one["default"] for one in described}, **parameters}
    outputs: dict[str, Any] = asyncio.run(plugin.execute({"steps": {"analysis": analysis}}, given))
    definition = NodeDefinition.parse(plugin.get_node_definition(), plugin_id="recording_report")
    return definition.check_outputs(outputs, plugin_id="recording_report")


def silent(frames: int) -> dict[str, Any]:
    """What the analyzer gives of nothing."""
    empty = np.zeros(frames, np.float32)
    return {
        **analysed(),
        "duration_s": frames / FRAMES_PER_S,
        "chroma": np.zeros((12, frames), np.float32),
        "mfcc": np.zeros((20, frames), np.float32),
        **dict.fromkeys(("rms", "spectral_centroid_hz"), empty),
        "frame_times_s": np.arange(frames) / FRAMES_PER_S,
        **dict.fromkeys(("beat_times_s", "onset_times_s"), np.zeros(0)),
        "key": None,
        "integrated_loudness_lufs": -np.inf,
    }


@pytest.mark.parametrize("form", ["A", "AB", "ABA", "ABAC", "ABCD", "AABB"])
def test_the_form_is_found(form: str) -> None:
    """Letters return where the music does, and two parts that are the same are one section."""
    found = report(analysed(form))
    merged = [letter for index, letter in enumerate(form) if index == 0 or form[index - 1] != letter]
    assert found["form"] == " ".join(merged)
    starts = [12.0 * index for index, letter in enumerate(form) if index == 0 or form[index - 1] != letter]
    np.testing.assert_allclose(found["section_times_s"], starts, atol=0.5)


def test_the_sections_cover_the_recording_once() -> None:
    """One begins where the one before ends."""
    rows = report(analysed("ABAC"))["table"]
    assert rows[0]["section"] == "whole"
    edges = [(row["start_s"], row["end_s"]) for row in rows[1:]]
    assert edges[0][0] == 0
    assert edges[-1][1] == rows[0]["duration_s"]
    assert all(end == start for (_, end), (start, _) in pairwise(edges))


def test_each_section_has_its_own_figures() -> None:
    """Key, level and tempo are of the section alone."""
    whole, first, second = report(analysed("AB"))["table"]
    assert (first["key"], second["key"]) == ("C major", "F major")
    assert first["level_dbfs"] == pytest.approx(-20, abs=0.5)
    assert second["level_dbfs"] == pytest.approx(-40, abs=0.5)
    assert first["tempo_bpm"] == pytest.approx(120)
    assert whole["onsets_per_s"] == pytest.approx(4, abs=0.1)


@given(bpm=st.floats(40, 220), first_s=st.floats(0, 5), count=st.integers(4, 200))
def test_a_metronome_is_even(bpm: float, first_s: float, count: int) -> None:
    """At any tempo, from any first beat."""
    found = beats.regularity(first_s + np.arange(count) * 60 / bpm)
    assert found["tempo_bpm"] == pytest.approx(bpm, rel=1e-6)
    assert found["beat_deviation_percent"] == pytest.approx(0, abs=1e-6)
    assert found["tempo_drift_percent_per_minute"] == pytest.approx(0, abs=1e-3)


def test_swing_is_uneven_and_an_accelerando_is_not() -> None:
    """Beat by beat two to one is an nPVI of 67 %; ten per cent faster in a minute are ten per cent of drift."""
    swung = beats.regularity(np.cumsum(np.tile([2 / 3, 1 / 3], 40)))
    assert swung["beat_deviation_percent"] == pytest.approx(200 / 3)
    times_s = np.log1p(np.arange(120) * 0.5 * np.log(1.1) / 60) * 60 / np.log(1.1)
    faster = beats.regularity(times_s)
    assert faster["tempo_drift_percent_per_minute"] == pytest.approx(10, abs=0.2)
    assert faster["beat_deviation_percent"] < 0.2


@pytest.mark.parametrize("frames", [1, 2, 30, 400])
def test_silence_has_a_report(frames: int) -> None:
    """Of any length; what has no meaning is None."""
    found = report(silent(frames))
    assert found["form"] == "A"
    assert (found["tempo_bpm"], found["key"]) == (None, None)
    assert found["table"][1]["key"] is None
    assert "no beats were found" in found["figure"]["svg"]


def test_the_shortest_section_and_the_sensitivity_are_heeded() -> None:
    """Nothing is shorter than asked, and nothing but the largest change counts at sensitivity 0."""
    noisy = analysed("ABACABAC", part_s=6.0, noise=0.5)
    found = report(noisy, shortest_section_s=10.0)["table"][1:]
    assert all(row["duration_s"] > 9 for row in found)
    few = report(analysed("ABACABAC", part_s=12.0), sensitivity=0.0)["table"]
    many = report(analysed("ABACABAC", part_s=12.0), sensitivity=1.0)["table"]
    assert len(few) < len(many)


def test_a_long_recording_is_compared_in_longer_cells() -> None:
    """What is compared with everything else stays bounded."""
    times_s = np.arange(0, 3600, 1.0)
    means, edges_s = sections.cells(np.ones((3, times_s.size)), times_s, 3600.0)
    assert means.shape == (3, sections.MOST_CELLS)
    assert edges_s[1] == 3.0
    assert not means.any()


def test_the_letters_go_on_after_z() -> None:
    """As columns of a spreadsheet do."""
    names = [sections._letter(index) for index in (0, 25, 26, 27, 701, 702)]
    assert names == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_the_csv_is_the_table() -> None:
    """Row by row, with nothing for None."""
    found = report(silent(100))
    read = list(csv.DictReader(io.StringIO(found["csv"])))
    assert [row["section"] for row in read] == [row["section"] for row in found["table"]]
    assert read[0]["key"] == ""
    assert float(read[0]["duration_s"]) == 5.0


def test_the_figure_is_svg_whatever_the_title() -> None:
    """A title is text, and the figure says in words what it shows."""
    found = report(analysed("AB"), title="<script>&\"'")
    texts = list(map(html.unescape, re.findall(r"<text[^>]*>([^<]*)</text>", found["figure"]["svg"])))
    assert "<script>&\"'" in texts
    assert {"A", "B", "C♯", "0:10"} <= set(texts)
    assert "form A B, 120 BPM, C major" in found["figure"]["alt"]
