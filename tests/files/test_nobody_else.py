"""Nobody but a person has the host read a file: what plugins try."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.definition.panel import panel_of
from schillinger_plugins.errors import DefinitionError, InputError, PluginError
from schillinger_plugins.widgets.panel import PanelWidget
from tests.workflow.conftest import PORTS, main_of, step

from .conftest import CANARY, SCALE, TAKES

OWN: dict[str, Any] = {**PORTS, "outputs": [{"name": "y", "type": "any"}], "inputs": []}


@pytest.fixture
def workflow(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., Instance]:
    def make(parameters: list[dict[str, Any]], *steps: dict[str, Any]) -> Instance:
        described = {**OWN, "parameters": parameters, "steps": list(steps)}
        main = main_of("return {'y': inputs['steps']}", described)
        return manager.create_instance(manager.load(write_plugin("flow", main=main, plugin_type="WORKFLOW")).id)

    return make


def test_a_path_that_a_workflow_gives_its_step_is_not_read(
    takes_file: str, workflow: Callable[..., Instance], canary: Path, opened: list[str]
) -> None:
    """Literally, or as what a text of its own is set to, by its author or by a person who thinks of no file."""
    flow = workflow(
        [{"name": "title", "type": "string", "default": str(canary)}],
        step(plugin=takes_file, parameters={"scale": "parameters.title"}),
    )
    for parameters in ({}, {"title": str(canary)}):
        with pytest.raises(InputError, match="gives no files to its steps") as caught:
            flow.execute({}, parameters)
        assert caught.value.path == "$.steps[0].parameters.scale"
    assert not opened


def test_a_literal_path_is_no_way_around(
    takes_file: str, workflow: Callable[..., Instance], canary: Path, opened: list[str]
) -> None:
    """Nor a step's output that reads like a path."""
    with pytest.raises(InputError, match="gives no files to its steps"):
        workflow([], step(plugin=takes_file, parameters={"scale": {"literal": str(canary)}})).execute()
    assert not opened


def test_a_step_s_output_is_no_path(
    manager: PluginManager,
    write_plugin: Callable[..., Path],
    takes_file: str,
    workflow: Callable[..., Instance],
    canary: Path,
    opened: list[str],
) -> None:
    """One plugin of a workflow can't name a file for the next one."""
    namer = manager.load(write_plugin("namer", body=f"return {{'y': {str(canary)!r}}}")).id
    flow = workflow([], step("first", namer), step("second", takes_file, parameters={"scale": "first.y"}))
    with pytest.raises(InputError, match="gives no files to its steps"):
        flow.execute()
    assert not opened


def test_a_file_that_a_person_gives_a_workflow_reaches_its_step(
    takes_file: str, workflow: Callable[..., Instance], canary: Path
) -> None:
    """As content: the workflow says which of its parameters it is, the person which file."""
    flow = workflow([SCALE], step(plugin=takes_file, parameters={"scale": "parameters.scale"}))
    assert flow.execute({}, {"scale": canary})["y"]["one"]["y"][3] == CANARY


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": [{**SCALE, "default": "CANARY"}]},
        {"presets": {"Mine": {"scale": "CANARY"}}},
        {"example": {"parameters": {"scale": "CANARY"}}},
    ],
)
def test_a_definition_that_names_a_file_is_refused_unread(
    manager: PluginManager,
    write_plugin: Callable[..., Path],
    canary: Path,
    changes: dict[str, Any],
    opened: list[str],
) -> None:
    """Out of a worker or out of a manifest: the plugin isn't loaded."""
    described = json.loads(json.dumps({**TAKES, **changes}).replace("CANARY", str(canary)))
    with pytest.raises(DefinitionError):
        manager.load(write_plugin("worker", definition=described))
    with pytest.raises(PluginError):
        manager.load(write_plugin("manifest", manifest={"definition": described}))
    assert not opened


def test_a_panel_has_no_control_for_a_file() -> None:
    """Neither one that its author arranged nor one that is made of all parameters."""
    panel = {"groups": [{"items": [{"kind": "control", "name": "scale"}]}]}
    with pytest.raises(DefinitionError, match="no control for a file"):
        NodeDefinition.parse({**TAKES, "panel": panel}, plugin_id="taker")
    assert [item.name for item in panel_of(NodeDefinition.parse(TAKES, plugin_id="taker")).items()][:1] == ["octave"]


def test_a_panel_s_page_and_code_have_no_file_read(canary: Path, opened: list[str]) -> None:
    """What a page writes and what the plugin answers is refused, be it a path or content."""
    values: Any = str(canary)

    def answer(event: dict[str, Any], held: dict[str, Any]) -> dict[str, Any]:
        assert held["scale"] is None
        return {"values": {"scale": values}}

    panel = PanelWidget(NodeDefinition.parse(TAKES, plugin_id="taker"), send=answer)
    panel.set_state({"parameters": {**panel.parameters, "scale": str(canary)}})
    assert "no file is read here" in panel.parameter_errors["scale"]
    for values in (str(canary), CANARY):
        panel.begin() if values == str(canary) else panel.set_state({"parameters": {"octave": 5}})
        panel.wait()
        assert panel.status == "failed"
        assert panel.parameters["scale"] is None
    with pytest.raises(InputError, match="a panel has none"):
        panel.parameters = {"scale": CANARY}
    assert not opened
