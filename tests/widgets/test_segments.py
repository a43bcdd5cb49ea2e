"""Segments: what is read as parts of a sound, and how each is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.result import Result
from schillinger_plugins.widgets.segments import MAX_LABEL, Segments
from schillinger_plugins.widgets.views import views_of

from .conftest import click_track

MakeResult = Callable[..., Result]
LASTING = {"name": "parts", "type": "list", "has_duration": True}


def _parts(make_result: MakeResult, value: Any, *, output: dict[str, Any] = LASTING, **others: Any) -> Segments:
    outputs = [output, *({"name": name, "type": "array", "unit": "s"} for name in others)]
    (parts,) = views_of(make_result(outputs, {"parts": value, **others}, audio=click_track())).segments
    return parts


def _spans(parts: Segments) -> list[tuple[float, float, str]]:
    return list(zip(parts.starts_s.tolist(), parts.ends_s.tolist(), parts.labels, strict=True))


def test_events_have_an_end_or_a_duration(make_result: MakeResult) -> None:
    """In the order of their begins; one that ends before it begins, or lasts for ever, is none."""
    events = [
        {"start_s": 1.0, "duration_s": 0.5, "label": "verse"},
        {"time": 0.25, "end": 0.75, "name": "intro"},
        {"start_s": 3.0, "end_s": 2.0, "label": "backwards"},
        {"start_s": 0.0, "duration_s": float("inf"), "label": "for ever"},
        {"label": "nowhere"},
    ]
    assert _spans(_parts(make_result, events)) == [(0.25, 0.75, "intro"), (1.0, 1.5, "verse")]


def test_a_note_without_a_name_is_called_by_its_pitch(make_result: MakeResult) -> None:
    """As musicians do; one that is no pitch has no name."""
    events = [{"start_s": at, "duration_s": 1, "pitch": pitch} for at, pitch in enumerate((69, 60.0, 500, "x"))]
    assert _parts(make_result, events).labels == ("A4", "C4", "", "")


def test_values_hold_until_the_next_one_and_the_last_to_the_end(make_result: MakeResult) -> None:
    """Chords at their times, of a sound of four seconds."""
    output = {**LASTING, "times": "at"}
    parts = _parts(make_result, ["C", "G7"], output=output, at=np.array([0.5, 2.0]))
    assert _spans(parts) == [(0.5, 2.0, "C"), (2.0, 4.0, "G7")]


def test_pairs_of_times_are_parts_without_names(make_result: MakeResult) -> None:
    """What isn't finite or is reversed is left out."""
    pairs = np.array([[2.0, 3.0], [0.0, 1.0], [np.nan, 1.0], [3.0, 1.0]])
    assert _spans(_parts(make_result, pairs)) == [(0.0, 1.0, ""), (2.0, 3.0, "")]


@pytest.mark.parametrize(("label", "text"), [("x" * 999, "x" * (MAX_LABEL - 1) + "…"), (0.123456, "0.1235"), (7, "7")])
def test_a_label_is_short_text(make_result: MakeResult, label: Any, text: str) -> None:
    """Whatever a plugin calls a part."""
    assert _parts(make_result, [{"start_s": 0, "end_s": 1, "label": label}]).labels == (text,)
