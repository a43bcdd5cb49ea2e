"""Discovery: every place is searched, nothing is run, and what is broken stops nobody."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import loader
from schillinger_plugins.errors import DuplicatePlugin, ManifestError
from schillinger_plugins.loader import discover


def test_folders_of_plugins_and_plugins_themselves_are_found(make_plugin: Any, tmp_path: Path) -> None:
    """A path given may be a plugin or hold plugins; hidden folders and folders without a manifest are none."""
    make_plugin("b", within=tmp_path / "many")
    make_plugin("a", within=tmp_path / "many")
    make_plugin(".hidden", within=tmp_path / "many")
    (tmp_path / "many" / "notes").mkdir()
    single = make_plugin("single", within=tmp_path / "one")
    records = discover([tmp_path / "many", single], everywhere=False)
    assert [(r.id, r.state, r.source) for r in records] == [
        ("a", "discovered", "path"),
        ("b", "discovered", "path"),
        ("single", "discovered", "path"),
    ]


def test_discovery_runs_no_plugin_code(make_plugin: Any, tmp_path: Path) -> None:
    """The main files here raise when run; discovery reads only the manifests and imports nothing."""
    make_plugin("a", within=tmp_path / "x")
    before = set(sys.modules)
    (record,) = discover([tmp_path / "x"], everywhere=False)
    assert record.state == "discovered"
    assert not [name for name in set(sys.modules) - before if name in ("main", "a")]


def test_a_broken_plugin_is_listed_and_stops_nobody(make_plugin: Any, tmp_path: Path) -> None:
    """A broken manifest becomes a record with its error; the others are found."""
    make_plugin("broken", within=tmp_path / "x", text="{")
    make_plugin("good", within=tmp_path / "x")
    broken, good = discover([tmp_path / "x"], everywhere=False)
    assert (broken.id, broken.state, broken.manifest) == ("broken", "broken", None)
    assert isinstance(broken.error, ManifestError)
    assert good.state == "discovered"


def test_a_broken_plugin_keeps_the_id_it_claims(make_plugin: Any, tmp_path: Path) -> None:
    """A broken plugin is listed under the id in its manifest, if that can be read."""
    make_plugin("folder", within=tmp_path / "x", id="claimed", metadata=None)
    (record,) = discover([tmp_path / "x"], everywhere=False)
    assert record.id == "claimed"


def test_two_plugins_with_one_id(make_plugin: Any, tmp_path: Path) -> None:
    """The first in the order of the search has the id; the others are broken, listed under keys of their own."""
    for place in ("x", "y", "z"):
        make_plugin("twin", within=tmp_path / place)
    first, second, third = discover([tmp_path / "x", tmp_path / "y", tmp_path / "z"], everywhere=False)
    assert (first.id, first.state) == ("twin", "discovered")
    assert (second.id, third.id) == ("twin@2", "twin@3")
    assert isinstance(second.error, DuplicatePlugin)
    assert str(tmp_path / "x" / "twin") in str(second.error)


def test_the_same_folder_counts_once(make_plugin: Any, tmp_path: Path) -> None:
    """A folder found twice, by another spelling or through a link, is one plugin."""
    folder = make_plugin("a", within=tmp_path / "x")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    records = discover([tmp_path / "x", tmp_path / "x" / "a", tmp_path / "link", folder / ".." / "a"], everywhere=False)
    assert [r.id for r in records] == ["a"]


@pytest.mark.parametrize("bad", ["gone", "file", "nul\0"])
def test_a_path_that_leads_nowhere_is_listed(tmp_path: Path, bad: str, make_plugin: Any) -> None:
    """A path that does not exist or is no folder is a broken record with a remedy, and the next path is searched."""
    (tmp_path / "file").write_text("")
    make_plugin("good", within=tmp_path / "x")
    broken, good = discover([tmp_path / bad, tmp_path / "x"], everywhere=False)
    assert broken.error is not None
    assert broken.error.remedy
    assert good.id == "good"


def test_the_environment_names_folders(make_plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SCHILLINGER_PLUGIN_PATH is searched after the paths given, its parts in their order."""
    make_plugin("one", within=tmp_path / "x")
    make_plugin("two", within=tmp_path / "y")
    monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", os.pathsep.join([str(tmp_path / "y"), "", str(tmp_path / "x")]))
    found = [r.id for r in discover() if r.source == "environment"]
    assert found == ["two", "one"]


def test_the_users_data_folder_is_searched(make_plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins in the user's data folder are found."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    make_plugin("mine", within=tmp_path / "schillinger" / "plugins")
    assert [r.id for r in discover() if r.source == "user"] == ["mine"]


def _publish(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = importlib.metadata.EntryPoint(name, value, loader.ENTRY_POINT_GROUP)
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda *, group: [point] if group == loader.ENTRY_POINT_GROUP else []
    )


@pytest.mark.parametrize("value", ["some_dist", "some_dist.inner"])
def test_entry_points_are_located_without_an_import(
    make_plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """A package named by an entry point, or a package within it, is found on the path and never imported."""
    package = tmp_path / "site" / "some_dist"
    home = package / "inner" if value.endswith("inner") else package
    make_plugin("published", within=home)
    for folder in {package, home}:
        (folder / "__init__.py").write_text("raise AssertionError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    _publish(monkeypatch, "published", value)
    records = [r for r in discover() if r.source.startswith("entry point")]
    assert [(r.id, r.state) for r in records] == [("published", "discovered")]
    assert "some_dist" not in sys.modules


@pytest.mark.parametrize("value", ["no_such_package_at_all", "json.nothing", "a:b", "", "..", "sys"])
def test_an_entry_point_that_leads_nowhere_is_listed(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """An entry point without a folder is a broken record that names it."""
    _publish(monkeypatch, "lost", value)
    (record,) = [r for r in discover() if r.source.startswith("entry point")]
    assert record.state == "broken"
    assert "lost" in str(record.error)


def test_a_definition_in_the_manifest_is_known_at_once(make_plugin: Any, tmp_path: Path) -> None:
    """A node can be drawn from its manifest alone."""
    make_plugin("a", within=tmp_path / "x", definition={"type": "n", "label": "N"})
    (record,) = discover([tmp_path / "x"], everywhere=False)
    assert record.definition is not None
    assert record.definition.label == "N"


def test_a_dangling_manifest_is_a_broken_plugin(tmp_path: Path) -> None:
    """A plugin.json that links to nothing is listed, not overlooked."""
    (tmp_path / "x" / "a").mkdir(parents=True)
    (tmp_path / "x" / "a" / "plugin.json").symlink_to("gone")
    (record,) = discover([tmp_path / "x"], everywhere=False)
    assert (record.id, record.state) == ("a", "broken")
