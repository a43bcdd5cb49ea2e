"""Managers of a test's own, scripts that run as hosts of their own, and the proof that nothing is left over."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager

from .census import Census, until

ScriptRun = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scratch folders of this test can be told from those of whoever else runs tests on this machine."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def own_manager() -> Iterator[PluginManager]:
    """A manager that a test may maltreat."""
    with PluginManager(idle_s=3600) as manager:
        yield manager


@pytest.fixture
def own(own_manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., Instance]:
    """An instance in it, of a plugin written on the spot."""

    def make(body: str = "return {'y': inputs.get('x')}", **options: object) -> Instance:
        return own_manager.create_instance(own_manager.load(write_plugin(body=body, **options)).id)

    return make


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """After the test, what it made is gone: processes, descriptors, threads and folders."""
    before = Census.take()
    yield
    assert until(lambda: not before.left_over(Census.take())), before.left_over(Census.take())


@pytest.fixture
def script(tmp_path: Path) -> ScriptRun:
    """Run a program as a host of its own, to its end."""

    def run(
        code: str, *arguments: str, deadline_s: float = 30.0, **options: object
    ) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "script.py"
        path.write_text(code)
        return subprocess.run(
            [sys.executable, str(path), *arguments],
            capture_output=True,
            text=True,
            timeout=deadline_s,
            check=False,
            **options,
        )

    return run
