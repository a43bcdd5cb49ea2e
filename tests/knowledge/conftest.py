"""Folders with plugins in them, made by the tests that read them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPEC_MANIFEST: dict[str, Any] = {
    "metadata": {
        "name": "My Plugin",
        "version": "1.0.0",
        "description": "Plugin description",
        "author": "Author Name",
        "plugin_type": "NODE",
        "category": "Audio Processing",
        "dependencies": [],
        "requires_permissions": ["execute"],
    },
    "main_file": "main.py",
    "config_schema": {},
    "default_config": {},
}
"""The manifest of the plugin architecture's specification, word for word."""

MakePlugin = Callable[..., Path]


@pytest.fixture
def manifest() -> dict[str, Any]:
    """A manifest to spoil."""
    return copy.deepcopy(SPEC_MANIFEST)


@pytest.fixture
def make_plugin(tmp_path: Path) -> MakePlugin:
    """Write a plugin's folder: ``make_plugin("name", **changes)``; a change of None removes the key."""

    def make(
        name: str = "my_plugin", *, within: Path | None = None, text: str | bytes | None = None, **changes: Any
    ) -> Path:
        folder = (within or tmp_path) / name
        folder.mkdir(parents=True)
        data = {**copy.deepcopy(SPEC_MANIFEST), **changes}
        data = {key: value for key, value in data.items() if value is not None}
        content = json.dumps(data) if text is None else text
        (folder / "plugin.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        (folder / "main.py").write_text("raise AssertionError('discovery ran the plugin')\n")
        return folder

    return make
