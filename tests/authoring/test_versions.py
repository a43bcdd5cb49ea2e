"""What has served is remembered, told apart, and can come back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError, PluginExecutionError, UnknownPlugin
from schillinger_plugins.versions import ParameterChanges, difference, history
from schillinger_plugins.versions.difference import MAX_LINES, MAX_WIDTH

from .conftest import Save
from .outcomes import Outcomes


@pytest.fixture
def probe(manager: PluginManager, save: Save) -> Instance:
    """An instance of a plugin that answers 1, 2 and then 3, by three versions."""
    instance = manager.create_instance(manager.load(save(1)).id)
    instance.execute()
    for answer in (2, 3):
        save(answer)
        manager.reload("probe")
    return instance


def test_the_history_begins_with_what_serves(manager: PluginManager, probe: Instance) -> None:
    """Each with its content hash, version, time and reason."""
    versions = manager.history("probe")
    assert [version.why for version in versions] == ["reload", "reload", "load"]
    assert [version.is_serving for version in versions] == [True, False, False]
    assert versions[0].content_hash == probe.execute().provenance.content_hash
    assert versions[0].short_hash == versions[0].content_hash[:8]
    times = [version.served_from_s for version in versions]
    assert times == sorted(times, reverse=True)


def test_rolling_back_brings_back_what_served_before(manager: PluginManager, probe: Instance) -> None:
    """The instance goes on, with its state; the folder is as it was; the report says so."""
    folder = probe.plugin.root
    before = (folder / "main.py").read_bytes()
    record = manager.rollback("probe")
    assert record.state == "loaded"
    assert probe.execute()["y"] == 2
    assert (folder / "main.py").read_bytes() == before
    report = manager.last_reload("probe")
    assert report is not None
    assert report.why == "rollback"
    assert "+        return {'y': 2}" in report.diff
    assert str(folder) in report.notes[0]
    assert [version.why for version in manager.history("probe")] == ["rollback", "reload", "reload", "load"]
    assert probe.execute().provenance.content_hash == report.hash_after


def test_rolling_back_to_a_hash_and_forth_again(manager: PluginManager, probe: Instance) -> None:
    """As many digits as make it clear; what served before is what one goes back to next."""
    oldest, newest = manager.history("probe")[-1], manager.history("probe")[0]
    manager.rollback("probe", oldest.content_hash[:10])
    assert probe.execute()["y"] == 1
    manager.rollback("probe")
    assert probe.execute()["y"] == 3
    assert manager.history("probe")[0].content_hash == newest.content_hash


def test_reloading_what_serves_is_no_version_of_its_own(manager: PluginManager, probe: Instance) -> None:
    """However often it is reloaded without a change, those that served before are still there to go back to."""
    before = manager.history("probe")
    for _ in range(history.MAX_KEPT + 1):
        manager.reload("probe")
    assert manager.history("probe") == before
    manager.rollback("probe")
    assert probe.execute()["y"] == 2


def test_a_former_version_wakes_from_sleep_as_itself(manager: PluginManager, probe: Instance) -> None:
    """New workers run its copy, not what lies in the folder."""
    manager.rollback("probe")
    probe.rest()
    assert probe.execute()["y"] == 2
    assert manager.create_instance("probe").execute()["y"] == 2


def test_the_watcher_does_not_undo_a_rollback(
    manager: PluginManager, probe: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Until the folder changes again: then what is in it serves."""
    manager.watch("probe")
    manager.rollback("probe")
    assert outcomes.next().why == "rollback"
    save(3)  # the same content again
    manager.watch("probe")
    manager.load(save(1, name="other"))
    manager.watch("other")
    for answer in (2, 3):  # which takes longer than a reload of the other would have taken
        save(answer, name="other")
        outcomes.next(of="other")
    assert probe.execute()["y"] == 2
    save(4)
    report = outcomes.next()
    assert (report.why, report.error) == ("watch", None)
    assert probe.execute()["y"] == 4


@pytest.mark.parametrize(
    ("wanted", "says"), [("ffff0000", "no version that begins"), ("", "no version"), ("serving", "serves already")]
)
def test_a_version_that_is_none_is_refused(manager: PluginManager, probe: Instance, wanted: str, says: str) -> None:
    """What serves goes on."""
    wanted = manager.history("probe")[0].content_hash if wanted == "serving" else wanted
    with pytest.raises(InputError, match=says):
        manager.rollback("probe", wanted)
    assert probe.execute()["y"] == 3


def test_without_a_former_version_there_is_no_way_back(manager: PluginManager, save: Save) -> None:
    """It is told where versions are listed."""
    manager.load(save(1))
    with pytest.raises(InputError, match=r"%plugin history probe"):
        manager.rollback("probe")
    with pytest.raises(UnknownPlugin):
        manager.rollback("prob")


def test_a_former_version_that_refuses_the_state_does_not_serve(manager: PluginManager, save: Save) -> None:
    """A rollback is as careful as a reload; its copy is there for another try."""
    main = save(1) / "main.py"
    main.write_text(f"{main.read_text()}    def set_state(self, state): assert state['kept'] < 1\n")
    instance = manager.create_instance(manager.load(main.parent).id)
    save(2)
    manager.reload("probe")
    instance.execute()
    for _ in range(2):
        with pytest.raises(PluginExecutionError, match="AssertionError"):
            manager.rollback("probe")
        assert instance.execute()["y"] == 2


