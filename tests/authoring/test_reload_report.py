"""What a reload tells: examples that are run first, parameters under new names, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import DefinitionError, InputError, PluginError, PluginExecutionError
from schillinger_plugins.versions import Reload, told
from schillinger_plugins.widgets import node_view

DEFINITION: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": "x", "type": "number", "required": False}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [{"name": "gain", "type": "number", "default": 1, "max": 10}],
}
Write = Callable[..., Path]


@pytest.fixture
def write(write_plugin: Write) -> Write:
    """Write ``probe`` with a definition that differs from the usual one by `changes`."""

    def write(body: str = "return {'y': parameters}", **changes: Any) -> Path:
        return write_plugin(body=body, definition={**DEFINITION, **changes})

    return write


def _last(manager: PluginManager) -> Reload:
    report = manager.last_reload("probe")
    assert report is not None
    return report


def test_an_example_is_run_before_anything_is_swapped(manager: PluginManager, write: Write) -> None:
    """What it was run in serves nobody: its state is not the instance's."""
    instance = manager.create_instance(manager.load(write()).id)
    write("self.kept = (self.kept or 0) + 1\nreturn {'y': [self.kept, inputs]}", example={"inputs": {"x": 2}})
    manager.reload("probe")
    assert _last(manager).example == "passed"
    assert instance.execute()["y"][0] == 1
    assert manager.create_instance("probe").execute()["y"][0] == 1


def test_a_failing_example_refuses_the_reload(manager: PluginManager, write: Write) -> None:
    """The author's line is shown, and the old version serves."""
    instance = manager.create_instance(manager.load(write()).id)
    write("return {'y': 1 / parameters['gain']}", example={"parameters": {"gain": 0}})
    with pytest.raises(PluginExecutionError, match="ZeroDivisionError"):
        manager.reload("probe")
    report = _last(manager)
    assert "1 / parameters['gain']" in report.traceback_text
    assert report.example.startswith("failed")
    assert instance.execute()["y"] == {"gain": 1}


def test_an_example_that_returns_what_is_not_declared_refuses_it_too(manager: PluginManager, write: Write) -> None:
    """Found before anybody's call finds it."""
    instance = manager.create_instance(manager.load(write()).id)
    write("return {'z': 1}", example={})
    with pytest.raises(DefinitionError):
        manager.reload("probe")
    assert instance.execute()["y"] == {"gain": 1}


def test_an_example_without_what_it_needs_is_not_run(manager: PluginManager, write: Write) -> None:
    """An input that is neither plain data nor a sound is missing: that is told, and nothing is refused."""
    manager.load(write())
    write("raise RuntimeError", example={}, inputs=[{"name": "tune", "type": "midi"}])
    manager.reload("probe")
    assert "`tune` is missing" in _last(manager).example


