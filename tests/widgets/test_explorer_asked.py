"""What an explorer answers about sounds that are long, several, or have nothing to draw, and what its plan holds."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib import rcParams

from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets import analysis as analysis_module
from schillinger_plugins.widgets import waves
from schillinger_plugins.widgets.analysis import AnalysisView, with_spectrogram
from schillinger_plugins.widgets.comparison import compare
from schillinger_plugins.widgets.plan import fewer_rows
from schillinger_plugins.widgets.spectrogram import MAX_CONSTANT_Q_COLUMNS
from schillinger_plugins.widgets.views import views_of

MakeResult = Callable[..., Result]
DEADLINE_S = 20.0


class _Page:
    """Stands for the page of a view: what it is sent, as it comes."""

    def __init__(self, view: AnalysisView) -> None:
        self.view = view
        self._came = threading.Condition()
        self._messages: list[tuple[dict[str, Any], list[bytes]]] = []
        view.send = self._take

    def ask(self, **content: Any) -> tuple[dict[str, Any], list[bytes]]:
        with self._came:
            self._messages.clear()
        self.view.on_request(content)
        with self._came:
            assert self._came.wait_for(lambda: self._messages, DEADLINE_S), content
            return self._messages[0]

    def tile(self, name: str, columns: int, start_s: float = 0.0, end_s: float = 1e9) -> tuple[dict[str, Any], Any]:
        """The head of a tile, and its minima and maxima."""
        end_s = min(end_s, self.view.plan["duration_s"])
        head, [data] = self.ask(kind="tile", name=name, start_s=start_s, end_s=end_s, columns=columns)
        return head, np.frombuffer(data, "<f4").reshape(head["rows"], head["columns"])

    def _take(self, content: dict[str, Any], buffers: Any = None) -> None:
        with self._came:
            self._messages.append((content, list(buffers or [])))
            self._came.notify_all()


def _ramp(frames: int, rate: int = 1000, channels: int = 1) -> Audio:
    return Audio(np.tile(np.linspace(0, 1, frames, dtype=np.float32), (channels, 1)), rate)


def _effect(make_result: MakeResult) -> Result:
    """What came out at 1000 Hz of what went in at 4000 Hz."""
    outputs = [{"name": "audio", "type": "audio", "label": "Audio"}]
    return make_result(outputs, {"audio": _ramp(1000)}, audio=_ramp(4000, 4000))


def test_a_selection_s_samples_are_those_of_the_sound_that_plays(make_result: MakeResult) -> None:
    """Whichever that is: by its rate, to the nearest, and no more than is selected."""
    view = AnalysisView(_effect(make_result))
    view.selection = 0.1004, 0.2509
    for sound, first, last in (("audio", 100, 251), ("input:audio", 402, 1004)):
        view.sound = sound
        assert view.selection is not None
        assert (view.selection.start_frame, view.selection.end_frame) == (first, last)
        audio = view.shown.inputs["audio"] if sound == "input:audio" else view.shown["audio"]
        np.testing.assert_array_equal(view.selected_audio.samples, audio.samples[:, first:last])


@pytest.mark.parametrize(
    ("sent", "selected"),
    [
        ({"start_s": 0.75, "end_s": 0.25}, (0.25, 0.75)),
        ({"start_s": -9, "end_s": 0.5}, (0.0, 0.5)),
        ({"start_s": 0.5, "end_s": 99}, (0.5, 1.0)),
        ({"start_s": 2, "end_s": 99}, None),
        ({"start_s": True, "end_s": 0.5}, None),
        ({"start_s": float("nan"), "end_s": 0.5}, None),
        ({"start_s": 0.5}, None),
    ],
)
def test_what_a_page_selects_lies_within_the_sound(sent: dict[str, Any], selected: tuple[float, float] | None) -> None:
    """Either way round; nothing is selected where nothing is left of it."""
    view = AnalysisView(_ramp(1000))
    view.set_state({"region": sent})
    assert (view.selection and (view.selection.start_s, view.selection.end_s)) == selected


def test_a_long_sound_is_guessed_from_afar_and_exact_from_near_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """While its pyramid is being made nobody waits; a guess says that it is one, and is exact when it is asked for again."""
    monkeypatch.setattr(waves, "_AT_ONCE", 20_000)
    gate = threading.Event()
    make = waves.Wave._make
    monkeypatch.setattr(waves.Wave, "_make", lambda wave: gate.wait(DEADLINE_S) and make(wave))
    audio = _ramp(100_000)
    page = _Page(AnalysisView(audio))
    exact = audio.samples[0].reshape(10, -1)
    head, (low, high) = page.tile("audio", 10)
    assert head["rough"]
    assert (exact[:, 0] <= low).all()
    assert (high <= exact[:, -1]).all()
    assert (np.abs((low + high) / 2 - exact.mean(axis=1)) < 0.01).all(), "of the middle of each column"
    head, (low, high) = page.tile("audio", 10, 20.0, 30.0)
    assert not head["rough"]
    near = audio.samples[0, 20_000:30_000].reshape(10, -1)
    np.testing.assert_array_equal([low, high], [near[:, 0], near[:, -1]])
    gate.set()
    page.view._waves["audio"].wait()
    head, (low, high) = page.tile("audio", 10)
    assert not head["rough"]
    np.testing.assert_allclose([low, high], [exact[:, 0], exact[:, -1]], atol=256 / 100_000)


def test_what_the_player_lacks_of_a_sound_is_said() -> None:
    """Over a minute it has one channel."""
    page = _Page(AnalysisView(_ramp(6100, 100, channels=2)))
    head, [data] = page.ask(kind="sound", name="audio")
    assert "mean of the 2 channels" in head["note"]
    assert head["duration_s"] == 61.0
    assert data.startswith(b"RIFF")


def test_tiles_are_answered_while_a_long_sound_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sound comes when it is ready."""
    monkeypatch.setattr(analysis_module, "_SOON_S", 0.5)
    gate = threading.Event()
    encode = analysis_module.encode

    def slowly(audio: Audio) -> Any:
        assert gate.wait(DEADLINE_S)
        return encode(audio)

    monkeypatch.setattr(analysis_module, "encode", slowly)
    page = _Page(AnalysisView(_ramp(1000)))
    page.view.on_request({"kind": "sound", "name": "audio"})
    assert page.tile("audio", 10)[0]["columns"] == 10
    asked = threading.Thread(target=gate.set)
    asked.start()
    assert page.ask(kind="sound", name="audio")[0]["kind"] == "sound"
    asked.join(DEADLINE_S)


