"""Workflows as people meet them: the magics and the command line need nothing of their own for them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import PluginManager
from schillinger_plugins.cli import run as run_module
from schillinger_plugins.magics.info import PluginInfo

from .conftest import Workflow, step

TWO = (step(x="inputs.x", parameters={"add": "parameters.add"}), step("two", x="one.y", more={"literal": 3}))


def test_info_shows_the_steps(manager: PluginManager, adder: str, workflow: Workflow) -> None:
    """Which plugins it has do what, with what: a person sees it before it runs."""
    flow = workflow(*TWO)
    record = manager.plugins[flow.plugin_id]
    for text in (
        repr(PluginInfo(manager, record, inputs={}, parameters={}, in_notebook=False)),
        PluginInfo(manager, record, inputs={}, parameters={}, in_notebook=False)._repr_html_(),
    ):
        for word in ("Steps", "adder", "x = ← inputs.x", "add = ← parameters.add", "x = ← one.y", "more = 3"):
            assert word in text


def test_the_magic_runs_it(shell: InteractiveShell, adder: str, workflow: Workflow) -> None:
    """Like any plugin."""
    workflow(*TWO)
    assert shell.run_line_magic("plugin", "run flow x=1 add=2")["y"]["two"]["y"] == 3 + 1 + 3


def test_the_command_line_runs_it(
    manager: PluginManager, adder: str, workflow: Workflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like any plugin; what it writes down has the steps' provenance."""
    monkeypatch.setattr(run_module, "open_manager", lambda _: contextlib.nullcontext(manager))
    workflow(*TWO)
    out = tmp_path / "out.json"
    (tmp_path / "x.json").write_text("1")
    words = ["flow", "--input", f"x={tmp_path / 'x.json'}", "--out", str(out), "--quiet"]
    ran = CliRunner().invoke(run_module.run_command, words)
    assert ran.exit_code == 0, ran.output
    written = json.loads(out.read_text())
    assert list(written["provenance"]["steps"]) == ["one", "two"]
