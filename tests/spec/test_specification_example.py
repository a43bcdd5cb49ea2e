"""The example of the architecture's specification, to the letter."""

from __future__ import annotations

from pathlib import Path

from schillinger_plugins import PluginManager

MANIFEST = """\
{
  "metadata": {
    "name": "My Plugin",
    "version": "1.0.0",
    "description": "Plugin description",
    "author": "Author Name",
    "plugin_type": "NODE",
    "category": "Audio Processing",
    "dependencies": [],
    "requires_permissions": ["execute"]
  },
  "main_file": "main.py",
  "config_schema": {},
  "default_config": {}
}
"""
MAIN = """\
from src.plugins.types import NodePlugin, PluginContext

class MyPlugin(NodePlugin):
    def __init__(self, context: PluginContext):
        super().__init__(context)

    async def initialize(self) -> bool:
        # Initialize plugin
        return True

    async def execute(self, inputs: dict, parameters: dict) -> dict:
        # Main plugin logic
        return {"result": "processed"}

    async def cleanup(self) -> bool:
        # Cleanup resources
        return True

    def get_node_definition(self) -> dict:
        # React Flow node definition
        return {
            "type": "myNode",
            "label": "My Plugin",
            "inputs": [...],
            "outputs": [...],
            "parameters": [...]
        }
"""
"""As it stands there, its three dots included: where they stand, nothing is declared yet."""

PORTS = {
    '"inputs": [...]': '"inputs": [{"name": "audio", "type": "audio"}]',
    '"outputs": [...]': '"outputs": [{"name": "result", "type": "string"}]',
    '"parameters": [...]': '"parameters": [{"name": "mix", "type": "number", "min": 0, "max": 1}]',
}


def written(folder: Path, main: str) -> Path:
    """A folder as the specification lays it out."""
    for name in ("assets", "templates", "docs"):
        (folder / name).mkdir(parents=True)
    (folder / "plugin.json").write_text(MANIFEST)
    (folder / "main.py").write_text(main)
    return folder


def test_it_runs_unchanged(manager: PluginManager, tmp_path: Path) -> None:
    """Manifest and class as they stand: found, loaded, executed, cleaned up."""
    folder = written(tmp_path / "my_plugin", MAIN)
    instance = manager.create_instance(manager.load(folder).id)
    assert (instance.definition.type, instance.definition.label) == ("myNode", "My Plugin")
    assert instance.execute({}, {})["result"] == "processed"
    assert manager.plugins["my_plugin"].manifest.metadata.name == "My Plugin"  # type: ignore[union-attr]  # it is sound
    manager.destroy_instance(instance.id)


def test_it_runs_with_ports_where_the_dots_are(manager: PluginManager, tmp_path: Path) -> None:
    """What an author fills in is checked and used."""
    main = MAIN
    for dots, ports in PORTS.items():
        main = main.replace(dots, ports)
    folder = written(tmp_path / "my_plugin", main)
    instance = manager.create_instance(manager.load(folder).id)
    result = instance.execute({"audio": ([0.0, 0.5], 8000)}, {"mix": 0.5})
    assert result["result"] == "processed"
    assert result.provenance.parameters == {"mix": 0.5}
