"""Folders of plugins to be scanned, written by the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.policy import ImportPolicy
from schillinger_plugins.scanner import Report, scan

Look = Callable[..., Report]


def _write(folder: Path, files: dict[str, str | bytes], asked: tuple[str, ...] = ()) -> Manifest:
    """Write a plugin's files and its manifest."""
    files = {"main.py": "x = 1\n", **files}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    data: dict[str, Any] = {
        "id": "probe",
        "metadata": {
            "name": "probe",
            "version": "1.0.0",
            "description": "written by a test",
            "author": "tests",
            "plugin_type": "NODE",
            "category": "Test",
            "dependencies": [],
            "requires_permissions": ["execute", *asked],
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
    }
    (folder / "plugin.json").write_text(json.dumps(data))
    return Manifest.read(folder)


@pytest.fixture(scope="session")
def write() -> Callable[..., Manifest]:
    """Write a plugin's files and its manifest: ``write(folder, {name: content}, permissions)``."""
    return _write


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Scan a main file, or files by name, with our own rules and the usual import policy; bandit if asked."""

    def look(
        main: str | bytes | None = None,
        files: dict[str, str | bytes] | None = None,
        *,
        asked: tuple[str, ...] = (),
        with_bandit: bool = False,
    ) -> Report:
        folder = tmp_path / "probe"
        folder.mkdir(exist_ok=True)
        manifest = _write(folder, {**({"main.py": main} if main is not None else {}), **(files or {})}, asked)
        return scan(folder, manifest, judge=ImportPolicy().verdict, with_bandit=with_bandit)

    return look
