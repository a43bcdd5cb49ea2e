"""Where a person types a path: the magics, the command line, and an author's own tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.loader import inspect
from schillinger_plugins.testing.in_process import Code, PluginInProcess
from schillinger_plugins.types import PluginContext
from tests.cli.test_cli import Schillinger, schillinger
from tests.conftest import Cell

from .conftest import CANARY, SAYS, TAKES

__all__ = ["schillinger"]


@pytest.fixture
def folder(write_plugin: Callable[..., Path]) -> Path:
    """The plugin's."""
    return write_plugin("taker", body=SAYS, definition=TAKES, manifest={"definition": TAKES})


def test_a_magic_takes_a_path_and_what_python_has(
    cell: Cell, manager: PluginManager, folder: Path, canary: Path
) -> None:
    """Quoted, as a Path, or the content of a variable."""
    manager.registry.register(inspect(folder))
    for value in (
        repr(str(canary)),
        f"__import__('pathlib').Path({str(canary)!r})",
        f"open({str(canary)!r}, 'rb').read()",
    ):
        result, printed, error = cell(f"%plugin run taker scale={value}")
        assert error is None, printed
        assert result["y"][3] == CANARY
    _, printed, error = cell(f"%plugin run taker scale={str(canary.with_name('canari.scl'))!r}")
    assert isinstance(error, InputError)
    assert "canary.scl" in printed


def test_info_sets_a_file_on_its_node_and_tells_a_slip(
    cell: Cell, manager: PluginManager, folder: Path, canary: Path
) -> None:
    """Before anything is drawn."""
    manager.registry.register(inspect(folder))
    assert cell(f"%plugin info taker scale={str(canary)!r}")[2] is None
    assert isinstance(cell("%plugin info taker scale='nowhere.scl'")[2], InputError)


def test_the_command_line_takes_a_path(schillinger: Schillinger, folder: Path, canary: Path) -> None:
    """With --set, as any parameter; a slip costs no sandbox."""
    done = schillinger("run", folder, "--set", f"scale={canary}", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["outputs"]["y"][1] == "canary.scl"
    done = schillinger("run", folder, "--set", f"scale={canary.parent}")
    assert done.code != 0
    assert "ends in .scl or .tun" in done.err


def test_an_author_s_test_gives_a_path(folder: Path, canary: Path) -> None:
    """As its host does."""
    code = Code(folder)
    try:
        plugin = PluginInProcess(code, PluginContext())
        assert plugin.execute({}, {"scale": canary})["y"][3] == CANARY
        with pytest.raises(InputError, match="there is no file"):
            plugin.execute({}, {"scale": "nowhere.scl"})
    finally:
        code.forget()
