"""Node definitions: their own rules, and the checks of values that follow from them."""

from __future__ import annotations

import copy
import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import DefinitionError, InputError
from schillinger_plugins.types import Audio

GAIN: dict[str, Any] = {
    "type": "gain",
    "label": "Gain",
    "inputs": [{"name": "audio", "type": "audio"}, {"name": "mask", "type": "array", "required": False}],
    "outputs": [{"name": "audio", "type": "audio"}, {"name": "peak", "type": "number", "unit": "dBFS"}],
    "parameters": [
        {
            "name": "gain_db",
            "type": "number",
            "default": 0,
            "min": -96,
            "max": 24,
            "step": 0.1,
            "unit": "dB",
            "automatable": True,
        },
        {"name": "order", "type": "integer", "default": 2, "min": 1, "max": 8},
        {"name": "invert", "type": "boolean", "default": False},
        {"name": "shape", "type": "choice", "default": "linear", "options": ["linear", "cosine"]},
        {"name": "title", "type": "string", "default": ""},
        {"name": "automation", "type": "breakpoints", "default": [], "min": -96, "max": 24, "unit": "dB"},
        {"name": "mute", "type": "channels", "default": []},
    ],
}


@pytest.fixture
def gain() -> NodeDefinition:
    return NodeDefinition.parse(GAIN, plugin_id="gain_node")


def refused(data: object) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        NodeDefinition.parse(data, plugin_id="gain_node")
    return caught.value


def spoilt(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    data: Any = copy.deepcopy(GAIN)
    target = data
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return data  # type: ignore[no-any-return]  # a walk over plain data


def test_a_definition_survives_the_way_out_and_in(gain: NodeDefinition) -> None:
    """What `as_dict` gives is plain data, and parses to the same definition."""
    data = json.loads(json.dumps(gain.as_dict()))
    assert NodeDefinition.parse(data, plugin_id="gain_node") == gain


def test_the_label_is_the_name_unless_given(gain: NodeDefinition) -> None:
    """A port without a label is called by its name."""
    assert gain.as_dict()["inputs"][0]["label"] == "audio"


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        (("type",), "", "$.type"),
        (("label",), "", "$.label"),
        (("inputs",), {}, "$.inputs"),
        (("inputs", 0), "audio", "$.inputs[0]"),
        (("inputs", 0, "name"), "Audio In", "$.inputs[0].name"),
        (("inputs", 0, "type"), "adio", "$.inputs[0].type"),
        (("inputs", 1, "name"), "audio", "$.inputs[1].name"),
        (("outputs", 1, "name"), "audio", "$.outputs[1].name"),
        (("outputs", 0, "times"), "gone", "$.outputs[0].times"),
        (("outputs", 0, "bins"), "audio", "$.outputs[0].bins"),
        (("outputs", 0, "bin_count"), 0, "$.outputs[0].bin_count"),
        (("outputs", 0, "sample_type"), "fixed", "$.outputs[0].sample_type"),
        (("outputs", 0, "required"), True, "$.outputs[0].required"),
        (("parameters", 0, "name"), "audio", "$.parameters[0].name"),
        (("parameters", 0, "min"), "low", "$.parameters[0].min"),
        (("parameters", 0, "min"), 25, "$.parameters[0].min"),
        (("parameters", 0, "max"), float("nan"), "$.parameters[0].max"),
        (("parameters", 0, "max"), float("inf"), "$.parameters[0].max"),
        (("parameters", 0, "step"), 0, "$.parameters[0].step"),
        (("parameters", 0, "default"), 25, "$.parameters[0].default"),
        (("parameters", 0, "default"), True, "$.parameters[0].default"),
        (("parameters", 0, "options"), ["a"], "$.parameters[0].options"),
        (("parameters", 0, "scale"), "log", "$.parameters[0].scale"),
        (("parameters", 1, "min"), 0.5, "$.parameters[1].min"),
        (("parameters", 1, "default"), 2.5, "$.parameters[1].default"),
        (("parameters", 2, "min"), 0, "$.parameters[2].min"),
        (("parameters", 2, "automatable"), True, "$.parameters[2].automatable"),
        (("parameters", 3, "options"), [], "$.parameters[3].options"),
        (("parameters", 3, "options"), ["linear", "linear"], "$.parameters[3].options"),
        (("parameters", 3, "default"), "square", "$.parameters[3].default"),
        (("parameters", 5, "default"), [[1, 0], [1, 0]], "$.parameters[5].default[1]"),
        (("parameters", 6, "default"), [0, 0], "$.parameters[6].default[1]"),
        (("example",), {"parameters": {"gain": 1}}, "$.example.parameters"),
        (("example",), {"inputs": {"sound": 1}}, "$.example.inputs.sound"),
        (("presets",), {"Loud": {"gain": 1}}, "$.presets.Loud"),
        (("presets",), {"Loud": {"gain_db": 999}}, "$.presets.Loud"),
        (("presets",), {"Loud": [6]}, "$.presets.Loud"),
        (("presets",), {str(n): {} for n in range(65)}, "$.presets"),
        (("colour",), "red", "$.colour"),
    ],
)
def test_a_broken_rule_is_placed(path: tuple[str | int, ...], value: Any, reported: str) -> None:
    """Each rule of a definition is enforced, and the error ends with the path of what breaks it."""
    error = refused(spoilt(path, value))
    assert str(error).endswith(f" - at {reported}")
    assert error.plugin_id == "gain_node"
    assert error.remedy


