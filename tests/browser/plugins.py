"""Plugins that a test of the browser writes for its notebook."""

from __future__ import annotations

import json
from pathlib import Path


def write_plugin(folder: Path, main: str, *, plugin_type: str = "NODE") -> Path:
    """A plugin of that main file, written or written anew; it has the folder's name. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(main)
    metadata = {
        "name": folder.name,
        "version": "1.0.0",
        "description": "written by a test",
        "author": "tests",
        "plugin_type": plugin_type,
        "category": "Test",
        "dependencies": [],
        "requires_permissions": ["execute"],
    }
    manifest = {"metadata": metadata, "main_file": "main.py", "config_schema": {}, "default_config": {}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    return folder
