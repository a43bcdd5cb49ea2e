"""Plugins that ask for something, and folders to give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager

Asking = Callable[..., Path]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with one file, which a plugin may be given."""
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "tone.txt").write_text("a tone")
    return folder


@pytest.fixture
def asking(write_plugin: Callable[..., Path], music: Path) -> Asking:
    """Write the plugin ``probe``, which asks to read the folder `music`; `permissions` is what it asks for instead."""

    def asking(body: str = "return {'y': 'ran'}", *, permissions: dict[str, Any] | None = None, **more: Any) -> Path:
        asked = {"file_access": {"reason": "to read your tones", "read": [str(music)]}}
        permissions = asked if permissions is None else permissions
        requires = more.pop("requires_permissions", ["execute", *permissions])
        manifest = {"permissions": permissions, **more.pop("manifest", {})}
        return write_plugin(body=body, manifest=manifest, requires_permissions=requires, **more)

    return asking


@pytest.fixture
def known(manager: PluginManager, asking: Asking, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The same plugin, found by the manager but not loaded; its id."""

    def known(*arguments: Any, **options: Any) -> str:
        folder = asking(*arguments, **options)
        monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", str(folder.parent))
        manager.discover()
        return folder.name

    return known
