"""A plugin that takes a file and says what it got, and a file with a canary in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager

CANARY = b"the canary sings at seventeen"
SCALE: dict[str, Any] = {"name": "scale", "type": "file", "accept": [".scl", ".tun"], "max_bytes": 8192}
TAKES: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": "x", "type": "any", "required": False}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [SCALE, {"name": "octave", "type": "integer", "default": 4, "min": 0, "max": 9}],
}
SAYS = """
file = parameters['scale']
return {'y': None if file is None else [type(file).__name__, file.name, type(file.data).__name__, file.data]}
"""


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the host's."""
    file = tmp_path / "secrets" / "canary.scl"
    file.parent.mkdir()
    file.write_bytes(CANARY)
    return file


@pytest.fixture
def takes_file(manager: PluginManager, write_plugin: Callable[..., Path]) -> str:
    """The id of the plugin."""
    return manager.load(write_plugin("taker", body=SAYS, definition=TAKES)).id


@pytest.fixture
def taker(manager: PluginManager, takes_file: str) -> Instance:
    """An instance of it."""
    return manager.create_instance(takes_file)
