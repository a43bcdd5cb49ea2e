"""AnalysisView: a small state, and binary answers."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.analysis import AnalysisView


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What the view sends to its page."""
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(
        AnalysisView, "send", lambda self, content, buffers=None: messages.append((content, buffers or []))
    )
    return messages


def test_the_state_is_small_and_plain(analysis: Result) -> None:
    """What a notebook would store is a few kilobytes of strict JSON, whatever the sound's length."""
    view = AnalysisView(analysis)
    view.on_request({})
    plan = json.dumps(view.plan, allow_nan=False)
    assert len(plan) < 20_000
    state = {name: value for name, value in view.get_state().items() if name != "code"}
    assert len(json.dumps(state, default=str)) < 30_000


def test_the_code_leaves_the_state_when_the_page_has_it(analysis: Result) -> None:
    """The front-end's code is stored in no notebook once a page has got it, and comes with no second view."""
    view = AnalysisView(analysis)
    view._receive(view, {"kind": "got", "key": view.bundle_key}, [])
    assert view.code == []
    assert AnalysisView(analysis).code == []


def test_the_code_stays_for_a_page_that_has_another(analysis: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was loaded from an earlier version."""
    monkeypatch.setattr("schillinger_plugins.widgets.bundle._delivered", set())
    view = AnalysisView(analysis)
    view._receive(view, {"kind": "got", "key": "analysis-0"}, [])
    assert view.code


def test_the_code_is_sent_to_a_page_that_asks(analysis: Result, sent: list[Any]) -> None:
    """A page that was loaded anew gets script and style as buffers."""
    view = AnalysisView(analysis)
    view._receive(view, {"kind": "code"}, [])
    content, buffers = sent[0]
    assert content == {"kind": "code", "key": view.bundle_key}
    assert b"export" in buffers[0]
    assert b".sch" in buffers[1]


def test_a_wave_is_answered_with_minima_and_maxima(analysis: Result, sent: list[Any]) -> None:
    """Two rows of float32 for each channel, of as many columns as asked."""
    AnalysisView(analysis).on_request({"kind": "tile", "name": "input:audio", "start_s": 0, "end_s": 4, "columns": 100})
    content, [data] = sent[0]
    assert (content["rows"], content["columns"]) == (2, 100)
    low, high = np.frombuffer(data, "<f4").reshape(2, 100)
    assert (low <= high).all()
    assert high.max() == pytest.approx(analysis.inputs["audio"].samples.max())


def test_an_image_is_answered_with_bytes(analysis: Result, sent: list[Any]) -> None:
    """A byte for each row and column."""
    AnalysisView(analysis).on_request({"kind": "tile", "name": "mel", "start_s": 0, "end_s": 4, "columns": 50})
    content, [data] = sent[0]
    assert content["rows"] == 64
    assert len(data) == 64 * 50


def test_the_first_row_of_an_image_comes_first(make_result: Any, sent: list[Any]) -> None:
    """The page draws it at the bottom."""
    output = {"name": "image", "type": "array", "sample_type": "fixed_rate", "sample_rate": 4.0}
    view = AnalysisView(make_result([output], {"image": np.repeat([[0.0], [1.0], [2.0]], 8, axis=1)}))
    view.on_request({"kind": "tile", "name": "image", "columns": 4})
    rows = np.frombuffer(sent[0][1][0], np.uint8).reshape(3, 4)
    assert (rows[0] == 0).all()
    assert (rows[2] == 254).all()


def test_a_sound_of_no_frames_is_not_offered(make_result: Any) -> None:
    """There is nothing to see and to hear."""
    outputs = [{"name": name, "type": "audio"} for name in ("empty", "audio")]
    empty = Audio(np.zeros((1, 0)), 800)
    result = make_result(outputs, {"empty": empty, "audio": Audio(np.zeros(800), 800)}, audio=empty)
    assert [sound["name"] for sound in AnalysisView(result).plan["sounds"]] == ["audio"]


def test_a_curve_is_answered_with_its_range(analysis: Result, sent: list[Any]) -> None:
    """Minimum and maximum of each column, so that no spike is lost."""
    AnalysisView(analysis).on_request({"kind": "tile", "name": "centroid_hz", "columns": 10})
    [data] = sent[0][1]
    low, high = np.frombuffer(data, "<f4").reshape(2, 10)
    assert low.min() == pytest.approx(analysis["centroid_hz"].min())
    assert high.max() == pytest.approx(analysis["centroid_hz"].max())


def test_sound_and_marks_are_answered(analysis: Result, sent: list[Any]) -> None:
    """The player gets a WAV file, the waveform its onsets."""
    view = AnalysisView(analysis)
    view.on_request({"kind": "sound", "name": "input:audio"})
    view.on_request({"kind": "marks", "name": "onset_times_s"})
    assert sent[0][1][0].startswith(b"RIFF")
    np.testing.assert_allclose(np.frombuffer(sent[1][1][0], "<f8"), analysis["onset_times_s"])


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "tile", "name": "nothing"},
        {"kind": "tile", "name": ["mel"]},
        {"kind": "sound", "name": "mel"},
        {"kind": "everything"},
        {"kind": "marks"},
    ],
)
def test_what_is_not_there_is_not_answered(analysis: Result, sent: list[Any], request_: dict[str, Any]) -> None:
    """A request for something else is passed over."""
    AnalysisView(analysis).on_request(request_)
    assert sent == []


@pytest.mark.parametrize(
    "span",
    [
        {"start_s": math.nan, "end_s": math.inf, "columns": 1e12},
        {"start_s": 5, "end_s": -5, "columns": -3},
        {"start_s": 1e300, "end_s": 1.1e300, "columns": 8},
    ],
)
def test_odd_ranges_are_made_sane(analysis: Result, sent: list[Any], span: dict[str, Any]) -> None:
    """No range that a page asks for costs more memory than a picture, or raises."""
    for name in ("input:audio", "mel"):
        AnalysisView(analysis).on_request({"kind": "tile", "name": name, **span})
    assert all(content["columns"] <= 4096 for content, _ in sent)
    assert len(sent) == 2


def test_many_channels_share_a_lane(make_result: Any, sent: list[Any]) -> None:
    """Six channels are drawn as their mean."""
    result = make_result([{"name": "audio", "type": "audio"}], {"audio": Audio(np.full((6, 800), 0.5), 800)})
    view = AnalysisView(result)
    assert view.plan["sounds"][0]["channels"] == 1
    view.on_request({"kind": "tile", "name": "audio", "columns": 8})
    np.testing.assert_allclose(np.frombuffer(sent[0][1][0], "<f4"), 0.5)


def test_a_sound_by_itself_has_a_view() -> None:
    """Audio needs no result to be seen and heard."""
    view = AnalysisView(Audio(np.zeros((2, 800)), 800))
    assert view.plan["title"] == "Audio"
    assert view.plan["duration_s"] == 1.0


def test_sound_that_is_all_nan_has_a_plan() -> None:
    """No value of a plan is NaN, which JSON doesn't have."""
    view = AnalysisView(Audio(np.full(800, np.nan), 800))
    json.dumps(view.plan, allow_nan=False)
