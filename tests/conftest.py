"""What every test may use: plugins written on the spot, and managers that find nothing but them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from schillinger_plugins import Instance, PluginManager, reading
from schillinger_plugins.journal import Journal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

HEADER = """
import asyncio, os, socket, sys, threading, time
import numpy as np
from schillinger_plugins.types import *
"""
OPEN_DEFINITION = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": "x", "type": "any", "required": False}],
    "outputs": [{"name": "y", "type": "any"}],
    "parameters": [],
}
WritePlugin = Callable[..., Path]
Run = Callable[..., Any]
Cell = Callable[[str], tuple[Any, str, BaseException | None]]


# The machine that tests may be busy, and its runs are to be compared; by hand, every run looks elsewhere.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    """What holds for the tests and all processes that they start."""
    # A job in the background of a shell inherits an ignored SIGINT, and so would every kernel that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Nobody reads what most tests do: those of the journal have managers that write one.
    os.environ["SCHILLINGER_JOURNAL_DAYS"] = "0"


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test finds no plugins and no grants of the machine it runs on."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("SCHILLINGER_PLUGIN_PATH", raising=False)
    monkeypatch.delenv("SCHILLINGER_JOURNAL", raising=False)


def put_plugin(
    folder: Path,
    *,
    body: str = "return {'y': inputs.get('x')}",
    main: str | None = None,
    manifest: dict[str, Any] | None = None,
    definition: dict[str, Any] | None = None,
    **metadata: Any,
) -> Path:
    """Write a plugin's folder and return it: `main` is the whole main file, or `body` that of its execute()."""
    folder.mkdir(parents=True, exist_ok=True)
    if main is None:
        main = (
            f"{HEADER}\nclass Probe(NodePlugin):\n    kept = None\n"
            "    async def execute(self, inputs, parameters):\n"
            f"{textwrap.indent(textwrap.dedent(body).strip(), ' ' * 8)}\n"
            f"    def get_node_definition(self):\n        return {definition or OPEN_DEFINITION!r}\n"
        )
    (folder / "main.py").write_text(textwrap.dedent(main))
    data: dict[str, Any] = {
        "metadata": {
            "name": folder.name,
            "version": "1.0.0",
            "description": "written by a test",
            "author": "tests",
            "plugin_type": "NODE",
            "category": "Test",
            "dependencies": [],
            "requires_permissions": ["execute"],
            **metadata,
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
        **(manifest or {}),
    }
    (folder / "plugin.json").write_text(json.dumps(data))
    return folder


@pytest.fixture
def write_plugin(tmp_path: Path) -> WritePlugin:
    """As `put_plugin`, by the plugin's name, beside the test's other ones."""

    def write(name: str = "probe", **options: Any) -> Path:
        return put_plugin(tmp_path / "plugins" / name, **options)

    return write


@contextlib.contextmanager
def manager_of_its_own(data: Path, **environment: str) -> Iterator[PluginManager]:
    """A manager that knows no plugins, grants or journals but its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(data))
        patch.delenv("SCHILLINGER_PLUGIN_PATH", raising=False)
        patch.delenv("SCHILLINGER_JOURNAL", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        manager = PluginManager()
    with manager:
        yield manager


@pytest.fixture(scope="session")
def shared_manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginManager]:
    """One manager for all tests that don't end one: its zygotes are warm."""
    with manager_of_its_own(tmp_path_factory.mktemp("data")) as manager:
        yield manager


@pytest.fixture
def manager(shared_manager: PluginManager, tmp_path: Path, own_places: None) -> Iterator[PluginManager]:
    """The shared manager with a journal of its own; what a test loads from its own folder is forgotten afterwards."""
    for instance_id in list(shared_manager.instances):  # of a run that the test before didn't wait for
        shared_manager.destroy_instance(instance_id)
    shared_manager.permissions.journal = Journal()
    yield shared_manager
    if (ipywidgets := sys.modules.get("ipywidgets")) is not None:
        # It keeps what was drawn: a live node would go on, and run the next test's plugin of the same name.
        ipywidgets.Widget.close_all()
    for plugin_id, record in list(shared_manager.plugins.items()):
        shared_manager.unload(plugin_id)
        if record.root.is_relative_to(tmp_path.resolve()):
            shared_manager.registry.unregister(plugin_id)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were opened for parameters since the test began."""
    names: list[str] = []
    honest = reading.open_regular

    def noted(path: Path, name: str, **options: Any) -> int:
        names.append(Path(path).name)
        return honest(path, name, **options)

    monkeypatch.setattr(reading, "open_regular", noted)
    return names


@pytest.fixture
def make(manager: PluginManager, write_plugin: WritePlugin) -> Callable[..., Instance]:
    """An instance of a plugin written on the spot."""

    def make(body: str = "return {'y': inputs.get('x')}", **options: Any) -> Instance:
        return manager.create_instance(manager.load(write_plugin(body=body, **options)).id)

    return make


@pytest.fixture
def run(make: Callable[..., Instance]) -> Run:
    """Run the body of an execute() in a confined worker and return its output ``y``."""

    def run(body: str, x: Any = None, **options: Any) -> Any:
        return make(body).execute({"x": x}, **options)["y"]

    return run


@pytest.fixture
def shell(manager: PluginManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in which ``%load_ext schillinger_plugins`` has been run."""
    from tests.shells import shell_with  # IPython: most tests do without

    with shell_with(manager, profile=tmp_path / "ipython", monkeypatch=monkeypatch) as shell:
        yield shell


@pytest.fixture
def cell(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Cell:
    """Run a cell; its value, what it printed, and what it raised."""

    def run(code: str) -> tuple[Any, str, BaseException | None]:
        capsys.readouterr()
        result = shell.run_cell(code)
        captured = capsys.readouterr()
        return result.result, captured.out + captured.err, result.error_in_exec

    return run