@pytest.mark.parametrize(
    ("path", "wrong", "right"),
    [((), "parameter", "parameters"), (("parameters", 0), "units", "unit"), (("outputs", 0), "bin_name", "bin_names")],
)
def test_an_unknown_key_is_refused_with_the_nearest(path: tuple[str | int, ...], wrong: str, right: str) -> None:
    """A misspelt key is never dropped silently."""
    assert f"did you mean `{right}`?" in str(refused(spoilt((*path, wrong), "x")))


@pytest.mark.parametrize(
    ("parameter", "default"),
    [
        ({"type": "number"}, 0),
        ({"type": "float", "min": 20, "max": 200}, 20),
        ({"type": "integer", "max": -3}, -3),
        ({"type": "bool"}, False),
        ({"type": "str"}, ""),
        ({"type": "select", "options": ["a", "b"]}, "a"),
        ({"type": "breakpoints"}, []),
        ({"type": "dict"}, None),
    ],
)
def test_a_parameter_without_a_default_gets_the_plainest(parameter: dict[str, Any], default: Any) -> None:
    """A node can be run as it stands: a default that isn't given is zero, the nearest in range, or empty."""
    data = {"type": "t", "label": "t", "parameters": [{"name": "p", **parameter}]}
    assert NodeDefinition.parse(data, plugin_id="t").check_parameters({}, plugin_id="t") == {"p": default}


def test_a_node_that_declares_nothing_takes_and_returns_anything() -> None:
    """Without inputs and parameters nothing is refused; without outputs anything may come back."""
    bare = NodeDefinition.parse({"type": "t", "label": "t"}, plugin_id="t")
    assert bare.check_inputs({"x": 1}, plugin_id="t") == {"x": 1}
    assert bare.check_parameters({"y": 2}, plugin_id="t") == {"y": 2}
    assert bare.check_outputs({"z": 3}, plugin_id="t") == {"z": 3}


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


@pytest.mark.parametrize(
    "data",
    [
        None,
        3,
        "x",
        b"x",
        [],
        {1: 2},
        {"type": object()},
        _circle(),
        {"ui": _circle()},
        {"ui": {"a": _deep()}},
        [0] * 100_000,
    ],
)
def test_what_is_no_definition_at_all_is_refused(data: object) -> None:
    """Circles, depth, length and alien objects are definition errors, nothing else."""
    assert (refused(data).path or "").startswith("$")


def test_a_structure_that_multiplies_itself_is_refused() -> None:
    """Shared parts are counted as often as they occur, so thirty doublings are too much."""
    data: list[Any] = []
    for _ in range(30):
        data = [data, data]
    assert "more than" in str(refused({"type": "n", "label": "N", "ui": {"a": data}}))


def test_defaults_are_filled_in(gain: NodeDefinition) -> None:
    """Without values, every parameter gets its default, in the definition's order."""
    assert gain.check_parameters({}, plugin_id="gain_node") == {
        "gain_db": 0.0,
        "order": 2,
        "invert": False,
        "shape": "linear",
        "title": "",
        "automation": [],
        "mute": [],
    }


