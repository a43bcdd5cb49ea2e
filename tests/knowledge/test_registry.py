"""The registry: what it holds, what it tells, and that unregister undoes register."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import extent
from schillinger_plugins.errors import DuplicatePlugin, LoadError, UnknownPlugin
from schillinger_plugins.events import Events
from schillinger_plugins.loader import inspect
from schillinger_plugins.registry import PluginRecord, Registry, content_hash


def record(plugin_id: str, root: Path = Path("/nowhere"), **more: Any) -> PluginRecord:
    return PluginRecord(id=plugin_id, root=root, source="path", **more)


def snapshot(registry: Registry) -> tuple[Any, ...]:
    kinds = [registry.by_type(t) for t in ("NODE", "ANALYSIS")]
    return (dict(registry), list(registry), len(registry), kinds, registry.by_category("Audio Processing"))


def test_unregister_undoes_everything_that_register_did(make_plugin: Any) -> None:
    """The law: after unregister, or after the undo, the registry is what it was."""
    registry = Registry(Events())
    registry.register(inspect(make_plugin("first")))
    before = snapshot(registry)
    registry.register(inspect(make_plugin("second")))
    assert snapshot(registry) != before
    registry.unregister("second")
    assert snapshot(registry) == before
    undo = registry.register(inspect(make_plugin("third")))
    undo()
    undo()
    assert snapshot(registry) == before


def test_coming_and_going_is_told() -> None:
    """Registering and unregistering each emit one event."""
    events, heard = Events(), []
    events.subscribe(None, lambda event: heard.append((event.name, event.plugin_id)))
    registry = Registry(events)
    registry.register(record("a"))()
    assert heard == [("registered", "a"), ("unregistered", "a")]


def test_a_second_record_of_an_id_is_refused() -> None:
    """Two plugins with one id: the second is refused and the first stays."""
    registry = Registry(Events())
    registry.register(record("a", Path("/first")))
    with pytest.raises(DuplicatePlugin, match=r"/second .*'a'.*/first .*another \"id\""):
        registry.register(record("a", Path("/second")))
    assert registry["a"].root == Path("/first")


def test_an_unknown_id_is_told_the_nearest() -> None:
    """An id with a slip gets the one that was meant; the error is also the mapping's KeyError."""
    registry = Registry(Events())
    registry.register(record("gain_node"))
    with pytest.raises(UnknownPlugin, match="did you mean 'gain_node'"):
        registry.get("gian_node")
    with pytest.raises(KeyError):
        registry["gian_node"]
    assert registry.get("gian_node", None) is None
    assert "gian_node" not in registry


def test_plugins_are_organised_by_type_and_category(make_plugin: Any, manifest: dict[str, Any]) -> None:
    """The registry finds plugins by what their manifest says they are; broken ones are in no group."""
    registry = Registry(Events())
    meta = {**manifest["metadata"], "plugin_type": "ANALYSIS", "category": "Features"}
    registry.register(inspect(make_plugin("a", metadata=meta)))
    registry.register(inspect(make_plugin("b")))
    registry.register(inspect(make_plugin("c", metadata=None)))
    assert [r.id for r in registry.by_type("ANALYSIS")] == ["a"]
    assert [r.id for r in registry.by_category("Audio Processing")] == ["b"]
    assert list(registry) == ["a", "b", "c"]


def test_update_replaces_the_record(make_plugin: Any) -> None:
    """A changed record takes the place of the old one, which stays as it was."""
    registry = Registry(Events())
    old = inspect(make_plugin("a"))
    registry.register(old)
    new = registry.update("a", state="loaded")
    assert (registry["a"].state, old.state) == ("loaded", "discovered")
    assert new.root == old.root


def test_iteration_outlives_a_change() -> None:
    """A plugin that goes while somebody iterates disturbs nobody."""
    registry = Registry(Events())
    for name in ("a", "b", "c"):
        registry.register(record(name))
    for name in registry:
        registry.unregister(name)
    assert len(registry) == 0


def test_the_content_hash_sees_every_change(make_plugin: Any) -> None:
    """Content, name and kind of a file change the hash; caches do not."""
    folder = make_plugin("a")
    hashes = [content_hash(folder)]

    def changed() -> bool:
        hashes.append(content_hash(folder))
        return hashes[-1] not in hashes[:-1]

    (folder / "main.py").write_text("x = 1\n")
    assert changed()
    (folder / "main.py").rename(folder / "other.py")
    assert changed()
    (folder / "assets").mkdir()
    (folder / "assets" / "a.txt").write_text("")
    assert changed()
    (folder / "assets" / "a.txt").unlink()
    (folder / "assets" / "a.txt").symlink_to("/etc/passwd")
    assert changed()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "main.pyc").write_text("x")
    assert not changed()


def test_the_content_hash_does_not_depend_on_place_or_order(make_plugin: Any, tmp_path: Path) -> None:
    """Two copies of a plugin hash alike wherever they are."""
    first = make_plugin("a", within=tmp_path / "x")
    second = make_plugin("a", within=tmp_path / "y")
    (first / "1").write_text("1")
    (first / "2").write_text("2")
    (second / "2").write_text("2")
    (second / "1").write_text("1")
    assert content_hash(first) == content_hash(second)


def test_the_content_hash_opens_nothing_but_files(make_plugin: Any) -> None:
    """A pipe and a link to an endless device in a plugin's folder don't hang the host."""
    folder = make_plugin("a")
    os.mkfifo(folder / "pipe")
    (folder / "endless").symlink_to("/dev/zero")
    assert len(content_hash(folder)) == 64


def test_a_folder_that_holds_too_much_has_no_hash(make_plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without end, in number, size or holes: nobody is kept busy reading them."""
    holes = make_plugin("holes")
    with (holes / "data.bin").open("wb") as file:
        file.truncate(10**12)
    monkeypatch.setattr(extent, "MAX_ENTRIES", 5)
    monkeypatch.setattr(extent, "MAX_BYTES", 10_000)
    many, large = make_plugin("many"), make_plugin("large")
    for number in range(9):
        (many / f"asset{number}").touch()
    (large / "data.bin").write_bytes(bytes(20_000))
    for folder, why in ((holes, "has holes"), (many, "more than 5 files"), (large, "holds more than")):
        with pytest.raises(LoadError, match=why):
            content_hash(folder)


def test_a_record_hashes_once(make_plugin: Any) -> None:
    """A record keeps its hash; an updated record computes it anew."""
    registry = Registry(Events())
    registry.register(inspect(make_plugin("a")))
    before = registry["a"].content_hash
    (registry["a"].root / "main.py").write_text(json.dumps({}))
    assert registry["a"].content_hash == before
    assert registry.update("a", state="loaded").content_hash != before
