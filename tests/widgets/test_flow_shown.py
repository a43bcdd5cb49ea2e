"""What is sent of a result that is opened beside its node."""

from __future__ import annotations

from collections.abc import Callable

from schillinger_plugins.result import Result
from schillinger_plugins.types import Figure
from schillinger_plugins.widgets.canvas.shown import shown_of


def test_a_plugins_own_drawing_is_an_image(make_result: Callable[..., Result]) -> None:
    """SVG and pictures as they are, with their words; Vega-Lite and what was tampered with in words alone."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9"/></svg>'
    drawings = {
        "wave": Figure.svg(svg, alt="a wave"),
        "bars": Figure.vega_lite({"data": {"values": [{"x": 1}]}, "mark": "bar"}, alt="bars"),
        "trap": Figure({"svg": svg.replace("<path", "<script"), "alt": "a trap"}),
    }
    result = make_result([{"name": name, "type": "figure"} for name in drawings], drawings)
    told, buffers = shown_of("n", result)
    assert [(part.mime, part.label, part.is_still) for part in told.parts] == [("image/svg+xml", "a wave", False)]
    assert buffers[0].startswith(b"<svg")
    words = {row["name"]: row["text"] for row in told.outputs}
    assert words["bars"] == "bars (run['bars'] in a cell draws it)"
    assert "it is not drawn: it has the element <script>" in words["trap"]
    assert "wave" not in words
