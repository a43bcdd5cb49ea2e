"""A node definition from typed hints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, NotRequired, TypedDict

import numpy as np
import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.types import (
    AnalysisPlugin,
    Audio,
    EffectPlugin,
    Event,
    GeneratorPlugin,
    NodePlugin,
    Output,
    Parameter,
    Plugin,
    PluginContext,
    Port,
    hints,
)


class Inputs(TypedDict):
    audio: Audio
    curve: NotRequired[Annotated[np.ndarray, Port(unit="Hz", tooltip="a value per frame")]]


class Settings(TypedDict):
    drive_db: Annotated[float, Parameter(6.0, min=0, max=40, unit="dB", automatable=True)]
    voices: Annotated[int, Parameter(4, min=1)]
    shape: Literal["tanh", "hard"]
    invert: bool
    points: Annotated[list[tuple[float, float]], Parameter([], type="breakpoints")]


class Features(TypedDict):
    rms: Annotated[np.ndarray, Output(unit="dB", sample_type="one_per_step", times="times_s")]
    times_s: Annotated[np.ndarray, Output(unit="s")]
    tempo_bpm: float | None
    key: Literal["C", "G"]
    table: dict[str, float]


class RMSCurve2(AnalysisPlugin):
    """How loud it is,
    moment by moment.

    More of it.
    """

    async def execute(self, inputs: Inputs, parameters: Settings) -> Features:
        raise NotImplementedError


def described(plugin_class: type[Plugin]) -> NodeDefinition:
    return NodeDefinition.parse(plugin_class(PluginContext()).get_node_definition(), plugin_id="hinted")


def test_a_definition_follows_from_typed_dicts() -> None:
    """Ports, parameters and outputs have the types, the order and the refinements of the annotations."""
    definition = described(RMSCurve2)
    assert [(port.name, port.type, port.required, port.unit) for port in definition.inputs] == [
        ("audio", "audio", True, ""),
        ("curve", "array", False, "Hz"),
    ]
    assert [(p.name, p.type, p.default) for p in definition.parameters] == [
        ("drive_db", "number", 6.0),
        ("voices", "integer", 4),
        ("shape", "choice", "tanh"),
        ("invert", "boolean", False),
        ("points", "breakpoints", []),
    ]
    assert definition.parameters[0].max == 40
    assert definition.parameters[0].automatable
    assert [(o.name, o.type) for o in definition.outputs] == [
        ("rms", "array"),
        ("times_s", "array"),
        ("tempo_bpm", "number"),
        ("key", "string"),
        ("table", "object"),
    ]
    assert definition.outputs[0].times == "times_s"


def test_an_example_of_the_class_is_the_definitions() -> None:
    """However the node is described; one that the definition has itself counts, and an object's attribute is its state."""

    class Hinted(RMSCurve2):
        example: ClassVar = {"parameters": {"voices": 2}}

    class Written(NodePlugin):
        example: ClassVar = {"inputs": {"x": 1}}

        async def execute(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
            return {}

        def get_node_definition(self) -> dict[str, Any]:
            return {"type": "written", "label": "Written", "inputs": [{"name": "x", "type": "number"}]}

    class Both(Written):
        def get_node_definition(self) -> dict[str, Any]:
            return {**super().get_node_definition(), "example": {"inputs": {"x": 2}}}

    class Stateful(RMSCurve2):
        def __init__(self, context: PluginContext) -> None:
            super().__init__(context)
            self.example = {"no": "example"}  # type: ignore[misc]  # not as it should be: a class variable

    examples = [hints.described(kind(PluginContext())).get("example") for kind in (Hinted, Written, Both, Stateful)]
    assert examples == [{"parameters": {"voices": 2}}, {"inputs": {"x": 1}}, {"inputs": {"x": 2}}, None]


def test_names_are_made_for_people() -> None:
    """The label is the class's name in words, the description its docstring's first paragraph, and units are no words."""
    definition = described(RMSCurve2)
    assert (definition.type, definition.label) == ("rms_curve_2", "RMS curve 2")
    assert definition.description == "How loud it is, moment by moment."
    assert definition.parameters[0].label == "Drive"


def test_an_effect_has_audio_in_and_out_by_itself() -> None:
    """Only its parameters need annotations, on process()."""

    class Clip(EffectPlugin):
        def process(self, block: Audio, parameters: Settings) -> Audio:
            return block

    class Plain(EffectPlugin):
        def process(self, block: Audio, parameters: dict[str, Any]) -> Audio:
            return block

    for effect, count in ((Clip, 5), (Plain, 0)):
        definition = described(effect)
        assert [(end.name, end.type) for end in (*definition.inputs, *definition.outputs)] == [("audio", "audio")] * 2
        assert len(definition.parameters) == count


def test_a_generators_outputs_follow_from_what_it_yields() -> None:
    """Audio, events, or both."""

    class Both(GeneratorPlugin):
        def generate(self, parameters: Settings) -> Iterator[Audio | Event]:
            yield from ()

    class Notes(GeneratorPlugin):
        def generate(self, parameters: dict[str, Any]) -> Iterator[Event]:
            yield from ()

    assert [(o.name, o.type) for o in described(Both).outputs] == [("audio", "audio"), ("events", "events")]
    assert [o.name for o in described(Notes).outputs] == ["events"]


def test_no_hints_are_no_definition() -> None:
    """A plugin that describes nothing is told the two ways to do so."""

    class Silent(NodePlugin):
        async def execute(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
            return {}

    with pytest.raises(TypeError, match=r"Silent describes no node: write get_node_definition\(\), or annotate"):
        described(Silent)


class Unsettable(TypedDict):
    audio: Audio


class Unknown(TypedDict):
    when: complex


class Misrefined(TypedDict):
    gain: Annotated[float, Output(unit="dB")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (Unsettable, "`audio` in the parameters of Odd.execute is audio: a parameter is number"),
        (Unknown, "`when` of Odd.execute is annotated <class 'complex'>: it takes Audio"),
        (Misrefined, r"`gain` of Odd.execute is refined by Output\(…\), it takes Parameter"),
    ],
)
def test_what_can_be_no_parameter_is_named(fields: Any, says: str) -> None:
    """The item, the method and what it takes instead."""

    class Odd(NodePlugin):
        async def execute(self, inputs, parameters):  # type: ignore[no-untyped-def]  # no hints on purpose
            return {}

    Odd.execute.__annotations__["parameters"] = fields
    with pytest.raises(TypeError, match=says):
        described(Odd)
