"""Figures: what a notebook, a page, a terminal and a file get of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins.cli.save import saver
from schillinger_plugins.definition.figures import checked
from schillinger_plugins.errors import InputError
from schillinger_plugins.result import Result
from schillinger_plugins.types import Figure
from schillinger_plugins.widgets import display, report_html
from schillinger_plugins.widgets.figure import VEGA_LITE, bundle_of

ALT = 'A wave, "loud" & <short>'
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
WAVE = Figure.svg('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0L9 9"/></svg>', alt=ALT)
DOT = Figure.image(PNG, alt="A dot")
ROWS = [{"t": n, "level_db": -3.25 * n} for n in range(40)]
BARS = Figure.vega_lite(
    {
        "layer": [
            {"data": {"values": ROWS}, "mark": "bar", "encoding": {"x": {"field": "t"}, "y": {"field": "level_db"}}}
        ]
    },
    alt="Levels that fall",
)

Draw = Callable[..., Result]


@pytest.fixture
def drawn(make_result: Any) -> Draw:
    """A function that makes a result with one figure, and other outputs if they are given."""

    def make(figure: Figure, outputs: Any = (), values: Any = ()) -> Result:
        described = [{"name": "figure", "label": "The figure", "type": "figure"}, *outputs]
        result: Result = make_result(described, {"figure": checked(figure), **dict(values)})
        return result

    return make


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[dict[str, Any], Any]]]:
    """What a notebook would get, one entry for each output."""
    InteractiveShell.clear_instance()
    outputs: list[tuple[dict[str, Any], Any]] = []
    publisher = SimpleNamespace(publish=lambda data, metadata=None, **_: outputs.append((data, metadata)))
    monkeypatch.setattr(InteractiveShell.instance(), "display_pub", publisher, raising=False)
    monkeypatch.setattr(display, "_in_notebook", lambda: True)
    yield outputs
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(("figure", "kind"), [(WAVE, "svg+xml"), (DOT, "png")])
def test_a_drawing_is_shown_as_a_picture_with_its_words(figure: Figure, kind: str, published: Any, drawn: Draw) -> None:
    """SVG, too, is only the source of an image, where no script runs."""
    display.draw(drawn(figure))
    ((data, _),) = published
    assert data["text/html"].startswith('<img alt="')
    assert f'src="data:image/{kind};base64,' in data["text/html"]
    assert "<svg" not in data["text/html"]
    assert data["text/plain"].endswith(figure.alt)


def test_alternative_text_is_escaped() -> None:
    """A quote doesn't end the attribute."""
    assert 'alt="A wave, &quot;loud&quot; &amp; &lt;short&gt;"' in bundle_of(WAVE)[0]["text/html"]


def test_vega_lite_goes_to_the_renderer_of_jupyterlab(published: Any, drawn: Draw) -> None:
    """Under its MIME type, beside which there is no HTML that would be preferred, and without the menu's editor."""
    display.draw(drawn(BARS))
    ((data, metadata),) = published
    assert set(data) == {VEGA_LITE, "text/plain"}
    assert data[VEGA_LITE]["$schema"].endswith("/v5.json")
    assert data[VEGA_LITE]["description"] == "Levels that fall"
    assert metadata[VEGA_LITE]["embed_options"]["actions"]["editor"] is False


def test_where_vega_lite_is_not_drawn_its_data_begin(published: Any, drawn: Draw) -> None:
    """The words, the first rows, and how many there are."""
    display.draw(drawn(BARS))
    text = published[0][0]["text/plain"].splitlines()
    assert text[0] == "figure (Vega-Lite): Levels that fall"
    assert text[1].split() == ["t", "level_db"]
    assert text[3].split() == ["1", "−3.25"]
    assert text[-1] == "… 40 rows"


def test_figures_come_before_the_view_and_stay(published: Any, drawn: Draw) -> None:
    """What the live view hides is what it replaces: the picture and the table of the other outputs."""
    display.draw(drawn(WAVE, [{"name": "peak", "type": "number"}], {"peak": 0.5}))
    assert "<img" in published[0][0]["text/html"]
    assert "schillinger-static" not in published[0][0]["text/html"]
    assert "schillinger-static" in published[1][0]["text/html"]
    assert "figure" not in published[1][0]["text/html"]
    assert len(published) == 3


