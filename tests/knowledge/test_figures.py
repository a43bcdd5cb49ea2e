"""Figures from strangers: what is drawn, and what is refused, where."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from typing import Any, TypedDict
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.definition.figures import checked
from schillinger_plugins.definition.ports import Misfit
from schillinger_plugins.errors import DefinitionError
from schillinger_plugins.schema.json_text import json_path
from schillinger_plugins.types import Figure, VisualizationPlugin
from schillinger_plugins.types.hints import definition_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
ROWS = {"values": [{"x": 1, "y": 2}, {"x": 2, "y": 3}]}
BARS: dict[str, Any] = {
    "data": ROWS,
    "mark": "bar",
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
}


class Drawn(TypedDict):
    """What a plugin with typed hints returns."""

    figure: Figure


def png(width: int = 2, height: int = 2, *, extra: bytes = b"", pixels: bytes | None = None) -> bytes:
    """A grey PNG, with `extra` chunks after its header."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = pixels if pixels is not None else b"".join(b"\0" + bytes(width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(extra[:4], extra[4:]) if extra else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


PNG_ADDRESS = f"data:image/png;base64,{base64.b64encode(png()).decode()}"


def refused(figure: Any) -> tuple[str, str]:
    """What was said, and where."""
    with pytest.raises(Misfit) as caught:
        checked(figure)
    return str(caught.value), json_path(caught.value.at)


def spec(**keys: Any) -> Figure:
    """Bars, and what is added to them."""
    return Figure.vega_lite({**BARS, **keys}, alt="bars")


def svg(body: str) -> Figure:
    """A drawing of `body`."""
    return Figure.svg(SVG.format(body), alt="a drawing")


# What every figure has


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ("<svg/>", "expected a figure"),
        ({"alt": "nothing"}, "no drawing"),
        ({"svg": SVG.format(""), "image": b"", "alt": "two"}, "svg and image"),
        ({"svg": SVG.format(""), "alt": "x", "script": "alert(1)"}, "'script'"),
        ({"svg": SVG.format("")}, "no alternative text"),
        ({"svg": SVG.format(""), "alt": "   "}, "no alternative text"),
        ({"svg": SVG.format(""), "alt": "\x1b[2J"}, "control characters"),
        ({"svg": SVG.format(""), "alt": "evil \u202e txt"}, "control characters"),
        ({"svg": SVG.format(""), "alt": "x" * 3000}, "3000 characters"),
        ({"svg": 7, "alt": "x"}, "a int for an SVG"),
        ({"vega_lite": "{}", "alt": "x"}, "a str for a specification"),
        ({"image": "png", "alt": "x"}, "a str for a picture"),
    ],
)
def test_a_figure_is_one_drawing_and_its_words(figure: Any, said: str) -> None:
    """Neither several drawings, nor other keys, nor a drawing that nobody can read out."""
    assert said in refused(figure)[0]


def test_the_error_of_a_call_tells_the_way_to_the_flaw() -> None:
    """A hostile figure is refused like any output that doesn't fit, with its path."""
    definition = NodeDefinition.parse(
        {"type": "t", "label": "T", "outputs": [{"name": "figure", "type": "figure"}]}, plugin_id="t"
    )
    layers = [{"mark": "bar"}, {"mark": "bar", "encoding": {"href": {"field": "x"}}}]
    outputs = {"figure": {"vega_lite": {"layer": layers}, "alt": "x"}}
    with pytest.raises(DefinitionError, match=r"href.*\$\.outputs\.figure\.vega_lite\.layer\[1\]\.encoding\.href"):
        definition.check_outputs(outputs, plugin_id="t")


@pytest.mark.parametrize("figure", [spec(), svg("<path d='M0 0L9 9'/>"), Figure.image(png(), alt="grey")])
def test_checking_again_changes_nothing(figure: Figure) -> None:
    """What has been checked passes as it is."""
    once = checked(figure)
    again = checked(once)
    assert once.format == figure.format
    assert repr(once) == repr(again)
    assert np.array_equal(once.get("image", 0), again.get("image", 0))
    assert {**once, "image": 0} == {**again, "image": 0}


