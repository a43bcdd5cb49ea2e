"""Plugins that ask for something, folders to give them, and a shell to be asked in."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from schillinger_plugins import PluginManager, magics

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


@pytest.fixture
def shell(manager: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in which ``%load_ext schillinger_plugins`` has been run."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell(config=config)
    atexit.unregister(shell.atexit_operations)  # hundreds of shells, each of which would collect garbage
    magics.load(shell)
    session = shell.meta["schillinger_plugins"][0]
    session._manager = manager
    yield shell
    session._manager = None  # it belongs to all tests
    magics.unload(shell)


@pytest.fixture
def cell(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[Any, str, BaseException | None]]:
    """Run a cell; its value, what it printed, and what it raised."""

    def run(code: str) -> tuple[Any, str, BaseException | None]:
        capsys.readouterr()
        result = shell.run_cell(code)
        captured = capsys.readouterr()
        return result.result, captured.out + captured.err, result.error_in_exec

    return run
