"""PanelWidget, with a real worker that answers."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.widgets import PanelWidget, panel_view

DEFINITION: dict[str, Any] = {
    "type": "desk",
    "label": "<b>Desk</b>",
    "parameters": [
        {"name": "gain_db", "type": "number", "min": -96, "max": 24, "unit": "dB"},
        {"name": "mode", "type": "choice", "options": ["warm", "cold"]},
    ],
    "outputs": [
        {"name": "count", "type": "integer"},
        {"name": "said", "type": "string"},
        {"name": "notes", "type": "list"},
        {"name": "sound", "type": "audio"},
        {"name": "picture", "type": "figure"},
    ],
    "panel": {
        "groups": [
            {
                "label": "All",
                "items": [
                    {"kind": "control", "name": "gain_db"},
                    {"kind": "control", "name": "mode"},
                    *(
                        {"kind": "button", "name": name}
                        for name in ("set", "wrong", "unknown", "fail", "sound", "chart")
                    ),
                    {"kind": "value", "name": "count"},
                    {"kind": "text", "name": "said"},
                    {"kind": "table", "name": "notes"},
                    {"kind": "audio", "name": "sound"},
                    {"kind": "figure", "name": "picture"},
                ],
            }
        ]
    },
}
MAIN = f"""
import numpy as np
from schillinger_plugins.types import Audio, Figure, UIPlugin

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


class Desk(UIPlugin):
    seen = 0

    def get_state(self):
        return {{"seen": self.seen}}

    def set_state(self, state):
        self.seen = state["seen"]

    async def on_event(self, event, values):
        self.seen += 1
        said = f"{{event['kind']}} {{event['name']}} {{event['value']}} {{values['gain_db']:g}}"
        outputs = {{"count": self.seen, "said": said}}
        name = event["name"] if event["kind"] == "press" else ""
        if name == "set":
            return {{"values": {{"gain_db": -6.0}}, "outputs": outputs, "message": "set"}}
        if name == "wrong":
            return {{"values": {{"gain_db": 99}}, "outputs": {{"said": "half"}}}}
        if name == "unknown":
            return {{"html": "<b>"}}
        if name == "fail":
            raise ValueError("no such note")
        if name == "sound":
            picture = Figure.svg(SVG, alt="a square")
            table = [{{"note": "<i>A</i>", "Hz": 440.0}}, {{"note": "B"}}]
            outputs |= {{"sound": Audio(np.zeros((1, 100), np.float32), 8000), "picture": picture, "notes": table}}
        if name == "chart":
            outputs["picture"] = Figure.vega_lite({{"mark": "point", "data": {{"values": [{{}}]}}}}, alt="a point")
        return {{"outputs": outputs}}

    def get_node_definition(self):
        return {DEFINITION!r}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A UI plugin that tells what happened to it."""
    folder = tmp_path_factory.mktemp("plugins") / "desk"
    folder.mkdir()
    (folder / "main.py").write_text(textwrap.dedent(MAIN))
    metadata = {
        "name": "desk",
        "version": "1.0.0",
        "description": "written by a test",
        "author": "tests",
        "plugin_type": "UI",
        "category": "Test",
        "dependencies": [],
        "requires_permissions": ["execute"],
    }
    manifest = {"metadata": metadata, "main_file": "main.py", "config_schema": {}, "default_config": {}}
    (folder / "plugin.json").write_text(json.dumps({**manifest, "definition": DEFINITION}))
    return folder


@pytest.fixture
def panel(manager: PluginManager, folder: Path) -> Iterator[PanelWidget]:
    """Its panel, answered by a confined worker."""
    panel = panel_view(manager, manager.load(folder).id)
    yield panel
    panel.close()
    manager.unload("desk")


def test_a_press_is_answered(panel: PanelWidget) -> None:
    """With a new value, an output and a message, and what the plugin set is no event."""
    panel.press("set")
    assert panel.wait() == {"count": 1, "said": "press set None 0"}
    assert panel.parameters == {"gain_db": -6.0, "mode": "warm"}
    assert (panel.message, panel.status, panel.error) == ("set", "idle", {})
    assert panel.shown["value:count"]["text"] == "1"


@pytest.mark.parametrize("from_hand", [True, False])
def test_a_change_is_told_to_the_plugin(panel: PanelWidget, from_hand: bool) -> None:
    """From the page and from Python alike, with all values as they are then."""
    if from_hand:
        panel.set_state({"parameters": {"gain_db": -3, "mode": "warm"}})
    else:
        panel.parameters = {"gain_db": -3.0}
    assert panel.wait()["said"] == "change gain_db -3.0 -3"


def test_opening_is_told_once(panel: PanelWidget) -> None:
    """However often the panel is displayed."""
    panel.begin()
    panel.begin()
    assert panel.wait() == {"count": 1, "said": "open  None 0"}


def test_what_the_hand_may_not_set_is_told_at_its_control(panel: PanelWidget) -> None:
    """The old value stays, and the plugin is not asked."""
    panel.set_state({"parameters": {"gain_db": 99, "mode": "warm"}, "shown": {"forged": {}}})
    assert panel.parameters["gain_db"] == 0
    assert "above the maximum" in panel.parameter_errors["gain_db"]
    assert panel.shown == {}
    assert panel.wait() == {}


def test_a_wrong_answer_is_refused_as_a_whole(panel: PanelWidget) -> None:
    """Nothing of it is shown, the place is told, and the next answer takes the error away."""
    panel.press("wrong")
    assert panel.wait() == {}
    assert panel.status == "failed"
    assert panel.error["path"] == "$.answer.values.gain_db"
    assert panel.parameters["gain_db"] == 0
    panel.press("unknown")
    panel.wait()
    assert "'html'" in panel.error["message"]
    panel.press("set")
    panel.wait()
    assert (panel.status, panel.error) == ("idle", {})


def test_a_plugin_that_raises_is_told_with_its_own_lines(panel: PanelWidget) -> None:
    """The traceback begins in its file; the panel goes on."""
    panel.press("fail")
    panel.wait()
    assert panel.status == "failed"
    assert "no such note" in panel.error["message"]
    assert "main.py" in panel.error["traceback"]
    panel.press("set")
    assert panel.wait()["count"] == 2


def test_bytes_are_no_part_of_the_state(panel: PanelWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound and a picture are sent when the page asks, a table is plain cells."""
    panel.press("sound")
    panel.wait()
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(PanelWidget, "send", lambda self, content, buffers=None: sent.append((content, buffers)))
    assert panel.shown["table:notes"]["header"] == ["note", "Hz"]
    assert panel.shown["table:notes"]["rows"] == [["<i>A</i>", "440"], ["B", "–"]]
    for key in ("audio:sound", "figure:picture", "table:notes", "no such thing"):
        panel.on_request({"kind": "data", "key": key})
    assert [content["mime"] for content, _ in sent] == ["audio/wav", "image/svg+xml"]
    assert sent[0][1][0].startswith(b"RIFF")
    assert not any(isinstance(value, bytes) for view in panel.shown.values() for value in view.values())