def test_numpy_and_nan_become_json() -> None:
    """An author gives arrays; what crosses is plain."""
    figure = Figure.vega_lite({"data": {"values": np.array([1.0, np.nan])}, "width": np.int64(3)}, alt="x")
    assert figure["vega_lite"] == {"data": {"values": [1.0, None]}, "width": 3}


def test_a_typed_hint_makes_a_port() -> None:
    """An author who annotates an output with `Figure` need not describe it."""

    class Bars(VisualizationPlugin):
        """Draws."""

        async def execute(self, inputs: Any, parameters: Any) -> Drawn:
            return {"figure": spec()}

    (output,) = NodeDefinition.parse(definition_of(Bars), plugin_id="bars").outputs
    assert (output.name, output.type) == ("figure", "figure")


def test_a_figure_knows_its_format() -> None:
    """One of three, or it says what is wrong."""
    assert spec().format == "vega_lite"
    with pytest.raises(ValueError, match="this one has vega_lite, svg"):
        _ = Figure(vega_lite={}, svg="").format


# Vega-Lite


GOOD_SPECS = [
    {},
    {"$schema": "https://vega.github.io/schema/vega-lite/v5.20.1.json", "title": "Bars (in dB)"},
    {"mark": {"type": "bar", "tooltip": True, "cursor": "pointer", "fill": "rgb(1, 2, 3)"}},
    {"mark": {"type": "image", "url": PNG_ADDRESS, "width": 9}},
    {"transform": [{"calculate": "datum.x * 2 + log(datum['y'])", "as": "z"}, {"filter": "datum.x > 1 && true"}]},
    {"transform": [{"filter": {"or": ["datum.x < 3", {"field": "y", "gt": 1}]}}, {"regression": "y", "on": "x"}]},
    {"transform": [{"lookup": "x", "from": {"data": {"values": [{"x": 1}]}, "key": "x", "fields": ["x"]}}]},
    {"transform": [{"window": [{"op": "sum", "field": "y", "as": "total"}], "frame": [None, 0]}]},
    {"params": [{"name": "brush", "select": {"type": "interval", "clear": "dblclick"}, "bind": "scales"}]},
    {
        "params": [{"name": "gain", "value": 1, "bind": {"input": "range", "min": 0, "max": 2, "step": 0.1}}],
        "transform": [{"filter": "datum.y > gain"}],
        "mark": {"type": "bar", "opacity": {"expr": "gain / 2"}},
    },
    {"encoding": {"x": {"field": "t", "timeUnit": "yearmonth", "axis": {"format": "%Y", "labelExpr": "datum.label"}}}},
    {"encoding": {"color": {"condition": {"test": "datum.x > 1", "value": "red"}, "value": "#00f"}}},
    {"data": {"sequence": {"start": 0, "stop": 100, "step": 0.5, "as": "t"}}},
    {"data": {"name": "rows"}, "datasets": {"rows": [{"href": 1, "url": "http://a"}]}},
    {"config": {"view": {"stroke": None}, "axis": {"grid": False}}, "width": 300, "height": {"step": 12}},
    {
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 5, "top": 5},
        "background": "white",
        "title": {"text": ["Levels (dB)", "by bar"], "anchor": "start"},
        "transform": [
            {"aggregate": [{"op": "mean", "field": "y", "as": "m"}], "groupby": ["x"]},
            {"timeUnit": "month", "field": "date", "as": "month"},
            {"bin": {"maxbins": 20}, "field": "x", "as": "b"},
            {"stack": "y", "groupby": ["x"], "offset": "center", "as": ["a", "b"]},
            {"density": "x", "bandwidth": 0.3, "extent": [0, 10]},
            {"impute": "y", "key": "x", "keyvals": {"start": 0, "stop": 9}, "value": 0},
            {"pivot": "x", "value": "y", "groupby": ["b"]},
            {"quantile": "x", "step": 0.1},
            {"filter": {"field": "x", "range": [{"year": 2006, "month": "jan", "date": 1}, {"year": 2007}]}},
        ],
    },
    {
        "params": [
            {"name": "hover", "select": {"type": "point", "on": "pointerover", "nearest": True, "fields": ["x"]}},
            {"name": "pick", "select": {"type": "point", "toggle": "event.shiftKey"}, "bind": {"x": {"input": "text"}}},
        ],
        "mark": {
            "type": "area",
            "color": {"gradient": "linear", "stops": [{"offset": 0, "color": "white"}, {"offset": 1, "color": "red"}]},
        },
        "encoding": {
            "x": {
                "field": "x",
                "sort": "-y",
                "scale": {"type": "log", "range": ["#fff", "rgb(1, 2, 3)"]},
                "axis": None,
            },
            "y": {"aggregate": {"argmax": "y"}, "field": "x", "axis": {"values": [1, 2], "format": "~s"}},
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 1}, "value": 0.2},
            "color": {"field": "x", "legend": {"title": "Level in dB (RMS)"}, "scale": {"scheme": "viridis"}},
            "tooltip": [{"field": "y", "format": ".2f", "title": "level (dB)"}],
        },
    },
    {"hconcat": [BARS, {"repeat": {"row": ["Level (dB)"]}, "spec": BARS}], "resolve": {"scale": {"x": "shared"}}},
]