SOUND: dict[str, Any] = {
    "inputs": [{"name": "audio", "type": "audio"}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [],
}


def test_a_required_sound_is_made_for_the_example(manager: PluginManager, write: Write) -> None:
    """A plugin that only wants to hear something is tried, too: what fails on a sound never serves."""
    manager.load(write("return {'y': 1}", **SOUND))
    write("return {'y': inputs['audio'].duration_s}", **SOUND)
    manager.reload("probe")
    assert _last(manager).example == "passed"
    write("return {'y': inputs['audio'].no_such_thing}", **SOUND)
    with pytest.raises(PluginExecutionError, match="no_such_thing"):
        manager.reload("probe")
    assert _last(manager).example.startswith("failed")
    assert manager.default_instance("probe").execute({"audio": (np.zeros(8), 8)})["y"] == 1


def test_a_made_sound_that_is_refused_on_purpose_refuses_nothing(manager: PluginManager, write: Write) -> None:
    """Else who wants a stereo sound could never be reloaded; it is told. Of an example of one's own it is a failure."""
    wants_two = "if inputs['audio'].channels != 2: raise ValueError('it takes two channels')\nreturn {'y': 2}"
    manager.load(write("return {'y': 1}", **SOUND))
    write(wants_two, **SOUND)
    manager.reload("probe")
    assert _last(manager).example == "it refuses what was made up for it: ValueError: it takes two channels"
    assert manager.default_instance("probe").execute({"audio": (np.zeros((2, 8)), 8)})["y"] == 2
    write("raise ValueError('it takes no example')", example={})
    with pytest.raises(PluginExecutionError, match="it takes no example"):
        manager.reload("probe")


GENERATOR = """
from collections.abc import Iterator
from typing import Annotated, TypedDict
from schillinger_plugins.types import Event, GeneratorPlugin, Parameter

class Settings(TypedDict):
    gap_s: Annotated[float, Parameter(1.0, min=0)]

class Probe(GeneratorPlugin):
    def generate(self, parameters: Settings) -> Iterator[Event]:
        yield {"time_s": parameters["gap_s"]}
"""


def test_a_generator_is_tried_on_its_defaults(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """It needs nothing else; one that refuses them on purpose wants to be set first."""
    manager.load(write_plugin(main=GENERATOR, plugin_type="GENERATOR"))
    write_plugin(main=GENERATOR.replace('["gap_s"]', '["gap"]'), plugin_type="GENERATOR")
    with pytest.raises(PluginExecutionError, match="KeyError"):
        manager.reload("probe")
    refuses = GENERATOR.replace("yield", "raise ValueError('choose a gap')\n        yield")
    write_plugin(main=refuses, plugin_type="GENERATOR")
    manager.reload("probe")
    assert _last(manager).example == "it refuses what was made up for it: ValueError: choose a gap"


HINTED = """
from typing import Annotated, TypedDict
from schillinger_plugins.types import NodePlugin, Parameter


class Inputs(TypedDict):
    chords: list


class Settings(TypedDict):
    voices: Annotated[int, Parameter(3, min=1, max=8)]


class Outputs(TypedDict):
    count: int


class Probe(NodePlugin):
    example = {"inputs": {"chords": ["C", "Am"]}, "parameters": {"voices": 4}}

    async def execute(self, inputs: Inputs, parameters: Settings) -> Outputs:
        return {"count": parameters["voices"] * len(inputs["chords"])}
"""


def test_a_plugin_described_by_hints_offers_an_example(
    manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """As an attribute of its class: it is part of the definition, and run before new code serves."""
    definition = manager.load(write_plugin(main=HINTED)).definition
    assert definition is not None
    assert definition.example is not None
    assert definition.example.model_dump() == {"inputs": {"chords": ["C", "Am"]}, "parameters": {"voices": 4}}
    instance = manager.create_instance("probe")
    write_plugin(main=HINTED.replace("len(inputs", "len(inputs['chords'][2] + inputs"))
    with pytest.raises(PluginExecutionError, match="IndexError"):
        manager.reload("probe")
    assert _last(manager).example.startswith("failed")
    assert instance.execute({"chords": ["C"]})["count"] == 3
    write_plugin(main=HINTED.replace('"voices": 4', '"voices": 9'))
    with pytest.raises(DefinitionError) as raised:
        manager.reload("probe")
    assert raised.value.path == "$.example.parameters"


def test_a_renamed_parameter_is_told_and_its_former_name_works(manager: PluginManager, write: Write) -> None:
    """So notebooks and flows that still say it go on."""
    instance = manager.create_instance(manager.load(write()).id)
    write(parameters=[{"name": "gain_db", "type": "number", "default": 3, "max": 10, "aliases": ["gain"]}])
    manager.reload("probe")
    report = _last(manager)
    assert report.parameters.renamed == {"gain": "gain_db"}
    assert instance.execute({}, {"gain": 5})["y"] == {"gain_db": 5}
    assert "  parameter gain is called gain_db now; gain goes on working" in told(report)
    assert "  parameter gain_db has the default 3, it was 1" in told(report)
    with pytest.raises(InputError, match="given twice") as raised:
        instance.execute({}, {"gain": 5, "gain_db": 5})
    assert raised.value.path == "$.parameters.gain"


def test_a_removed_parameter_is_told(manager: PluginManager, write: Write) -> None:
    """And refused from then on, by name."""
    instance = manager.create_instance(manager.load(write()).id)
    write(parameters=[])
    manager.reload("probe")
    assert _last(manager).parameters.removed == ("gain",)
    assert "  gone: gain; who still sets it is told so" in told(_last(manager))
    with pytest.raises(InputError, match="no parameter `gain`"):
        instance.execute({}, {"gain": 5})


@pytest.mark.parametrize(
    "parameters",
    [
        [{"name": "a", "type": "number", "aliases": ["a"]}],
        [{"name": "a", "type": "number", "aliases": ["b"]}, {"name": "b", "type": "number"}],
        [{"name": "a", "type": "number", "aliases": ["x"]}],
        [{"name": "a", "type": "number", "aliases": ["c"]}, {"name": "b", "type": "number", "aliases": ["c"]}],
        [{"name": "a", "type": "number", "aliases": ["no name"]}],
    ],
)
def test_a_former_name_means_one_thing(parameters: list[dict[str, Any]]) -> None:
    """It is nobody's present name, no input's, and no other's former one."""
    with pytest.raises(DefinitionError, match=r"alias|name"):
        NodeDefinition.parse({**DEFINITION, "parameters": parameters}, plugin_id="probe")


def test_a_definition_shows_former_names() -> None:
    """To whoever reads it as data."""
    data = {**DEFINITION, "parameters": [{"name": "a", "type": "number", "aliases": ["b"]}]}
    definition = NodeDefinition.parse(data, plugin_id="probe")
    assert definition.as_dict()["parameters"][0]["aliases"] == ["b"]
    assert definition.parameter("b") is definition.parameter("a") is not None


def test_a_failure_is_told_with_traceback_rule_and_remedy(manager: PluginManager, write: Write) -> None:
    """In lines that hold nothing which could drive a terminal."""
    folder = write()
    manager.load(folder)
    main = folder / "main.py"
    main.write_text(main.read_text() + "\nraise ValueError('\\x1b[2J')\n")
    with pytest.raises(PluginError):
        manager.reload("probe")
    lines = told(_last(manager))
    assert "probe was not reloaded" in lines[0]
    assert "goes on serving" in lines[0]
    assert any("main.py" in line and "line" in line for line in lines)
    assert "\x1b" not in "\n".join(lines)


def test_events_bring_the_report_along(manager: PluginManager, write: Write) -> None:
    """Under the names ``reloaded`` and ``reload_failed``."""
    seen: list[tuple[str, object]] = []
    undo = manager.events.subscribe(None, lambda event: seen.append((event.name, event.data.get("report"))))
    manager.load(write())
    manager.reload("probe")
    assert ("reloaded", _last(manager)) in seen
    write("if True")
    with pytest.raises(PluginError):
        manager.reload("probe")
    assert ("reload_failed", _last(manager)) in seen
    undo()


def test_a_node_that_the_user_holds_follows_a_reload(manager: PluginManager, write: Write) -> None:
    """It has the new controls, keeps what was set under the name it has now, and runs the new code."""
    manager.load(write())
    node = node_view(manager, "probe", inputs={"x": 2.0}, parameters={"gain": 4})
    write(
        "return {'y': [inputs['x'], parameters]}",
        parameters=[
            {"name": "gain_db", "type": "number", "max": 10, "aliases": ["gain"]},
            {"name": "mix", "type": "number", "default": 0.5},
        ],
    )
    manager.reload("probe")
    assert [parameter["name"] for parameter in node.definition["parameters"]] == ["gain_db", "mix"]
    assert node.parameters == {"gain_db": 4, "mix": 0.5}
    node.run()
    result = node.wait()
    assert result is not None
    assert result["y"] == [2.0, {"gain_db": 4.0, "mix": 0.5}]


def test_a_node_drops_what_the_new_version_does_not_take(manager: PluginManager, write: Write) -> None:
    """A value out of the new range, an input that is gone."""
    manager.load(write())
    node = node_view(manager, "probe", inputs={"x": 2.0}, parameters={"gain": 4})
    write(parameters=[{"name": "gain", "type": "number", "default": 1, "max": 2}], inputs=[])
    manager.reload("probe")
    assert node.parameters == {"gain": 1}
    assert node.inputs == {}