def test_a_file_that_can_t_be_made_is_told(make_result: MakeResult) -> None:
    """With what helps; no bytes come."""
    page = _Page(AnalysisView(make_result([{"name": "y", "type": "number"}], {"y": 1.0})))
    head, [data] = page.ask(kind="export", format="png")
    assert "nothing to draw over time" in head["problem"]
    assert data == b""


def test_a_picture_is_of_what_is_selected(analysis: Result) -> None:
    """And the same each time, without the day that it was made on."""
    page = _Page(AnalysisView(analysis))

    def svg() -> bytes:
        return page.ask(kind="export", format="svg")[1][0]

    whole = svg()
    assert b"<dc:date>" not in whole
    page.view.selection = 1.0, 2.0
    assert svg() != whole
    page.view.selection = None
    assert svg() == whole
    assert rcParams["svg.hashsalt"] is None, "and the user's own drawings are named as before"


def test_marks_and_parts_are_those_that_were_asked_for(make_result: MakeResult) -> None:
    """Of several, by their names."""
    event = {"type": "list", "unit": "s", "sample_type": "variable_rate"}
    outputs = [{"name": name, **event} for name in ("beats", "onsets")]
    outputs += [{"name": name, "type": "list", "has_duration": True} for name in ("verses", "chords")]
    values = {"beats": [0.5], "onsets": [0.25], "verses": [(0.0, 0.75)], "chords": [(0.0, 0.5), (0.5, 1.0)]}
    page = _Page(AnalysisView(make_result(outputs, values, audio=_ramp(1000))))
    for kind, name, times in (
        ("marks", "onsets", [0.25]),
        ("marks", "beats", [0.5]),
        ("segments", "chords", [0.0, 0.5, 0.5, 1.0]),
        ("segments", "verses", [0.0, 0.75]),
    ):
        head, [data] = page.ask(kind=kind, name=name)
        assert (head["name"], np.frombuffer(data, "<f8").tolist()) == (name, times)


def test_constant_q_has_fewer_columns_in_an_answer() -> None:
    """It takes longer than the others, and nobody is to wait for it."""
    page = _Page(AnalysisView(_ramp(4000, 8000)))
    head, _ = page.ask(kind="tile", name="cqt:audio", start_s=0, end_s=0.5, columns=4096)
    assert head["columns"] == MAX_CONSTANT_Q_COLUMNS