@pytest.mark.parametrize("keys", GOOD_SPECS)
def test_specifications_that_draw_pass_as_they_are(keys: dict[str, Any]) -> None:
    """What an author needs is taken, and only the schema is added."""
    given = spec(**keys)["vega_lite"]
    passed = checked(Figure(vega_lite=given, alt="x"))["vega_lite"]
    assert {**passed, "$schema": 0} == {**given, "$schema": 0}
    assert passed["$schema"].startswith("https://vega.github.io/schema/vega-lite/v5")


HOSTILE_SPECS = [
    ({"data": {"url": "http://evil.example/x"}}, "data.url"),
    ({"data": {"url": "file:///etc/passwd"}}, "data.url"),
    ({"data": {"values": "x,image\n1,http://evil", "format": {"type": "csv"}}}, "data.values"),
    ({"data": {"values": [], "format": {"type": "topojson", "feature": "x"}}}, "data.format"),
    ({"data": {"sequence": {"start": 0, "stop": 1e12}}}, "data.sequence"),
    ({"data": {"sequence": {"start": 0, "stop": "alert(1)"}}}, "data.sequence"),
    ({"data": {"values": [{"image": "http://evil.example/track.png"}]}}, "data.values[0].image"),
    ({"data": {"values": [{"__proto__": {"polluted": 1}}]}}, "data.values[0].__proto__"),
    ({"datasets": {"a": [{"constructor": 1}]}}, "datasets.a[0].constructor"),
    ({"transform": [{"lookup": "x", "from": {"data": {"url": "x"}}}]}, "transform[0].from.data.url"),
    ({"layer": [{}, {"encoding": {"href": {"value": "javascript:alert(1)"}}}]}, "layer[1].encoding.href"),
    ({"mark": {"type": "bar", "href": "javascript:alert(1)"}}, "mark.href"),
    ({"config": {"mark": {"href": "javascript:alert(1)"}}}, "config.mark.href"),
    ({"mark": {"type": "image", "url": "http://evil.example/x.png"}}, "mark.url"),
    ({"mark": {"type": "image", "url": "data:image/svg+xml,<svg onload='alert(1)'/>"}}, "mark.url"),
    ({"mark": {"type": "image", "url": "data:image/png;base64,AAAA"}}, "mark.url"),
    ({"encoding": {"url": {"field": "x"}}}, "encoding.url"),
    ({"mark": {"type": "bar", "cursor": "url(http://evil.example/c), auto"}}, "mark.cursor"),
    ({"mark": {"type": "bar", "cursor": {"expr": "datum.x"}}}, "mark.cursor"),
    ({"mark": {"type": "bar", "tooltip": {"content": "data"}}}, "mark.tooltip.content"),
    ({"mark": {"type": "bar", "tooltip": {"expr": "datum"}}}, "mark.tooltip.expr"),
    ({"mark": {"type": "bar", "tooltip": {"expr": "{image: 'http://e'}"}}}, "mark.tooltip.expr"),
    ({"encoding": {"tooltip": [{"field": "['image']"}]}}, "encoding.tooltip[0].field"),
    ({"encoding": {"tooltip": [{"field": "x", "title": "image"}]}}, "encoding.tooltip[0].title"),
    ({"usermeta": {"embedOptions": {"loader": {"baseURL": "http://evil"}}}}, "usermeta"),
    ({"$schema": "https://vega.github.io/schema/vega/v5.json"}, "$schema"),
    ({"$schema": "http://evil.example/vega-lite/v5.json"}, "$schema"),
    ({"spec": {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}}, "spec.$schema"),
    ({"config": "http://evil.example/config.json"}, "config"),
    ({"config": {"signals": [{"name": "x", "update": "warn('x')"}]}}, "config.signals"),
    ({"config": {"customFormatTypes": True}}, "config.customFormatTypes"),
    ({"config": {"numberFormatType": "alert"}}, "config.numberFormatType"),
    ({"encoding": {"x": {"axis": {"formatType": "alert"}}}}, "encoding.x.axis.formatType"),
    ({"encoding": {"x": {"axis": {"format": '"+alert(1)+"'}}}}, "encoding.x.axis.format"),
    ({"encoding": {"x": {"timeUnit": "year');alert(1)//"}}}, "encoding.x.timeUnit"),
    ({"encoding": {"x": {"datum": {"year": "alert(1)"}}}}, "encoding.x.datum.year"),
    ({"encoding": {"x": {"impute": {"keyvals": {"stop": "alert(1)"}}}}}, "encoding.x.impute.keyvals"),
    ({"encoding": {"x": {"bandPosition": "alert(1)"}}}, "encoding.x.bandPosition"),
    ({"encoding": {"x": {"scale": {"paddingInner": "alert(1)"}}}}, "encoding.x.scale.paddingInner"),
    ({"mark": {"type": "bar", "width": {"signal": "warn('x')"}}}, "mark.width.signal"),
    ({"params": [{"name": "p", "bind": {"input": "range", "element": "#login"}}]}, "params[0].bind.element"),
    ({"params": [{"name": "p", "bind": {"element": "#login"}}]}, "params[0].bind.element"),
    ({"params": [{"name": "p", "bind": {"input": "text", "onfocus": "alert(1)"}}]}, "params[0].bind.onfocus"),
    ({"params": [{"name": "p", "bind": {"x": {"input": "image", "src": "x"}}}]}, "params[0].bind.x.src"),
    ({"params": [{"name": "p", "bind": {"input": "file"}}]}, "params[0].bind.input"),
    ({"params": [{"name": "a)||alert(1)||(b", "value": 1}]}, "params[0].name"),
    ({"params": [{"name": "event", "value": 1}]}, "params[0].name"),
    ({"params": [{"name": "p", "select": {"type": "point", "on": "window:keydown"}}]}, "params[0].select.on"),
    ({"params": [{"name": "p", "select": {"type": "point", "on": {"source": "window"}}}]}, "params[0].select.on"),
    ({"params": [{"name": "p", "select": {"type": "point", "toggle": "event.view"}}]}, "params[0].select.toggle"),
    ({"transform": [{"filter": {"and": [{"not": "event.view"}]}}]}, "transform[0].filter.and[0].not"),
    ({"mark": {"type": "bar", "constructor": {}}}, "mark.constructor"),
    ({"width": 1e7}, "width"),
    ({"description": "\ud800"}, ""),
]