def test_vega_lite_is_sent_as_it_is(panel: PanelWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has it drawn, by what it asks for then, too."""
    panel.press("chart")
    panel.wait()
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr(PanelWidget, "send", lambda self, content, buffers=None: sent.append((content, buffers)))
    assert panel.shown["figure:picture"]["alt"] == "a point"
    panel.on_request({"kind": "data", "key": "figure:picture"})
    panel._receive(None, {"kind": "drawer"}, [])
    (chart, (spec,)), (drawer, (script,)) = sent
    assert chart["mime"] == "application/vnd.vegalite.v5+json"
    assert json.loads(spec)["mark"] == "point"
    assert drawer == {"kind": "drawer"}
    assert b"vega-lite" in script


def test_a_button_that_is_not_there_is_refused(panel: PanelWidget) -> None:
    """To Python with the nearest known one; what a page asks for is left alone."""
    with pytest.raises(InputError, match="did you mean `set`"):
        panel.press("sett")
    for content in ({"kind": "press", "name": "sett"}, {"kind": "press", "name": ["set"]}, {"kind": "nothing"}):
        panel.on_request(content)
    assert panel.wait() == {}


def test_a_reload_keeps_what_is_set_and_the_plugins_state(
    panel: PanelWidget, manager: PluginManager, folder: Path
) -> None:
    """The open panel goes on with the new code, and asks it anew for what it shows."""
    panel.begin()
    panel.parameters = {"gain_db": -3.0}
    assert panel.wait()["count"] == 2
    main = folder / "main.py"
    text = main.read_text()
    main.write_text(text.replace('said = f"', 'said = f"new '))
    try:
        manager.reload("desk")
        assert panel.wait() == {"count": 3, "said": "new open  None -3"}
    finally:
        main.write_text(text)


def test_the_still_panel_has_values_and_no_markup_of_the_plugin(panel: PanelWidget) -> None:
    """For a notebook without its kernel: every string escaped, the picture in an image."""
    from schillinger_plugins.widgets.panel_report import panel_html

    panel.press("sound")
    panel.wait()
    html = panel_html(panel._node, panel.parameters, panel.outputs)
    assert "&lt;b&gt;Desk&lt;/b&gt;" in html
    assert "&lt;i&gt;A&lt;/i&gt;" in html
    assert "<b>" not in html
    assert "<svg" not in html
    assert 'alt="a square"' in html
    assert "0.01 s" in html


def test_only_a_ui_plugin_has_one(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """The refusal says what to do instead."""
    with pytest.raises(InputError, match="%plugin info probe shows its node"):
        panel_view(manager, manager.load(write_plugin()).id)


class _Slow:
    """Stands for a worker whose answers come when the test lets them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.entered, self.go = threading.Event(), threading.Event()
        self.answers: list[dict[str, Any]] = []

    def send(self, event: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        self.entered.set()
        assert self.go.wait(10)
        return self.answers.pop(0) if self.answers else {}


@pytest.fixture
def slow() -> _Slow:
    """A plugin that is busy until told."""
    return _Slow()


@pytest.fixture
def waiting(slow: _Slow) -> PanelWidget:
    """Its panel, with one press under way."""
    from schillinger_plugins.definition import NodeDefinition

    widget = PanelWidget(NodeDefinition.parse(DEFINITION, plugin_id="desk"), send=slow.send)
    widget.press("set")
    assert slow.entered.wait(10)
    return widget


def test_of_changes_that_wait_the_last_is_sent(slow: _Slow, waiting: PanelWidget) -> None:
    """A slider that was dragged while the plugin worked is one event; presses are all kept."""
    for gain_db in (-1, -2, -3):
        waiting.set_state({"parameters": {"gain_db": gain_db, "mode": "warm"}})
    waiting.press("set")
    waiting.press("set")
    assert waiting.status == "busy"
    slow.go.set()
    waiting.wait(10)
    told = [(event["kind"], event["value"]) for event in slow.events]
    assert told == [("press", None), ("change", -3.0), ("press", None), ("press", None)]


def test_an_answer_does_not_take_back_what_the_hand_did_since(slow: _Slow, waiting: PanelWidget) -> None:
    """Of what the plugin set, only what nobody has touched meanwhile is taken."""
    slow.answers = [{"values": {"gain_db": -6.0, "mode": "cold"}}]
    waiting.set_state({"parameters": {"gain_db": -1, "mode": "warm"}})
    slow.go.set()
    waiting.wait(10)
    assert waiting.parameters == {"gain_db": -1.0, "mode": "cold"}


def test_presses_without_end_are_refused(slow: _Slow, waiting: PanelWidget) -> None:
    """A key that repeats fills no memory; the panel says that it waits."""
    for _ in range(100):
        waiting.on_request({"kind": "press", "name": "set", "time_s": 1.0})
    assert waiting.error["type"] == "Busy"
    slow.go.set()
    waiting.wait(10)
    assert len(slow.events) == 65


@pytest.mark.parametrize(
    ("value", "rows", "note"),
    [
        (np.arange(3), [["0"], ["1"], ["2"]], ""),
        (np.zeros((1000, 1000)), [["0"] * 16] * 200, "the first 200 rows"),
        (np.zeros((2, 2, 2)), [], ""),
        ({"a": 1, "b": [2]}, [["a", "1"], ["b", "…"]], ""),
        ([[1, None], (2.5, "x\x1b[31m")], [["1", "–"], ["2.5", "x·[31m"]], ""),
        ([], [], ""),
    ],
)
def test_a_table_is_made_of_whatever_came_and_is_bounded(value: Any, rows: list[list[str]], note: str) -> None:
    """Arrays, dictionaries, lists of lists; what can't be shown is a dot."""
    from schillinger_plugins.widgets.panel_views import shown

    view = shown("table", value).view
    assert view["rows"] == rows
    assert view["note"] == note
