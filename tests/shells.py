"""IPython shells in which the extension is loaded, for tests that type what a person would."""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from schillinger_plugins import PluginManager, magics


@contextlib.contextmanager
def shell_with(
    manager: PluginManager | None, *, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """A shell after ``%load_ext schillinger_plugins``, with that manager behind ``%plugin``; its own one if it is None."""
    monkeypatch.setenv("IPYTHONDIR", str(profile))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell(config=config)
    atexit.unregister(shell.atexit_operations)  # hundreds of shells, each of which would collect garbage
    magics.load(shell)
    session = shell.meta["schillinger_plugins"][0]
    if manager is not None:
        session._manager = manager
    yield shell
    if manager is not None:
        session._manager = None  # it belongs to all tests
    magics.unload(shell)