@pytest.mark.parametrize(("keys", "where"), HOSTILE_SPECS, ids=[where for _, where in HOSTILE_SPECS])
def test_a_specification_that_reaches_out_is_refused(keys: dict[str, Any], where: str) -> None:
    """Whatever fetches, links, computes or touches the page is named by its path."""
    _, path = refused(spec(**keys))
    assert path == f"$.vega_lite.{where}".rstrip(".")


WRAPPERS = st.sampled_from(["layer", "spec", "encoding", "config", "mark", "condition", "from", "title", 0])
TRAPS = st.sampled_from(
    [{"href": "x"}, {"url": "http://e"}, {"signal": "x"}, {"expr": "event"}, {"usermeta": {}}, {"__proto__": 1}]
)


@given(st.lists(WRAPPERS, max_size=12), TRAPS)
def test_a_trap_is_found_however_deep_it_lies(wrappers: list[Any], trap: Any) -> None:
    """There is no corner of the tree that is not walked."""
    for wrapper in wrappers:
        trap = [None, trap] if wrapper == 0 else {wrapper: trap}
    refused(spec(x=trap))


HOSTILE_EXPRESSIONS = [
    "event.view.alert(1)",
    "alert(1)",
    "datum.x.constructor('alert(1)')()",
    "datum['constructor']",
    "datum.__proto__",
    "{toString: 1} + ''",
    "datum.x = 1",
    "[].concat(1)",
    "(datum.x)(1)",
    "datum['x'](1)",
    "'x'(1)",
    "/'/ + alert(1) + /'/",
    "datum.x // '\n+ alert(1)",
    "datum.x /* ' */ + alert(1) /* ' */",
    "`${alert(1)}`",
    "\\u0061lert(1)",
    "datum.x; alert(1)",
    "new Date()",
    "typeof datum.x",
    "this.x",
    "window.x",
    "view.x",
    "item.mark",
    "data('rows')",
    "sequence(1e9)",
    "pad('x', 1e9, 'x')",
    "regexp('(a+)+$')",
    "merge(datum.x, datum.y)",
    "scale('x', 1)",
    "warn('x')",
    "setdata('x', 1)",
    "'unclosed",
    "unknown + 1",
    "datum.x" * 1000,
]