def test_values_become_pythons_own_types(gain: NodeDefinition) -> None:
    """NumPy's numbers, tuples and arrays cross as plain numbers and lists."""
    values = {
        "gain_db": np.float32(-6),
        "order": 4.0,
        "invert": np.bool_(True),
        "automation": np.array([[0, -6], [2, 0]]),
        "mute": (1, np.int64(0)),
    }
    checked = gain.check_parameters(values, plugin_id="gain_node")
    assert checked["gain_db"] == -6.0
    assert type(checked["gain_db"]) is float
    assert type(checked["order"]) is int
    assert checked["invert"] is True
    assert checked["automation"] == [[0.0, -6.0], [2.0, 0.0]]
    assert checked["mute"] == [1, 0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("gain_db", 40, "40 dB, above the maximum 24 dB"),
        ("gain_db", -100, "−100 dB, below the minimum −96 dB"),
        ("order", 9, "9, above the maximum 8"),
        ("automation", [(0, 30)], "30 dB, above the maximum 24 dB"),
    ],
)
def test_a_parameter_out_of_range_is_refused(gain: NodeDefinition, name: str, value: Any, words: str) -> None:
    """A value out of range is refused with its unit, the bound, the range to choose from, and the path."""
    with pytest.raises(InputError) as caught:
        gain.check_parameters({name: value}, plugin_id="gain_node")
    assert words in str(caught.value)
    assert "choose " in str(caught.value)
    assert (caught.value.path or "").startswith(f"$.parameters.{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gain_db", "loud"),
        ("gain_db", True),
        ("gain_db", None),
        ("gain_db", float("nan")),
        ("gain_db", float("inf")),
        ("gain_db", 10**400),
        ("gain_db", np.array([1.0])),
        ("gain_db", 1j),
        ("order", 2.5),
        ("order", "2"),
        ("order", 10**30),
        ("invert", 1),
        ("invert", "yes"),
        ("shape", "square"),
        ("shape", 1),
        ("title", b"x"),
        ("title", "x" * 20_000),
        ("automation", 3),
        ("automation", [3]),
        ("automation", [(0, "x")]),
        ("automation", [(0, 1, 2)]),
        ("automation", [(-1, 0)]),
        ("automation", [(1, 0), (1, 0)]),
        ("automation", {"a": 1}),
        ("mute", "01"),
        ("mute", [-1]),
        ("mute", [0.5]),
        ("mute", [1, 1]),
        ("mute", [100_000]),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused(gain: NodeDefinition, name: str, value: Any) -> None:
    """A value that is not what the parameter takes is refused by name and path, never converted by guess."""
    with pytest.raises(InputError) as caught:
        gain.check_parameters({name: value}, plugin_id="gain_node")
    assert f"`{name}`" in str(caught.value)
    assert (caught.value.path or "").startswith(f"$.parameters.{name}")


def test_an_unknown_parameter_is_refused_with_the_nearest(gain: NodeDefinition) -> None:
    """A misspelt parameter is refused, and the nearest suggested."""
    with pytest.raises(
        InputError, match=re.escape("no parameter `gain` → did you mean `gain_db`? - at $.parameters.gain")
    ):
        gain.check_parameters({"gain": 1}, plugin_id="gain_node")


def test_a_missing_input_is_named(gain: NodeDefinition) -> None:
    """A required input that is missing, or None, is named with its type."""
    for values in ({}, {"audio": None}):
        with pytest.raises(
            InputError, match=re.escape("`audio` is missing → give audio=… (audio) - at $.inputs.audio")
        ):
            gain.check_inputs(values, plugin_id="gain_node")


def test_an_optional_input_may_be_left_out(gain: NodeDefinition) -> None:
    """An optional input that is None is not passed on."""
    tone = Audio(np.zeros(10), 44100)
    assert gain.check_inputs({"audio": tone, "mask": None}, plugin_id="gain_node") == {"audio": tone}


def test_an_unknown_input_is_refused_with_the_nearest(gain: NodeDefinition) -> None:
    """A misspelt input is refused."""
    with pytest.raises(InputError, match="did you mean `audio`"):
        gain.check_inputs({"audoi": 1}, plugin_id="gain_node")


def test_a_bare_array_is_no_audio(gain: NodeDefinition) -> None:
    """An array of samples has no rate; the error says what to pass."""
    with pytest.raises(InputError, match=re.escape("without a sample rate → pass (samples, sample_rate)")):
        gain.check_inputs({"audio": np.zeros(10)}, plugin_id="gain_node")


