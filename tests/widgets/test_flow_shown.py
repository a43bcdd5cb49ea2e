"""What is sent of a result that is opened beside its node."""

from __future__ import annotations

import json
from collections.abc import Callable

from schillinger_plugins.result import Result
from schillinger_plugins.types import Figure
from schillinger_plugins.widgets.canvas.shown import MAX_DRAWINGS, shown_of
from schillinger_plugins.widgets.figure import VEGA_LITE


def test_a_plugins_own_drawing_is_sent(make_result: Callable[..., Result]) -> None:
    """SVG, pictures and Vega-Lite as they are, with their words; what was tampered with in words alone."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    drawings = {
        "wave": Figure.svg(svg, alt="a wave"),
        "bars": Figure.vega_lite({"data": {"values": [{"x": 1}]}, "mark": "bar"}, alt="bars"),
        "trap": Figure({"svg": svg.replace("<path", "<script"), "alt": "a trap"}),
    }
    result = make_result([{"name": name, "type": "figure"} for name in drawings], drawings)
    told, buffers = shown_of("n", result)
    kinds = [("image/svg+xml", "a wave", False), (VEGA_LITE, "bars", False)]
    assert [(part.mime, part.label, part.is_still) for part in told.parts] == kinds
    assert buffers[0].startswith(b"<svg")
    assert json.loads(buffers[1])["data"] == {"values": [{"x": 1}]}
    words = {row["name"]: row["text"] for row in told.outputs}
    assert "it is not drawn: it has the element <script>" in words["trap"]
    assert set(words) == {"trap"}


def test_of_many_drawings_the_first_are_sent(make_result: Callable[..., Result]) -> None:
    """Of the others it is said where they are drawn."""
    drawings = {f"d{n}": Figure.vega_lite({"data": {"values": []}, "mark": "bar"}, alt=f"bars {n}") for n in range(8)}
    result = make_result([{"name": name, "type": "figure"} for name in drawings], drawings)
    told, buffers = shown_of("n", result)
    assert len(buffers) == MAX_DRAWINGS
    assert [row["text"] for row in told.outputs] == [f"bars {n} (run['d{n}'] in a cell draws it)" for n in (6, 7)]
