"""A plugin written where no fixture is at hand: for a whole module, for a program."""

from __future__ import annotations

import json
from pathlib import Path

METADATA = {
    "name": "probe",
    "version": "1.0.0",
    "description": "written by a test",
    "author": "tests",
    "plugin_type": "NODE",
    "category": "Test",
    "dependencies": [],
    "requires_permissions": ["execute"],
}
ECHO = """
from schillinger_plugins.types import *

class Probe(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": inputs.get("x")}
    def get_node_definition(self):
        return {"type": "probe", "label": "Probe", "inputs": [{"name": "x", "type": "any", "required": False}],
                "outputs": [{"name": "y", "type": "any"}]}
"""


def write_probe(parent: Path, main: str = ECHO) -> Path:
    """The folder of a plugin with that main file."""
    folder = parent / "probe"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(main)
    manifest = {"metadata": METADATA, "main_file": "main.py", "config_schema": {}, "default_config": {}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    return folder
