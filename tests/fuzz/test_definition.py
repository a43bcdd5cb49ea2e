"""Definitions and outputs: whatever plain data a worker sends for them is taken or refused, in bounded time and memory."""

from __future__ import annotations

import contextlib
import functools
import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins import Audio
from schillinger_plugins.definition import NodeDefinition, ParameterType, PortType
from schillinger_plugins.errors import DefinitionError, PluginError
from schillinger_plugins.protocol import frames, values
from schillinger_plugins.sandbox.printable import printable

from .strategies import crossing

PORT_TYPES = get_args(get_args(PortType)[0])
PARAMETER_TYPES = get_args(get_args(ParameterType)[0])
KEYS = sorted(
    {*NodeDefinition.model_fields, "name", "label", "min", "max", "step", "options", "times", "bins", "scale"}
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=15,
)
names = st.sampled_from(["a", "b", "gain_db", "_x"]) | st.text(max_size=8)


def nearly(kinds: tuple[str, ...], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A port or a parameter that is right but for what chance makes of it."""
    return st.fixed_dictionaries(
        {"name": names, "type": st.sampled_from(kinds) | scalars},
        optional={"label": st.text(max_size=6), "unit": st.text(max_size=6), **fields},
    )


numbers = st.integers(-10, 10) | st.floats() | st.none() | st.integers(-(2**63), 2**64 - 1)
definitions = st.fixed_dictionaries(
    {"type": st.just("t") | st.text(max_size=5), "label": st.just("l") | scalars},
    optional={
        "description": st.text(max_size=20),
        "inputs": st.lists(nearly(PORT_TYPES, required=st.booleans()), max_size=3) | anything,
        "outputs": st.lists(
            nearly(
                PORT_TYPES,
                times=names,
                bins=names,
                bin_count=numbers,
                bin_names=st.lists(st.text(max_size=3), max_size=3),
                sample_rate=numbers,
            ),
            max_size=3,
        ),
        "parameters": st.lists(
            nearly(
                PARAMETER_TYPES,
                default=anything,
                min=numbers,
                max=numbers,
                step=numbers,
                options=st.lists(st.text(max_size=3), max_size=3),
                scale=st.sampled_from(["linear", "log", ""]),
                automatable=st.booleans(),
            ),
            max_size=3,
        ),
        "ui": anything,
        "example": st.fixed_dictionaries({}, optional={"inputs": anything, "parameters": anything}),
        "unknown": anything,
    },
)


def crossed(value: Any) -> Any:
    """The value as it comes out of a worker."""
    packed = values.pack(value, "$")
    segment = memoryview(bytearray(packed.size)) if packed.size else None
    return values.unpack(packed.write(segment), segment, copy=True)


@settings(max_examples=300)
@given(definitions | anything)
def test_any_plain_data_is_a_definition_or_none(data: Any) -> None:
    """What is refused names a path and a remedy; what is taken can be written down and read again, and serves."""
    try:
        definition = NodeDefinition.parse(crossed(data), plugin_id="fuzzed")
    except DefinitionError as error:
        refused = error
    else:
        refused = None
    if refused is not None:
        assert refused.path is not None
        assert refused.path.startswith("$")
        assert refused.remedy
        assert printable(str(refused)) == str(refused)
        return
    assert NodeDefinition.parse(definition.as_dict(), plugin_id="fuzzed") == definition
    definition.check_parameters({}, plugin_id="fuzzed")
    for item in (*definition.inputs, *definition.outputs, *definition.parameters):
        assert item.describe().isprintable()


@given(st.sampled_from(PORT_TYPES), crossing)
def test_any_output_fits_its_port_or_is_refused(kind: str, value: Any) -> None:
    """A checked output is of the port's kind; everything else is a DefinitionError with the output's path."""
    definition = one_output(kind)
    try:
        checked = definition.check_outputs(crossed({"y": value}), plugin_id="fuzzed")["y"]
    except DefinitionError as error:
        checked = error
    if isinstance(checked, DefinitionError):
        assert checked.path == "$.outputs.y"
        assert printable(str(checked)) == str(checked)
    elif checked is None:
        assert kind in ("number", "integer", "string", "boolean", "any")
    elif kind != "any":
        assert isinstance(checked, PYTHON_TYPES[kind])


CONTROL = "\x1b[2J\u202e\n"


@pytest.mark.parametrize(
    "data",
    [
        {"outputs": [{"name": "y", "type": "number", "unit": CONTROL}]},
        {"inputs": [{"name": "y", "type": "number", "unit": CONTROL}]},
        {"parameters": [{"name": "y", "type": "number", "unit": CONTROL}]},
        {"outputs": [{"name": "y", "type": "number", "bin_names": [CONTROL]}]},
        {"outputs": [{"name": "y", "type": CONTROL}]},
        {"outputs": [{"name": CONTROL, "type": "any"}]},
        {"parameters": [{"name": "y", "type": "choice", "options": [CONTROL]}]},
        {"example": {"inputs": {CONTROL: 1}}},
        {"example": {"parameters": {CONTROL: 1}}, "parameters": [{"name": "y", "type": "number"}]},
        {CONTROL: 1},
    ],
)
def test_a_definition_drives_no_terminal(data: Any) -> None:
    """Control characters and reversed text are refused wherever they would be shown, and not shown by the refusal."""
    with pytest.raises(DefinitionError) as refused:
        NodeDefinition.parse({"type": "t", "label": "l", **data}, plugin_id="fuzzed")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", [CONTROL, "x\x9b", "x" * 1_000_000])
def test_an_undeclared_output_has_a_name_that_can_be_shown(name: str) -> None:
    """A node that declares no outputs may return anything, but under names that a result can list."""
    definition = NodeDefinition.parse({"type": "t", "label": "l"}, plugin_id="fuzzed")
    assert definition.check_outputs({"any name (dB)": 1}, plugin_id="fuzzed") == {"any name (dB)": 1}
    with pytest.raises(DefinitionError) as refused:
        definition.check_outputs({name: 1}, plugin_id="fuzzed")
    assert printable(str(refused.value)) == str(refused.value)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("outputs", [{CONTROL: 1}, {"y": CONTROL}, {"y": {CONTROL: 1}}, {"y": [CONTROL]}])
def test_an_output_drives_no_terminal(outputs: Any) -> None:
    """Nor does what is said about an output."""
    with pytest.raises(DefinitionError) as refused:
        one_output("number").check_outputs(outputs, plugin_id="fuzzed")
    assert str(refused.value).isprintable()


def test_numbers_that_are_none_are_told_from_those_that_are() -> None:
    """The loudness of silence may come back as infinite or NaN; no whole number may."""
    for value in (math.nan, math.inf, -math.inf):
        one_output("number").check_outputs({"y": value}, plugin_id="fuzzed")
        with pytest.raises(DefinitionError):
            one_output("integer").check_outputs({"y": value}, plugin_id="fuzzed")


BOMBS: dict[str, Callable[[], Any]] = {
    "unlike texts": lambda: ["x" * 3_000_000] + [""] * 190_000,
    "unlike bytes": lambda: [[b"x" * 3_000_000], [b""] * 100_000],
    "unlike types": lambda: [np.zeros(100_000, np.uint8)] * 1000 + [np.zeros(100_000, np.complex128)],
    "unlike lengths": lambda: [[1.0] * 100, [1.0]] * 1000,
    "deep": lambda: functools.reduce(lambda inner, _: [inner], range(60), 1),
    "wide": lambda: np.zeros((0, 2**40)),
    "events": lambda: [{}] * 150_000,
    "audio": lambda: [Audio(np.zeros((0, 0), np.float32), 44100)] * 10_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("kind", ["array", "list", "object", "events", "number", "string"])
def test_an_output_is_not_blown_up(kind: str, bomb: str) -> None:
    """Checking an output takes no more memory than a few times its own, whatever it is made of."""
    value = BOMBS[bomb]()
    tracemalloc.start()
    try:
        began_s = time.process_time()
        with contextlib.suppress(DefinitionError):
            one_output(kind).check_outputs({"y": value}, plugin_id="fuzzed")
        assert time.process_time() - began_s < 3
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_arrays_of_one_type_are_stacked_however_large() -> None:
    """The look at how large an array would become leaves those alone that only become one."""
    stacked = one_output("array").check_outputs({"y": [np.zeros(1_000_000, np.uint8)] * 100}, plugin_id="fuzzed")["y"]
    assert stacked.shape == (100, 1_000_000)
    mixed = one_output("array").check_outputs({"y": [np.zeros(3, np.float32), [1, 2, 3.5]]}, plugin_id="fuzzed")["y"]
    assert mixed.tolist() == [[0, 0, 0], [1, 2, 3.5]]
    assert one_output("array").check_outputs({"y": [[], []]}, plugin_id="fuzzed")["y"].shape == (2, 0)


FLAWED: dict[str, Callable[[], Any]] = {
    "unknown keys": lambda: {"type": "t", "label": "l"} | {f"k{number}": 1 for number in range(9000)},
    "long key": lambda: {"type": "t", "label": "l", "x" * 48_000: 1},
    "alike keys": lambda: {"type": "t", "label": "l"} | {"inputs" * 100 + str(number): 1 for number in range(80)},
    "unknown keys of ports": lambda: {
        "type": "t",
        "label": "l",
        "inputs": [
            {"name": f"n{port}", "type": "any"} | {f"requird{number}": 1 for number in range(100)} for port in range(64)
        ],
    },
    "alike types": lambda: {
        "type": "t",
        "label": "l",
        "inputs": [{"name": f"n{port}", "type": "arra" * 200} for port in range(64)],
    },
    "no ports": lambda: {"type": "t", "label": "l", "outputs": [1] * 15_000},
    "options": lambda: {
        "type": "t",
        "label": "l",
        "parameters": [{"name": f"n{one}", "type": "choice", "options": ["a"] * 60} for one in range(256)],
    },
    "blank": lambda: {"type": "t", "label": " " * 40_000},
    "blank text": lambda: {"type": "t", "label": "l", "description": " \n" * 20_000 + "\0"},
}


@pytest.mark.parametrize("flaw", FLAWED)
def test_a_definition_is_refused_in_no_time(flaw: str) -> None:
    """As many flaws as fit into a frame take a second or two to be told, not minutes."""
    data = FLAWED[flaw]()
    assert len(values.pack(data, "$").structure) < frames.MAX_FRAME_BYTES * 1.5
    began_s = time.process_time()
    with pytest.raises(PluginError):
        NodeDefinition.parse(data, plugin_id="fuzzed")
    assert time.process_time() - began_s < 4


def one_output(kind: str) -> NodeDefinition:
    data = {"type": "t", "label": "l", "outputs": [{"name": "y", "type": kind}]}
    return NodeDefinition.parse(data, plugin_id="fuzzed")


PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "audio": Audio,
    "array": np.ndarray,
    "number": float,
    "integer": int,
    "string": str,
    "boolean": bool,
    "list": list,
    "object": dict,
    "midi": bytes,
    "events": list,
    "bytes": bytes,
}
