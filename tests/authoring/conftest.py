"""A plugin that is written again and again, and what became of it each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager

from .outcomes import Outcomes

Save = Callable[..., Path]


@pytest.fixture
def outcomes(manager: PluginManager) -> Iterator[Outcomes]:
    """What the reloads of this test have led to."""
    found = Outcomes(manager)
    yield found
    found.close()


@pytest.fixture
def save(write_plugin: Callable[..., Path]) -> Save:
    """Write the plugin ``probe``, or another, so that it answers with `answer` and counts its calls in `kept`."""

    def save(answer: Any, *, name: str = "probe", body: str = "", **options: Any) -> Path:
        code = f"{body}\nself.kept = (self.kept or 0) + 1\nreturn {{'y': {answer!r}}}"
        return write_plugin(name, body=code.strip(), **options)

    return save


@pytest.fixture
def watched(manager: PluginManager, save: Save, outcomes: Outcomes) -> Instance:
    """An instance of ``probe``, which answers 1 and is watched."""
    instance = manager.create_instance(manager.load(save(1)).id)
    assert instance.execute()["y"] == 1
    manager.watch("probe")
    return instance