@pytest.mark.parametrize("text", HOSTILE_EXPRESSIONS)
def test_an_expression_that_does_more_than_compute_is_refused(text: str) -> None:
    """Objects, calls of what has no name, comments, regular expressions, and names of the page."""
    said, path = refused(spec(transform=[{"calculate": text, "as": "z"}]))
    assert "expression that" in said
    assert path == "$.vega_lite.transform[0].calculate"


def test_a_specification_has_a_measure() -> None:
    """Too many values, too many characters and too deep are refused before anything is made of them."""
    assert "more than" in refused(spec(data={"values": [0] * 300_000}))[0]
    assert "characters" in refused(spec(data={"values": ["x" * 5_000_000]}))[0]
    deep: Any = {}
    for _ in range(100):
        deep = {"spec": deep}
    assert "nested" in refused(spec(spec=deep))[0]


# SVG


GOOD_DRAWINGS = [
    "<title>Wave</title><g id='a' transform='translate(1, 2) rotate(3)'><path d='M0 0L1 1' style='fill: none'/></g>",
    "<defs><linearGradient id='l'><stop offset='0' stop-color='#fff'/></linearGradient></defs><rect fill='url(#l)'/>",
    "<style>*{stroke-linejoin: round; stroke-linecap: butt}</style><text font-family='Curlz, serif'>a &amp; b</text>",
    "<defs><path id='p' d='M0 0'/></defs><use xlink:href='#p' x='1'/><use href='#p' x='2'/>",
    f"<image xlink:href='{PNG_ADDRESS}' width='2' height='2'/>",
    "<clipPath id='c'><rect width='1' height='1'/></clipPath><circle r='1' clip-path=\"url('#c')\"/>",
]


@pytest.mark.parametrize("body", GOOD_DRAWINGS)
def test_drawings_stay_what_they_were(body: str) -> None:
    """The elements and their texts are those of the author."""
    before, after = (ElementTree.fromstring(text) for text in (SVG.format(body), checked(svg(body))["svg"]))  # noqa: S314 - checked
    assert [part.tag for part in after.iter()] == [part.tag for part in before.iter()]
    assert ["".join(part.itertext()).split() for part in after.iter("{*}text")] == [
        "".join(part.itertext()).split() for part in before.iter("{*}text")
    ]


def test_a_drawing_by_matplotlib_passes() -> None:
    """The DOCTYPE and the metadata that it writes are left out; the drawing is there."""
    figure_module = pytest.importorskip("matplotlib.figure")
    figure = figure_module.Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([0, 1, 2], [1, 3, 2], "o-", label="one")
    axes.imshow(np.eye(4), extent=(0, 2, 0, 3))
    axes.legend()
    file = io.StringIO()
    figure.savefig(file, format="svg")
    passed = checked(Figure.svg(file.getvalue(), alt="a line"))["svg"]
    assert "DOCTYPE" not in passed
    assert "metadata" not in passed
    assert "<use" in passed
    assert "data:image/png" in passed


