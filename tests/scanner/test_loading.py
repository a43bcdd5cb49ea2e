"""The scan at a load, and where its findings are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import ManifestError, ScanError, UnknownPlugin
from schillinger_plugins.policy import ImportPolicy, Policy

WritePlugin = Callable[..., Path]
PLUGIN = """
from schillinger_plugins.types import *
{imports}

class Probe(NodePlugin):
    async def execute(self, inputs, parameters): return {{}}
    def get_node_definition(self): return {{"type": "probe", "label": "Probe"}}
"""
RAN = "from pathlib import Path; Path('ran').write_text('')"


def test_a_blocked_import_is_refused_before_anything_runs(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """The error names file, line and the policy's setting; nothing of the plugin stays, and once mended it loads."""
    folder = write_plugin(main=PLUGIN.format(imports="import pip"))
    with pytest.raises(ScanError, match=r"main\.py:3: it imports pip.*imports=ImportPolicy\(allowed"):
        manager.load(folder)
    assert "probe" not in manager.plugins
    write_plugin()
    assert manager.load(folder).state == "loaded"


def test_what_is_found_doesnt_keep_a_plugin_from_running(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """By default findings are shown, and the kernel confines."""
    manager.load(write_plugin(main=PLUGIN.format(imports="import socket\nexec('x = 1'.replace('1', '2'))")))
    report = manager.findings("probe")
    assert {one.rule for one in report.findings} == {"network", "dynamic-code"}
    assert report.with_bandit


def test_findings_are_of_the_code_that_was_loaded(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """A folder that is changed after the load changes nothing about what runs, and nothing about the findings."""
    folder = write_plugin(main=PLUGIN.format(imports="import socket"))
    manager.load(folder)
    (folder / "main.py").write_text("x = 1\n")
    assert [one.where for one in manager.findings("probe").findings] == ["main.py:3"]
    assert manager.findings(folder).findings == ()
    manager.unload("probe")
    assert manager.findings("probe").findings == ()


def test_findings_of_what_is_not_there(manager: PluginManager, write_plugin: WritePlugin) -> None:
    """An unknown plugin is told as one; a broken one by its error."""
    with pytest.raises(UnknownPlugin):
        manager.findings("prob")
    with pytest.raises(ManifestError):
        manager.findings(write_plugin(version="x"))


@pytest.mark.parametrize("severity", ["low", "medium", "high"])
def test_a_policy_refuses_from_a_severity_on(write_plugin: WritePlugin, severity: str) -> None:
    """With ``refuse_findings`` a plugin is refused by a finding of that severity or above, bandit's included, unrun."""
    imports = {"low": "import pickle", "medium": "import yaml\nyaml.load('')", "high": "x = '\u202e'"}
    with PluginManager(policy=Policy(refuse_findings=severity)) as manager:  # type: ignore[arg-type]  # wrong on purpose
        folder = write_plugin(main=PLUGIN.format(imports=imports[severity]))
        with pytest.raises(ScanError, match=rf"main\.py:\d.*refuse_findings='{severity}'"):
            manager.load(folder)
        assert not manager.status().warm
        if severity != "low":
            write_plugin(main=PLUGIN.format(imports=imports["low"]))
            assert manager.load(folder).state == "loaded"


def test_the_import_policy_can_be_a_list_of_what_is_left(write_plugin: WritePlugin) -> None:
    """With ``*`` blocked only what is allowed may be imported, apart from the plugin's own modules."""
    policy = Policy(imports=ImportPolicy(blocked={"*"}, allowed={"numpy", "schillinger_plugins.types"}))
    with PluginManager(policy=policy) as manager:
        folder = write_plugin(main=PLUGIN.format(imports="import numpy.linalg, own\nimport math"))
        (folder / "own.py").write_text("x = 1\n")
        with pytest.raises(ScanError, match=r"main\.py:4: it imports math"):
            manager.load(folder)
        assert [one.line for one in manager.findings(folder).at_least("high")] == [4]


@pytest.mark.parametrize(
    ("module", "verdict"),
    [
        ("pip", "blocked"),
        ("pip.main", "blocked"),
        ("pipes", "allowed"),
        ("numpy", "allowed"),
        ("gc", "restricted"),
        ("schillinger_plugins.types.audio", "allowed"),
        ("schillinger_plugins.manager", "restricted"),
    ],
)
def test_the_longest_name_decides(module: str, verdict: str) -> None:
    """A module counts with everything in it, and the most exact name wins."""
    assert ImportPolicy().verdict(module) == verdict


def test_allowing_outdoes_blocking() -> None:
    """What is allowed on purpose is allowed, even if it is on the list of what is blocked."""
    assert ImportPolicy(allowed={"pip"}).verdict("pip") == "allowed"


def test_a_slip_in_a_policy_is_told() -> None:
    """A severity that there is not, and a module in place of a set of them, are refused."""
    with pytest.raises(ValueError, match="refuse_findings"):
        Policy(refuse_findings="grave")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ValueError, match="set of modules"):
        ImportPolicy(blocked="os")


def test_the_command_line_scans(write_plugin: WritePlugin, capsys: pytest.CaptureFixture[str]) -> None:
    """``schillinger scan`` lists everything and ends with 5 from the severity on that is asked for; control characters
    are escaped; nothing is run."""
    from schillinger_plugins import cli

    folder = write_plugin(main=PLUGIN.format(imports=f"import socket  # \x1b[2K\n{RAN}"))

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        return int(str(ended.value.code)), capsys.readouterr().out

    code, out = run("scan", folder)
    assert code == 5
    assert "main.py:3" in out
    assert "\x1b" not in out
    assert run("scan", folder, "--fail-on", "high")[0] == 0
    code, out = run("scan", folder, "--json", "--fail-on", "never")
    assert (code, json.loads(out)["worst"]) == (0, "medium")
    assert run("scan", folder / "nowhere")[0] == 2
    code, out = run("validate", folder)
    assert code == 0
    assert "main.py:3" in out
    (folder / "main.py").write_text("def broken(:\n")
    code, out = run("validate", folder)
    assert code == 2
    assert "main.py:1" in out