def test_the_last_versions_are_kept_and_older_ones_forgotten(manager: PluginManager, save: Save) -> None:
    """With their copies: nothing piles up on the disk."""
    instance = manager.create_instance(manager.load(save(0)).id)
    copies = [instance.plugin.copy]
    for answer in range(1, history.MAX_KEPT + 3):
        save(answer)
        manager.reload("probe")
        copies.append(instance.plugin.copy)
    versions = manager.history("probe")
    assert len(versions) == history.MAX_KEPT >= 11
    assert all(version.is_kept for version in versions)
    assert [copy.exists() for copy in copies] == [False] * 3 + [True] * history.MAX_KEPT
    manager.rollback("probe", versions[-1].content_hash)
    assert instance.execute()["y"] == 3
    manager.unload("probe")
    assert not any(copy.exists() for copy in copies)
    assert manager.history("probe") == ()


def test_versions_that_take_too_much_room_are_remembered_without_their_code(
    manager: PluginManager, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest first; who wants one back is told why it is gone."""
    monkeypatch.setattr(history, "MAX_BYTES", 250_000)
    folder = save(0)
    (folder / "asset.bin").write_bytes(os.urandom(100_000))
    manager.load(folder)
    for answer in range(1, 5):
        save(answer)
        manager.reload("probe")
    versions = manager.history("probe")
    assert [version.is_kept for version in versions] == [True, True, True, False, False]
    with pytest.raises(InputError, match="is there no more"):
        manager.rollback("probe", versions[-1].content_hash)


def test_the_same_content_twice_keeps_one_copy(manager: PluginManager, probe: Instance) -> None:
    """Reloaded by hand without a change."""
    first = probe.plugin.copy
    manager.reload("probe")
    assert not first.exists()
    assert probe.plugin.copy.exists()
    assert probe.execute()["y"] == 3


def _definition(*parameters: dict[str, object]) -> NodeDefinition:
    return NodeDefinition.parse({"type": "t", "label": "T", "parameters": list(parameters)}, plugin_id="t")


def test_parameters_are_compared_by_what_they_are_and_were_called() -> None:
    """Added, gone, renamed, of another range, with another default."""
    before = _definition(
        {"name": "gain", "type": "number", "default": 1, "max": 10},
        {"name": "mode", "type": "string"},
        {"name": "same", "type": "integer", "default": 4},
    )
    after = _definition(
        {"name": "same", "type": "integer", "default": 4},
        {"name": "gain_db", "type": "number", "default": 2, "max": 20, "aliases": ["level", "gain"]},
        {"name": "mix", "type": "number"},
    )
    found = ParameterChanges.between(before, after)
    assert (found.added, found.removed, found.renamed) == (("mix",), ("mode",), {"gain": "gain_db"})
    assert found.changed == {"gain_db": ("number −∞…10".replace("−∞", "∞"), "number ∞…20")}
    assert found.defaults == {"gain_db": (1, 2)}
    assert not ParameterChanges.between(after, after)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders, empty yet."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path / "a", tmp_path / "b"


def test_a_difference_shows_text_and_names_what_is_none(folders: tuple[Path, Path]) -> None:
    """New, changed and deleted files; caches are no part of it."""
    before, after = folders
    (before / "same.py").write_text("x\n")
    (after / "same.py").write_text("x\n")
    (before / "main.py").write_text("one\ntwo\n")
    (after / "main.py").write_text("one\nthree\n")
    (before / "gone.py").write_text("gone\n")
    (before / "a.bin").write_bytes(b"\0\1")
    (after / "a.bin").write_bytes(b"\0\2")
    (after / "__pycache__").mkdir()
    (after / "__pycache__" / "main.pyc").write_text("no")
    assert difference(before, after).split("\n") == [
        "a.bin has changed (2 bytes that are not shown)",
        "--- a/gone.py",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-gone",
        "--- a/main.py",
        "+++ b/main.py",
        "@@ -1,2 +1,2 @@",
        " one",
        "-two",
        "+three",
    ]


def test_a_difference_is_bounded_and_harmless(folders: tuple[Path, Path]) -> None:
    """Long lines are cut, many lines and files counted, links not followed, control characters shown as such."""
    before, after = folders
    (after / "escape.py").write_text("\x1b[2J\n")
    (after / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(after / "pipe.py")
    (after / "long.py").write_text("x" * 10_000 + "\n" + "y\n" * 1_000)
    for number in range(50):
        (after / f"z{number}.py").write_text("z\n")
    lines = difference(before, after).split("\n")
    assert len(lines) <= MAX_LINES + 2
    assert all(len(line) <= MAX_WIDTH + 1 for line in lines)
    assert lines[-1].endswith("more files have changed")
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "link.py" not in text
    assert "pipe.py" not in text


def test_folders_that_are_gone_are_empty(tmp_path: Path) -> None:
    """Nothing to show, nothing to fail at."""
    assert difference(tmp_path / "no", tmp_path / "nor this") == ""