BILLION = "<!DOCTYPE svg [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>"
NESTED_USE = "<g id='g0'><rect/></g>" + "".join(
    f"<g id='g{n}'><use href='#g{n - 1}'/><use href='#g{n - 1}'/></g>" for n in range(1, 40)
)
HOSTILE_DRAWINGS = {
    "script": "<script>window.hacked = 1</script>",
    "script by address": "<script href='http://evil.example/x.js'/>",
    "script elsewhere": "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "script as a child of metadata's neighbour": "<g><desc><script>alert(1)</script></desc></g>",
    "handler": "<rect onload='alert(1)'/>",
    "handler in capitals": "<rect ONLOAD='alert(1)'/>",
    "handler of a namespace": "<rect xmlns:e='http://www.w3.org/2001/xml-events' e:handler='#x'/>",
    "foreign object": "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
    "frame": "<iframe xmlns='http://www.w3.org/1999/xhtml' src='http://evil.example'/>",
    "link": "<a href='javascript:alert(1)'><text>click</text></a>",
    "use from outside": "<use href='http://evil.example/x.svg#a'/>",
    "use of data": "<use href='data:image/svg+xml;base64,PHN2Zy8+#a'/>",
    "use of javascript": "<use xlink:href=' java&#10;script:alert(1)'/>",
    "picture from outside": "<image href='http://evil.example/x.png'/>",
    "picture that is a drawing": "<image href='data:image/svg+xml;base64,PHN2Zy8+'/>",
    "picture that is none": "<image href='data:image/png;base64,AAAA'/>",
    "animation of a link": "<set attributeName='href' to='javascript:alert(1)'/>",
    "animation": "<animate attributeName='xlink:href' values='javascript:alert(1)'/>",
    "filter": "<filter id='f'><feImage href='http://evil.example/x.png'/></filter>",
    "style import": "<style>@import 'http://evil.example/x.css';</style>",
    "style address": "<style>rect { fill: url(http://evil.example/x.svg#a) }</style>",
    "style escape": "<style>rect { fill: u\\72l(http://evil.example) }</style>",
    "style of a font": "<style>@font-face { font-family: a; src: url(http://evil.example/f) }</style>",
    "style attribute": "<rect style='fill: url(//evil.example/x#a)'/>",
    "style attribute with an image": "<rect style='background-image: image-set(\"http://evil.example\" 1x)'/>",
    "style with a comment": "<rect style='fill: u/**/rl(http://evil.example)'/>",
    "attribute with a comment": "<rect fill='red /* */'/>",
    "brackets without a name": "<rect transform='(1, 2)'/>",
    "behaviour": "<rect style='behavior: url(#a)'/>",
    "fill from outside": "<rect fill='url(http://evil.example/x.svg#a)'/>",
    "fill in capitals": "<rect fill='URL(http://evil.example/x.svg#a)'/>",
    "cursor": "<rect cursor='url(http://evil.example/c)'/>",
    "base": "<g xml:base='http://evil.example/'><use href='#a'/></g>",
    "instruction": "<?xml-stylesheet href='http://evil.example/x.css'?>",
    "entity that nobody defined": "<text>&evil;</text>",
    "growing references": NESTED_USE,
    "circle": "<g id='a'><use href='#a'/></g>",
    "circle through a pattern": "<pattern id='p'><rect fill='url(#p)'/></pattern>",
    "deep": "<g>" * 100 + "</g>" * 100,
    "many": "<g/>" * 100_001,
    "text between shapes": "<g>javascript</g>",
    "svg within": "<svg onload='alert(1)'/>",
    "not closed": "<g>",
    "nothing": "\x00",
}


@pytest.mark.parametrize("body", HOSTILE_DRAWINGS.values(), ids=HOSTILE_DRAWINGS.keys())
def test_a_drawing_that_does_more_than_draw_is_refused(body: str) -> None:
    """Scripts, links, addresses, and what grows without end."""
    _, path = refused(svg(body))
    assert path.startswith("$.svg")


