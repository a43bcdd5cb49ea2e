"""Small plugins to be the steps of workflows, and workflows over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.loader import inspect

Workflow = Callable[..., Instance]
WritePlugin = Callable[..., Path]

PORTS = {"type": "step", "label": "Step"}
ADDER = {
    **PORTS,
    "inputs": [{"name": "x", "type": "number"}, {"name": "more", "type": "number", "required": False}],
    "outputs": [{"name": "y", "type": "number"}, {"name": "seed", "type": "integer"}],
    "parameters": [{"name": "add", "type": "number", "default": 1, "min": 0, "max": 100}],
}
ADDS = """
self.context.progress(0.5, message='adding')
return {'y': inputs['x'] + parameters['add'] + inputs.get('more', 0), 'seed': self.context.seed}
"""
OWN = {
    "type": "flow",
    "label": "Flow",
    "inputs": [{"name": "x", "type": "number"}, {"name": "extra", "type": "number", "required": False}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [{"name": "add", "type": "number", "default": 10}],
}


@pytest.fixture
def adder(manager: PluginManager, write_plugin: WritePlugin) -> str:
    """A plugin that adds, for a step."""
    return manager.load(write_plugin("adder", body=ADDS, definition=ADDER)).id


@pytest.fixture
def workflow(manager: PluginManager, write_plugin: WritePlugin) -> Workflow:
    """An instance of a workflow of these steps, its own plugin giving back what it was given."""

    def make(
        *steps: dict[str, Any],
        body: str = "return {'y': inputs['steps']}",
        definition: dict[str, Any] | None = None,
        granted: dict[str, dict[str, Any]] | None = None,
        **options: Any,
    ) -> Instance:
        described = {**OWN, **(definition or {}), "steps": list(steps)}
        options = {"name": "flow", "requires_permissions": ["execute", *(granted or {})], **options}
        folder = write_plugin(main=main_of(body, described), plugin_type="WORKFLOW", **options)
        manager.registry.register(inspect(folder))
        for permission, named in (granted or {}).items():
            manager.grant(folder.name, permission, **named)
        return manager.create_instance(folder.name)

    return make


def main_of(body: str, definition: dict[str, Any]) -> str:
    """The main file of a workflow."""
    lines = "".join(f"        {line}\n" for line in body.strip().splitlines())
    return (
        "from schillinger_plugins.types import *\nclass Flow(WorkflowPlugin):\n"
        f"    async def execute(self, inputs, parameters):\n{lines}"
        f"    def get_node_definition(self):\n        return {definition!r}\n"
    )


def step(
    id: str = "one", plugin: str = "adder", parameters: dict[str, Any] | None = None, **inputs: Any
) -> dict[str, Any]:
    """A step as a definition has it."""
    return {"id": id, "plugin": plugin, "inputs": inputs, "parameters": parameters or {}}