def test_a_spectrogram_is_added_where_the_result_has_none(analysis: Result, make_result: MakeResult) -> None:
    """Of the first sound alone."""

    def shown(views: Any) -> list[str]:
        return [spectrum.name for spectrum in with_spectrogram(views, "mel").spectra if spectrum.shown]

    assert shown(views_of(analysis)) == []
    assert shown(views_of(_effect(make_result))) == ["mel:audio"]
    tracks = tuple(replace(track, shown=False) for track in views_of(analysis).tracks)
    assert shown(replace(views_of(analysis), tracks=tracks)) == ["mel:input:audio"]


def test_figures_and_curves_have_their_units(analysis: Result) -> None:
    """As their descriptors say."""
    plan = AnalysisView(analysis).plan
    assert [(one["label"], one["text"], one["unit"]) for one in plan["figures"]] == [
        ("Tempo", "120", "BPM"),
        ("Key", "A minor", ""),
        ("Loudness", "−∞", "LUFS"),
    ]
    units = {track["name"]: (track["unit"], track["bins_unit"]) for track in plan["tracks"]}
    assert units["centroid_hz"] == ("Hz", "")
    assert units["mel"] == ("dB", "Hz")


@pytest.mark.parametrize(
    ("name", "role"), [("beat_times_s", "beat"), ("downbeat_times_s", "downbeat"), ("onset_times_s", "")]
)
def test_what_the_read_out_counts_by_is_told_by_name(make_result: MakeResult, name: str, role: str) -> None:
    """Bars by downbeats, beats by beats, and nothing by others."""
    output = {"name": name, "type": "list", "unit": "s", "sample_type": "variable_rate"}
    view = AnalysisView(make_result([output], {name: [0.5]}, audio=_ramp(1000)))
    assert view.plan["marks"][0]["role"] == role


def test_a_plan_stays_small_whatever_a_plugin_gives(make_result: MakeResult) -> None:
    """Long texts are cut, of too many things some are shown, and an image has the bins of the rows that are left."""
    outputs = [{"name": f"y{n}", "type": "number"} for n in range(250)]
    values = {f"y{n}": "x" * 79 for n in range(250)}
    result = make_result(outputs, values)
    views = views_of(result)
    many = replace(views.figures[0], label="x" * 10_000, tooltip="x" * 10_000)
    page = AnalysisView(result)
    page._views = replace(views, figures=(many,) * 10_000, rows=(many,) * 10_000)
    plan = page._plan()
    assert len(plan["figures"]) == len(plan["rows"]) == 500
    assert len(json.dumps(plan)) < 1_000_000


def test_an_image_of_many_rows_keeps_its_peaks_and_its_ends(make_result: MakeResult) -> None:
    """Neighbours are pooled; the bins of what is left run from the first to the last."""
    image = np.zeros((5000, 4))
    image[1234, 2] = 7.0
    assert fewer_rows(image).max() == 7.0
    outputs = [
        {"name": "image", "type": "array", "sample_type": "fixed_rate", "sample_rate": 4.0, "bins": "hertz"},
        {"name": "hertz", "type": "array", "unit": "Hz"},
    ]
    view = AnalysisView(make_result(outputs, {"image": image, "hertz": np.arange(5000.0)}))
    (track,) = view.plan["tracks"]
    assert (len(track["bins"]), track["bins"][0], track["bins"][-1]) == (512, 0.0, 4999.0)


def test_what_is_alike_stands_together_in_a_comparison(make_result: MakeResult) -> None:
    """One lane for each of the compared, and a spectrogram of its own sound."""
    views = compare(_effect(make_result), _effect(make_result)).views
    assert [sound.name for sound in views.sounds] == ["0:audio", "1:audio", "0:input:audio", "1:input:audio"]
    assert {spectrum.name: spectrum.sound for spectrum in views.spectra if ":mel:" in spectrum.name} == {
        f"{side}:mel:{sound}": f"{side}:{sound}" for side in (0, 1) for sound in ("audio", "input:audio")
    }


def test_a_file_is_called_by_letters_and_digits(make_result: MakeResult) -> None:
    """Whatever the plugin is called."""
    page = _Page(AnalysisView(make_result([{"name": "y", "type": "number"}], {"y": 1.0}, label="../A b<c>")))
    assert page.ask(kind="export", format="csv")[0]["filename"] == "---a-b-c-.csv"


def test_a_selection_to_the_very_end_ends_there() -> None:
    """Where a product of floats is a hair beyond it."""
    view = AnalysisView(_ramp(1000))
    view.selection = 0.5, 1.0 + 1e-10
    assert view.selection is not None
    assert view.selection.end_s == 1.0


def test_the_axis_of_a_comparison_has_room_for_the_longest() -> None:
    """Whichever comes first."""
    assert compare(_ramp(1000), _ramp(3000)).plan["duration_s"] == 3.0