@pytest.mark.parametrize(
    "text",
    [
        BILLION + SVG.format("<text>&c;</text>"),
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&x;</text>"),
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://evil.example/x.dtd"> %x;]>' + SVG.format(""),
        '<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd">' + SVG.format("<text>&x;</text>"),
        '<!DOCTYPE svg [<!ATTLIST rect onload CDATA "alert(1)">]>' + SVG.format("<rect/>"),
        '<!DOCTYPE svg [<!ATTLIST rect width CDATA "1">]>' + SVG.format("<rect/>"),
        "<svg/>",
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        "",
        "\ud800",
        SVG.format("") + "<script/>",
        SVG.format(f"<title>{'x' * 3_000_000}</title>"),
    ],
)
def test_a_document_that_is_no_plain_drawing_is_refused(text: str) -> None:
    """Entities, DTDs with content, other documents."""
    assert refused({"svg": text, "alt": "x"})[1].startswith("$.svg")


def test_long_words_cost_no_time() -> None:
    """No rule looks at a text more than a few times, however long it is."""
    for value in ("a" * 1_000_000, " " * 1_000_000, "(" * 1_000_000, "url(" * 250_000):
        for body in (f"<path d='{value}'/>", f"<style>{value}</style>", f"<rect style='fill: {value}'/>"):
            try:
                checked(svg(body))
            except Misfit:
                continue


PIECES = st.sampled_from(
    """<g> </g> <rect/> <script> </script> onload='alert(1)' href='#a' href="javascript:x" <use xlink:href='http://e'/>
    <style> </style> *{fill:red} url(#a) url(http://e) <![CDATA[ ]]> <!-- --> &lt; &amp; &#60;script&#62; <text> </text>
    x='1' <a> </a> <rect fill='url(#a)'/> <image href= '>' '/>' <metadata> </metadata> <![CDATA[<script>]]>
    @import""".split()
)


@given(st.lists(PIECES, max_size=14))
def test_whatever_passes_holds_no_script_handler_or_address(pieces: list[str]) -> None:
    """Read again by another parser, the drawing has neither."""
    try:
        passed = checked(svg(" ".join(pieces)))["svg"]
    except Misfit:
        return
    for part in ElementTree.fromstring(passed).iter():  # noqa: S314 - this is what is to be shown safe
        assert part.tag.startswith("{http://www.w3.org/2000/svg}")
        assert "script" not in part.tag.lower()
        for name, value in part.attrib.items():
            assert not name.rpartition("}")[2].lower().startswith("on")
            assert not re.search(r"url\((?!\s*['\"]?#)", value)
            assert "href" not in name or re.match(r"#|data:image/(png|jpeg);base64,", value)


# Pictures


def test_a_png_keeps_what_draws_and_loses_the_rest() -> None:
    """Texts and profiles stay behind."""
    passed = checked(Figure.image(png(extra=b"tEXtComment\0secret"), alt="x"))["image"].tobytes()
    assert passed == png()


def test_a_jpeg_passes() -> None:
    """As it is, with its dimensions known."""
    image_module = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    image_module.new("RGB", (20, 10)).save(file, "JPEG")
    assert checked(Figure.image(file.getvalue(), alt="x"))["image"].tobytes() == file.getvalue()


def jpeg(width: int, height: int) -> bytes:
    """A JPEG's headers."""
    return b"\xff\xd8\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00\xff\xda\xff\xd9"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg onload='alert(1)'/>",
        png()[:-5],
        png()[:30],
        png() + b"<script>alert(1)</script>",
        png(20_000, 1, pixels=b""),
        png(16_000, 16_000, pixels=b""),
        png(0, 5, pixels=b""),
        png(extra=b"EVIL"),
        png(extra=b"IHDR" + bytes(13)),
        png().replace(b"IDAT", b"IDAX"),
        png().replace(b"IDATx", b"IDATy"),
        jpeg(65_000, 65_000),
        b"\xff\xd8\xff\xe0\x00\x10" + bytes(14) + b"\xff\xd9",
        b"\xff\xd8\xff\xd9",
        jpeg(4, 4)[:-2],
        png() + bytes(17 * 1024 * 1024),
    ],
)
def test_a_picture_that_is_none_or_unfolds_to_too_much_is_refused(data: bytes) -> None:
    """Signature, header, checksums, end and dimensions are looked at before anything decodes it."""
    assert refused({"image": data, "alt": "x"})[1] == "$.image"


def test_an_array_of_something_else_is_no_picture() -> None:
    """Bytes come as uint8 in one dimension."""
    assert refused({"image": np.zeros((3, 3)), "alt": "x"})[1] == "$.image"