def test_a_figure_by_itself_is_drawn(published: Any) -> None:
    """``result["figure"]`` in a cell, which `install` tells IPython."""
    shell = InteractiveShell.instance()
    display.install(shell)
    assert shell.display_formatter is not None
    shell.display_formatter.format(DOT)
    assert "<img" in published[0][0]["text/html"]


def test_a_figure_that_was_changed_since_is_refused_again(published: Any) -> None:
    """Whatever holds a figure is checked when it is drawn."""
    display.draw(Figure({**WAVE, "svg": WAVE["svg"].replace("<path", "<script")}))
    ((data, _),) = published
    assert set(data) == {"text/plain"}
    assert "has the element <script>" in data["text/plain"]


def test_a_terminal_gets_the_words(drawn: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, however long the other values are cut."""
    figure = Figure({**BARS, "alt": "Levels. " * 40 + "They fall."})
    display.draw(drawn(figure))
    assert "They fall." in capsys.readouterr().out


def test_a_report_shows_figures_without_scripts(drawn: Draw) -> None:
    """Drawings as pictures; of Vega-Lite the words and the data."""
    page = report_html(drawn(WAVE))
    assert "data:image/svg+xml;base64," in page
    page = report_html(drawn(BARS))
    assert "The figure: Levels that fall" in page
    assert "<caption>5 of 40 rows</caption>" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("figure", "ending", "begins"),
    [
        (WAVE, ".svg", b"<svg xmlns="),
        (DOT, ".png", b"\x89PNG"),
        (BARS, ".vl", b'{"$schema"'),
        (WAVE, ".html", b"<!doct"),
    ],
)
def test_a_figure_is_written_to_a_file(figure: Figure, ending: str, begins: bytes, drawn: Draw, tmp_path: Path) -> None:
    """By the file's ending."""
    result = drawn(figure)
    save = saver(tmp_path / f"figure{ending}", force=False)
    save.demand(result.definition)
    save.write(result)
    assert (tmp_path / f"figure{ending}").read_bytes().startswith(begins)


def test_a_picture_in_json_is_base64(drawn: Draw, tmp_path: Path) -> None:
    """Not a list of a million numbers."""
    saver(tmp_path / "figure.json", force=False).write(drawn(DOT))
    outputs = json.loads((tmp_path / "figure.json").read_text())["outputs"]
    assert base64.b64decode(outputs["figure"]["image"]["base64"]) == drawn(DOT)["figure"]["image"].tobytes()


def test_another_format_than_the_figures_is_refused_with_those_it_has(drawn: Draw, tmp_path: Path) -> None:
    """Nothing here turns one into another."""
    with pytest.raises(InputError, match=r"write \.vl or \.html"):
        saver(tmp_path / "figure.png", force=False).write(drawn(BARS))


def test_a_plugin_without_figures_is_refused_beforehand(make_result: Any, tmp_path: Path) -> None:
    """Before it runs, not after."""
    result = make_result([{"name": "n", "type": "integer"}], {"n": 3})
    with pytest.raises(InputError, match="no output of type figure"):
        saver(tmp_path / "figure.svg", force=False).demand(result.definition)


def test_a_worker_returns_a_figure(make: Any) -> None:
    """From `Figure` in a confined worker to a checked one on the host; a hostile one names its flaw."""
    definition = {
        "type": "f",
        "label": "F",
        "inputs": [{"name": "body", "type": "string"}],
        "outputs": [{"name": "figure", "type": "figure"}],
        "parameters": [],
    }
    body = """
    svg = '<svg xmlns="http://www.w3.org/2000/svg">' + inputs['body'] + '</svg>'
    return {'figure': Figure.svg(svg, alt='from inside')}
    """
    instance = make(body, definition=definition, plugin_type="NODE")
    figure = instance.execute({"body": "<rect/>"})["figure"]
    assert isinstance(figure, Figure)
    assert repr(figure).endswith("from inside")
    with pytest.raises(Exception, match=r"has the element <script>.*\$\.outputs\.figure\.svg\.script"):
        instance.execute({"body": "<script>window.hacked = 1</script>"})
