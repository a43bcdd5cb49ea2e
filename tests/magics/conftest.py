"""An IPython shell with the extension, whose manager is the one that all tests share."""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from schillinger_plugins import PluginManager, magics

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
