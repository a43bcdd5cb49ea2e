"""Names that a plugin can't have, or whose class would stand in its own way; and cells that change what they ask for."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from schillinger_plugins.authoring import TYPES, cell_folder, new, read_cell
from schillinger_plugins.authoring import cell as cell_module
from schillinger_plugins.errors import InputError

CODE = """from schillinger_plugins.types import IntegrationPlugin


class Asks(IntegrationPlugin):
    async def execute(self, inputs, parameters) -> dict:
        return {"y": FETCH}
"""
FETCHING = CODE.replace("FETCH", "await self.context.fetch('https://example.org/x')")


@pytest.mark.parametrize("name", ["class", "import", "async"])
def test_a_word_of_python_is_no_id(tmp_path: Path, name: str) -> None:
    """Neither for a template nor for a cell."""
    with pytest.raises(InputError, match="no word of Python's own"):
        new(name, "node", tmp_path)
    with pytest.raises(InputError, match="no word of Python's own"):
        read_cell(name, name, CODE)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ["audio", "inputs", "settings", "none", "parameter", "node_plugin", "effect_plugin"])
def test_a_class_does_not_hide_what_its_code_uses(tmp_path: Path, name: str, kind: str) -> None:
    """Of the names that the code binds, its class is another."""
    tree = ast.parse((new(name, kind, tmp_path) / "main.py").read_text())
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    imported = {one.asname or one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names}
    assert len(set(classes)) == len(classes)
    assert imported.isdisjoint(classes)


def test_a_cell_that_no_longer_fetches_asks_for_nothing() -> None:
    """What it asked for before is not in the manifest any more."""
    read_cell("asks", "asks", FETCHING).write()
    path = cell_folder("asks") / "plugin.json"
    assert json.loads(path.read_text())["permissions"]["network"]["hosts"] == ["example.org"]
    read_cell("asks", "asks", CODE.replace("FETCH", "1")).write()
    assert "permissions" not in json.loads(path.read_text())
    assert json.loads(path.read_text())["metadata"]["requires_permissions"] == ["execute"]


def test_what_a_cell_imports_is_what_it_depends_on() -> None:
    """By the names that pip knows; the standard library, NumPy and this package are there anyway."""
    imports = "import json, numpy as np, yaml\nfrom scipy.signal import lfilter\nimport no_such_library\n"
    read_cell("asks", "asks", imports + CODE.replace("FETCH", "1")).write()
    manifest = json.loads((cell_folder("asks") / "plugin.json").read_text())
    assert manifest["python_dependencies"] == ["PyYAML", "no_such_library", "scipy"]


def test_a_cell_whose_writing_ends_half_way_is_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its manifest, which comes last, nothing finds the folder."""
    written = []

    def ends(path: Path, data: bytes) -> None:
        written.append(path.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(cell_module, "put", ends)
    with pytest.raises(KeyboardInterrupt):
        read_cell("asks", "asks", FETCHING).write()
    assert written == ["main.py"]
    assert not (cell_folder("asks") / "plugin.json").exists()
