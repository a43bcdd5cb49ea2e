"""Plugins that lie in files, good ones and deliberately bad ones, put into folders of their own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.conformance import Outcome, Report, examine

HERE = Path(__file__).parent
Tried = Callable[..., Report]


@pytest.fixture
def place(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., str]:
    """Make a plugin of a file in ``bad/`` or ``good/`` and load it; its id."""

    def place(name: str, *, tests: dict[str, str] | None = None, **more: Any) -> str:
        source = next(HERE.glob(f"*/{name}.py")).read_text()
        bases = (node.bases[0] for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
        kind = next(base.id for base in bases if isinstance(base, ast.Name)).removesuffix("Plugin").upper()
        folder = write_plugin(name, main=source, plugin_type=kind, **more)
        for file, text in (tests or {}).items():
            (folder / "tests").mkdir(exist_ok=True)
            (folder / "tests" / file).write_text(text)
        return manager.load(folder).id

    return place


@pytest.fixture
def tried(manager: PluginManager, place: Callable[..., str]) -> Iterator[Tried]:
    """Put some checks to such a plugin."""

    def tried(name: str, *only: str, **more: Any) -> Report:
        return examine(manager, place(name, **more), only=only, with_author_tests="tests" in only)

    yield tried
    assert not manager.instances, "a test of a plugin leaves no instances behind"


def the_one(report: Report) -> Outcome:
    """The only outcome of a report."""
    (outcome,) = report.outcomes
    return outcome
