"""Still output: pictures, tables and pages that need no kernel."""

from __future__ import annotations

import base64
import builtins
import html.parser
import re
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.result import Result
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.picture import picture_png
from schillinger_plugins.widgets.report import node_html, report_html, table_html

OVER_TIME = {"type": "array", "sample_type": "fixed_rate", "sample_rate": 2.0}
HOSTILE = "<script>alert('x')</script>\"&<img src=x onerror=alert(1)>"


class _Tags(html.parser.HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)


def _tags(text: str) -> _Tags:
    parser = _Tags()
    parser.feed(text)
    return parser


@pytest.fixture
def hostile(make_result: Any) -> Result:
    """Every string that a plugin can give, with markup in it."""
    outputs = [
        {"name": "a", "label": HOSTILE, "type": "string", "unit": HOSTILE[:30], "tooltip": HOSTILE},
        {
            "name": "b",
            "label": "$\\frac{",
            "type": "array",
            "sample_type": "fixed_rate",
            "sample_rate": 2.0,
            "bin_names": ["<b>", "$x_{"],
        },
        {"name": "c", "type": "object"},
    ]
    values = {"a": HOSTILE, "b": np.ones((2, 5)), "c": {HOSTILE: HOSTILE}}
    return make_result(outputs, values, audio=Audio(np.zeros(8000), 8000), label=HOSTILE)


def test_the_picture_is_a_png_and_always_the_same(analysis: Result) -> None:
    """Equal results give equal bytes, so that a saved notebook doesn't change for nothing."""
    first, second = picture_png(analysis), picture_png(analysis)
    assert first is not None
    assert first.startswith(b"\x89PNG\r\n")
    assert first == second


def test_the_picture_leaves_pyplot_alone(analysis: Result) -> None:
    """The user's figures and backend are theirs: pyplot isn't even imported by the drawing."""
    import subprocess
    import sys

    code = (
        "import sys, numpy as np\n"
        "from schillinger_plugins.types import Audio\n"
        "from schillinger_plugins.widgets import picture_png\n"
        "assert picture_png(Audio(np.zeros(800), 800))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_result_without_time_has_no_picture(make_result: Any) -> None:
    """Scalars alone are a table."""
    result = make_result([{"name": "n", "type": "integer"}], {"n": 3})
    assert picture_png(result) is None
    assert "3" in table_html(result)


def test_without_matplotlib_there_is_a_table(analysis: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small installation draws no picture, and says everything else."""
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert picture_png(analysis) is None
    assert "120" in report_html(analysis)


def test_the_table_has_every_output_with_its_unit(analysis: Result) -> None:
    """Nothing that the plugin gave is missing from the table."""
    table = table_html(analysis)
    for name in analysis:
        assert f"<code>{name}</code>" in table
    assert "120 BPM" in table
    assert "−∞ LUFS" in table


def test_markup_from_a_plugin_stays_text(hostile: Result) -> None:
    """No tag or attribute of a plugin's strings reaches the page."""
    for text in (table_html(hostile), report_html(hostile)):
        found = _tags(text)
        assert "script" not in found.tags
        assert not {name for name in found.attributes if name.startswith("on")}
        assert "&lt;script&gt;" in text
    assert "img" not in _tags(table_html(hostile)).tags


def test_markup_in_a_definition_stays_text() -> None:
    """The table of a node is escaped like that of a result."""
    definition = NodeDefinition.parse(
        {
            "type": "x",
            "label": HOSTILE,
            "description": HOSTILE,
            "inputs": [{"name": "a", "type": "audio", "tooltip": HOSTILE}],
            "parameters": [{"name": "p", "label": "p", "type": "choice", "default": "<i>", "options": ["<i>"]}],
        },
        plugin_id="x",
    )
    found = _tags(node_html(definition))
    assert not found.tags & {"script", "img", "i"}


def test_odd_text_does_not_break_the_picture(hostile: Result) -> None:
    """A label that is no valid TeX is drawn as it is."""
    assert picture_png(hostile) is not None


def test_the_page_stands_alone(analysis: Result) -> None:
    """A report asks nothing of the network, has the picture and a player, and tells how to repeat the call."""
    page = report_html(analysis)
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(source.startswith("data:") for source in sources)
    assert base64.b64decode(re.search(r"data:audio/wav;base64,([^\"]+)", page).group(1)).startswith(b"RIFF")
    assert "ab" * 32 in page
    assert "http" not in page


def test_a_long_sound_has_no_player_in_the_page(make_result: Any) -> None:
    """A page of a hundred megabytes helps nobody: it says so instead."""
    result = make_result([{"name": "audio", "type": "audio"}], {"audio": Audio(np.zeros(61 * 1000), 1000)})
    page = report_html(result)
    assert "<audio" not in page
    assert "longer than 60 s" in page
