"""A plugin with ports and parameters of several types."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager

PROBE: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": "audio", "type": "audio", "required": False}, {"name": "x", "type": "any", "required": False}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [
        {"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24, "unit": "dB"},
        {"name": "mode", "type": "choice", "default": "fast", "options": ["fast", "slow"]},
        {"name": "invert", "type": "boolean", "default": False},
        {"name": "automation", "type": "breakpoints", "default": []},
    ],
}
ECHO = "return {'y': {**parameters, 'x': inputs.get('x'), 'config': dict(self.context.config)}}"


@pytest.fixture
def probe(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., str]:
    """Write a plugin with ports and parameters and register it without loading it; its id is ``probe``."""

    def probe(
        body: str = ECHO, *, with_definition: bool = True, definition: dict[str, Any] = PROBE, **more: Any
    ) -> str:
        from schillinger_plugins.loader import inspect

        manifest = {"definition": json.loads(json.dumps(definition))} if with_definition else {}
        folder = write_plugin(
            body=body, definition=definition, manifest={**manifest, **more.pop("manifest", {})}, **more
        )
        record = inspect(folder, source="loaded by path")  # so that `discover` keeps it
        assert record.error is None, record.error
        manager.registry.register(record)
        return record.id

    return probe
