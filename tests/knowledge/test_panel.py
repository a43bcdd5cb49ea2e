"""Panels: what may be in one, and what an answer may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.definition.panel import panel_of
from schillinger_plugins.definition.panel_answer import checked_answer
from schillinger_plugins.errors import DefinitionError, ManifestError
from schillinger_plugins.manifest import Manifest

DESK = Path(__file__).parents[2] / "plugins" / "tuning_desk"

BASE: dict[str, Any] = {
    "type": "desk",
    "label": "Desk",
    "parameters": [{"name": "gain_db", "type": "number", "min": -96, "max": 24}],
    "outputs": [
        {"name": "level", "type": "number", "unit": "dB"},
        {"name": "sound", "type": "audio"},
        {"name": "notes", "type": "list"},
        {"name": "song", "type": "midi"},
    ],
}


def with_items(*items: Any, **more: Any) -> NodeDefinition:
    """A definition whose panel has these items in one group."""
    return NodeDefinition.parse({**BASE, "panel": {"groups": [{"items": list(items)}], **more}}, plugin_id="desk")


def test_a_panel_of_every_kind_is_taken() -> None:
    """And comes out as it went in, so the page can draw it."""
    items = [
        {"kind": "heading", "label": "Level"},
        {"kind": "control", "name": "gain_db"},
        {"kind": "button", "name": "play", "label": "Play", "style": "primary", "tooltip": "once"},
        {"kind": "text", "name": "level"},
        {"kind": "value", "name": "level", "label": "Now"},
        {"kind": "meter", "name": "level", "min": -60, "max": 0},
        {"kind": "table", "name": "notes"},
        {"kind": "audio", "name": "sound"},
    ]
    panel = with_items(*items, columns=2).as_dict()["panel"]
    assert [item["kind"] for item in panel["groups"][0]["items"]] == [item["kind"] for item in items]
    assert panel["columns"] == 2


@pytest.mark.parametrize(
    ("item", "message", "remedy"),
    [
        ({"kind": "control", "name": "gain"}, "no parameter `gain`", "did you mean `gain_db`?"),
        ({"kind": "value", "name": "levle"}, "no output `levle`", "did you mean `level`?"),
        ({"kind": "value", "name": "gain_db"}, "no output `gain_db`", "known: level, sound, notes, song"),
        ({"kind": "value", "name": "sound"}, "a value can't show 'sound', which is of type audio", '"kind": "audio"'),
        ({"kind": "table", "name": "song"}, "a table can't show 'song', which is of type midi", "shows list"),
        ({"kind": "buton", "name": "x"}, "'buton' is none of", "did you mean `button`?"),
        ({"kind": "button"}, "a button needs a name", 'add "name"'),
        ({"kind": "heading"}, "a heading needs a label", 'add "label"'),
        ({"kind": "heading", "label": "x", "style": "danger"}, "a heading has no style", "remove it"),
        ({"kind": "control", "name": "gain_db", "label": "x"}, "a control has no label", "remove it"),
        ({"kind": "button", "name": "x", "html": "<b>"}, "unknown key 'html'", "known"),
        ({"kind": "button", "name": "x", "label": "a\u202eb"}, "U+202E", "remove it"),
        ({"kind": "button", "name": "x", "onclick": "alert(1)"}, "unknown key 'onclick'", "known"),
        ({"kind": "button", "name": "<img>"}, "'<img>' is no name", "begin with a letter"),
        ({"kind": "meter", "name": "level"}, "a meter needs min and max", "give both"),
        ({"kind": "meter", "name": "level", "min": 1, "max": 1}, "min is below max", "give both"),
        ({"kind": "meter", "name": "level", "min": float("nan"), "max": 1}, "nan", ""),
        ("button", "expected an object", ""),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused(item: Any, message: str, remedy: str) -> None:
    """With its place, and what to write instead."""
    with pytest.raises(DefinitionError) as caught:
        with_items(item)
    assert message in caught.value.message
    assert remedy in (caught.value.remedy or "")
    assert (caught.value.path or "").startswith("$.panel.groups[0].items[0]")


@pytest.mark.parametrize(
    "panel",
    [
        {"groups": []},
        {"groups": [{"items": []}]},
        {"groups": [{"items": [{"kind": "heading", "label": "x"}] * 65}]},
        {"groups": [{"items": [{"kind": "heading", "label": "x"}]}] * 33},
        {"groups": [{"items": [{"kind": "heading", "label": "x"}]}], "columns": 5},
        {"groups": [{"items": [{"kind": "heading", "label": "x" * 201}]}]},
        {"groups": [{"items": [{"kind": "button", "name": "b"}, {"kind": "button", "name": "b"}]}]},
        [],
    ],
)
def test_a_panel_is_bounded(panel: Any) -> None:
    """Neither empty nor endless, and nothing stands there twice."""
    with pytest.raises(DefinitionError):
        NodeDefinition.parse({**BASE, "panel": panel}, plugin_id="desk")


def test_without_a_panel_everything_is_shown() -> None:
    """All controls, and all outputs that can be drawn."""
    panel = panel_of(NodeDefinition.parse(BASE, plugin_id="desk"))
    shown = [(item.kind, item.name) for item in panel.items()]
    assert shown == [("control", "gain_db"), ("value", "level"), ("audio", "sound"), ("table", "notes")]


def test_only_a_ui_plugin_has_a_panel() -> None:
    """An effect with one is refused when its manifest is read."""
    data = json.loads((DESK / "plugin.json").read_text(encoding="utf-8"))
    assert Manifest.parse(json.dumps(data), where=DESK / "plugin.json").definition is not None
    data["metadata"]["plugin_type"] = "EFFECT"
    with pytest.raises(ManifestError, match="it has a panel, and its type is EFFECT"):
        Manifest.parse(json.dumps(data), where=DESK / "plugin.json")


@pytest.mark.parametrize(
    ("answer", "message", "path"),
    [
        ("done", "returned 'done'", "$.answer"),
        ({"valeus": {}}, "the key 'valeus'", "$.answer.valeus"),
        ({"values": [1]}, "`values` is [1]", "$.answer.values"),
        ({"values": {"gain": 1}}, "'gain', which is no parameter", "$.answer.values.gain"),
        ({"values": {"gain_db": 99}}, "above the maximum 24", "$.answer.values.gain_db"),
        ({"values": {"gain_db": float("nan")}}, "expected a finite number", "$.answer.values.gain_db"),
        ({"outputs": {"levels": 1}}, "'levels', which is no output", "$.answer.outputs.levels"),
        ({"outputs": {"level": "loud"}}, "the output `level` is 'loud'", "$.outputs.level"),
        ({"outputs": {"sound": b"RIFF"}}, "the output `sound`", "$.outputs.sound"),
        ({"message": 3}, "`message` is 3", "$.answer.message"),
        ({"message": "x" * 501}, "can't be shown", "$.answer.message"),
        ({"message": "two\nlines"}, "can't be shown", "$.answer.message"),
        ({"message": "\x1b[31m"}, "can't be shown", "$.answer.message"),
        ({"message": "a\u202eb"}, "can't be shown", "$.answer.message"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(answer: Any, message: str, path: str) -> None:
    """As a whole, with its place."""
    with pytest.raises(DefinitionError) as caught:
        checked_answer(with_items({"kind": "heading", "label": "x"}), answer, plugin_id="desk")
    assert message in caught.value.message
    assert caught.value.path == path


def test_an_answer_may_say_nothing() -> None:
    """An empty one changes nothing; None stands for a number that there is not."""
    definition = with_items({"kind": "value", "name": "level"})
    nothing = checked_answer(definition, {}, plugin_id="desk")
    assert (nothing.values, nothing.outputs, nothing.message) == ({}, {}, None)
    assert checked_answer(definition, {"outputs": {"level": None}}, plugin_id="desk").outputs == {"level": None}