MIDI = b"MThd" + bytes(10)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("audio", [Audio(np.zeros(4), 8000)], [3, [0.0], (np.zeros(4), 8000), "x.wav"]),
        (
            "array",
            [np.zeros((2, 3)), [1, 2], np.zeros(2, complex)],
            [3, np.array(["a"]), [[1], [1, 2]], Audio(np.zeros(1), 1), "x"],
        ),
        ("number", [1, 2.5, np.float32(1)], ["1", True, [1]]),
        ("integer", [1, 2.0, np.uint8(3)], [1.5, True, "1", float("nan"), float("inf")]),
        ("string", ["", "x"], [b"x", 1]),
        ("boolean", [True, np.bool_(False)], [0, 1, "true"]),
        ("list", [[], (1, "a")], [np.zeros(3), "ab", {1: 2}]),
        ("object", [{}, {"a": 1}], [{1: 2}, [], "x"]),
        ("midi", [MIDI, bytearray(MIDI)], [b"RIFF", b"", "MThd"]),
        ("events", [[], [{"time_s": 1}]], [[1], {}, [{1: 2}]]),
        ("bytes", [b"", bytearray(b"a"), memoryview(b"a")], ["a", [1]]),
        ("any", [1, "x", None.__class__], []),
    ],
)
def test_each_port_takes_its_own_kind(kind: str, good: list[Any], bad: list[Any]) -> None:
    """Every port type takes what it says and refuses the rest, as an input and as an output."""
    ends = {"inputs": [{"name": "x", "type": kind}], "outputs": [{"name": "x", "type": kind}]}
    definition = NodeDefinition.parse({"type": "n", "label": "N", **ends}, plugin_id="n")
    for value in good:
        assert "x" in definition.check_inputs({"x": value}, plugin_id="n")
        assert "x" in definition.check_outputs({"x": value}, plugin_id="n")
    for value in bad:
        with pytest.raises(InputError, match=re.escape("$.inputs.x")):
            definition.check_inputs({"x": value}, plugin_id="n")
        if not (kind == "number" and value != value):
            with pytest.raises(DefinitionError, match=re.escape("$.outputs.x")):
                definition.check_outputs({"x": value}, plugin_id="n")


def test_outputs_are_exactly_the_declared_ones(gain: NodeDefinition) -> None:
    """An output that is missing or not declared is the author's mistake, and is named."""
    tone = Audio(np.zeros(10), 44100)
    with pytest.raises(DefinitionError, match=re.escape("did not return the output `peak`")):
        gain.check_outputs({"audio": tone}, plugin_id="gain_node")
    with pytest.raises(DefinitionError, match="did you mean `peak`"):
        gain.check_outputs({"audio": tone, "peak": 0.0, "peek": 0.0}, plugin_id="gain_node")


def test_a_number_may_be_absent_or_infinite_on_the_way_out(gain: NodeDefinition) -> None:
    """The peak of silence is −∞ dB and the tempo of silence is None; audio is never None."""
    tone = Audio(np.zeros(10), 44100)
    assert gain.check_outputs({"audio": tone, "peak": -math.inf}, plugin_id="g")["peak"] == -math.inf
    assert gain.check_outputs({"audio": tone, "peak": None}, plugin_id="g")["peak"] is None
    with pytest.raises(DefinitionError):
        gain.check_outputs({"audio": None, "peak": 0.0}, plugin_id="g")


def test_a_parameter_describes_itself(gain: NodeDefinition) -> None:
    """Type, range and unit in a few words, for Tab completion."""
    described = [parameter.describe() for parameter in gain.parameters]
    assert described[:4] == ["number −96…24 dB", "integer 1…8", "boolean", "linear | cosine"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_definition_spoilt_anywhere_raises_nothing_but_definition_errors(data: st.DataObject) -> None:
    """One value anywhere in a good definition replaced by anything is accepted or a DefinitionError."""
    broken = copy.deepcopy(GAIN)
    target: Any = broken
    while True:
        key = data.draw(
            st.sampled_from(sorted(target)) if isinstance(target, dict) else st.integers(0, len(target) - 1)
        )
        if isinstance(target[key], (dict, list)) and target[key] and data.draw(st.booleans()):
            target = target[key]
            continue
        target[key] = data.draw(VALUES)
        break
    path: str | None = "$"
    try:
        NodeDefinition.parse(broken, plugin_id="g")
    except DefinitionError as error:
        path = error.path
    assert (path or "").startswith("$")


@settings(deadline=None, max_examples=200)
@given(name=st.sampled_from([p["name"] for p in GAIN["parameters"]]), value=VALUES)
def test_checked_parameters_are_fixed_points(name: str, value: Any) -> None:
    """Any value is refused with an InputError or becomes one that is accepted unchanged."""
    definition = NodeDefinition.parse(GAIN, plugin_id="g")
    try:
        once = definition.check_parameters({name: value}, plugin_id="g")
    except InputError:
        return
    assert definition.check_parameters(once, plugin_id="g") == once
