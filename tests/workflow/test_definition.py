"""Steps as data: what a definition may say, before anything runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.definition.steps import MAX_STEPS, Reference, literal, reference
from schillinger_plugins.errors import DefinitionError, ManifestError
from schillinger_plugins.manifest import Manifest

from .conftest import OWN, WritePlugin, main_of, step


def parsed(*steps: Any, **definition: Any) -> NodeDefinition:
    return NodeDefinition.parse({**OWN, **definition, "steps": list(steps)}, plugin_id="flow")


def test_steps_are_plain_data() -> None:
    """They come back as they went in."""
    steps = [step(x="inputs.x"), step("two", x="one.y", parameters={"add": "parameters.add"})]
    assert parsed(*steps).as_dict()["steps"] == steps


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("inputs.x", Reference("inputs", "x")),
        ("one.y", Reference("one", "y")),
        ("one.y.z", None),
        ("one. y", None),
        ("one.y\n", None),
        ("3.5", None),
        (3.5, None),
        (["inputs.x"], None),
        ({"literal": "inputs.x"}, None),
    ],
)
def test_a_reference_is_two_names_and_a_dot(value: Any, meant: Reference | None) -> None:
    """As a whole string, and nothing else is one."""
    assert reference(value) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"literal": "inputs.x"}, "inputs.x"),
        ({"literal": {"literal": 1}}, {"literal": 1}),
        ({"literal": 1, "more": 2}, {"literal": 1, "more": 2}),
        ([1], [1]),
    ],
)
def test_what_reads_like_a_reference_can_be_said(written: Any, meant: Any) -> None:
    """By one wrapping, which is taken off once."""
    assert literal(written) == meant


@pytest.mark.parametrize(
    ("steps", "says", "path"),
    [
        ([step(), step()], "is the id of an earlier step", "$.steps[1].id"),
        ([step("inputs")], "leads to the workflow's own", "$.steps[0].id"),
        ([step(x="inputs.xtra")], "did you mean `extra`", "$.steps[0].inputs.x"),
        ([step(parameters={"add": "parameters.ad"})], "did you mean `add`", "$.steps[0].parameters.add"),
        ([step("first"), step(x="frist.y")], "did you mean `first`", "$.steps[1].inputs.x"),
        ([step(x="song.wav")], '{"literal": "song.wav"}', "$.steps[0].inputs.x"),
        ([step(x="one.y")], "has not been run by then", "$.steps[0].inputs.x"),
        ([step(x="two.y"), step("two")], "has not been run by then", "$.steps[0].inputs.x"),
        ([{**step(), "output": "y"}], "unknown key 'output'", "$.steps[0].output"),
        ([{"id": "one"}], "`plugin` is missing", "$.steps[0].plugin"),
        ([step("no id")], "is no name", "$.steps[0].id"),
        ([step(plugin="../x")], "is no id", "$.steps[0].plugin"),
        ([step(**{"no name": 1})], "is no name", "$.steps[0].inputs['no name']"),
        ([step(f"s{n}") for n in range(MAX_STEPS + 1)], "64", "$.steps"),
    ],
)
def test_a_flaw_is_named_with_its_place_and_remedy(steps: list[Any], says: str, path: str) -> None:
    """An author who slips finds the place and the word he meant."""
    with pytest.raises(DefinitionError) as caught:
        parsed(*steps)
    assert says in str(caught.value)
    assert caught.value.path == path


def test_no_input_hides_what_the_steps_gave() -> None:
    """The name under which that is handed over is taken."""
    inputs = [{"name": "steps", "type": "any"}]
    with pytest.raises(DefinitionError, match="can't be called `steps`"):
        parsed(step(), inputs=inputs)
    assert parsed(inputs=inputs).input("steps")


def manifest_of(folder: Path, **changes: Any) -> Manifest:
    data = json.loads((folder / "plugin.json").read_text())
    data["metadata"].update(changes)
    data["definition"] = {**OWN, "steps": [step(x="inputs.x")]}
    (folder / "plugin.json").write_text(json.dumps(data))
    return Manifest.read(folder)


@pytest.mark.parametrize(
    ("changes", "says", "path"),
    [
        ({"plugin_type": "NODE"}, "its type is NODE", "$.definition.steps"),
        ({"plugin_type": "WORKFLOW", "dependencies": ["other>=1"]}, "not among", "$.definition.steps[0].plugin"),
    ],
)
def test_a_manifest_with_misplaced_steps_is_refused(
    write_plugin: WritePlugin, changes: dict[str, Any], says: str, path: str
) -> None:
    """Only workflows have steps, and one that names dependencies names them all."""
    with pytest.raises(ManifestError) as caught:
        manifest_of(write_plugin(), **changes)
    assert says in str(caught.value)
    assert caught.value.path == path


@pytest.mark.parametrize("dependencies", [[], ["adder"], ["adder>=1.0", "other"]])
def test_a_manifest_with_steps_is_read(write_plugin: WritePlugin, dependencies: list[str]) -> None:
    """With all dependencies, or none."""
    manifest = manifest_of(write_plugin(), plugin_type="WORKFLOW", dependencies=dependencies)
    assert manifest.definition is not None
    assert manifest.definition.steps[0].plugin == "adder"


def test_a_worker_that_describes_misplaced_steps_is_refused(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """What the manifest doesn't say is checked when the plugin has said it."""
    main = main_of("return {}", {**OWN, "steps": [step(x="inputs.x")]}).replace("WorkflowPlugin", "NodePlugin")
    with pytest.raises(DefinitionError, match="its type is NODE") as caught:
        manager.load(write_plugin("wrong", main=main))
    assert caught.value.path == "$.steps"
