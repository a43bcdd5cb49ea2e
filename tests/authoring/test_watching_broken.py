"""Plugins that are watched, and saved broken: what is wrong is told once, with its place, and the old version answers."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import (
    LimitExceeded,
    LoadError,
    ManifestError,
    PluginExecutionError,
)
from schillinger_plugins.versions import told
from schillinger_plugins.watcher import changes

from .conftest import Save
from .outcomes import Outcomes, answers, until


def test_half_a_file_that_stays_is_told_and_the_rest_of_it_mends_it(
    watched: Instance, save: Save, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer doesn't go on: with the place where it breaks off, and the old version answers."""
    monkeypatch.setattr(changes, "WRITING_S", 0.05)
    main = save(1) / "main.py"
    whole = main.read_text().replace("{'y': 1}", "{'y': 2}")
    with main.open("w") as file:
        file.write(whole[: whole.index("'y': 2")])
        file.flush()
        report = outcomes.next()
        assert isinstance(report.error, PluginExecutionError)
        assert "SyntaxError: '{' was never closed" in str(report.error)
        assert "return {" in report.traceback_text
        assert answers(watched) == 1
        file.write(whole[whole.index("'y': 2") :])
    assert outcomes.next().error is None
    assert answers(watched) == 2
    outcomes.end(save)


def test_a_main_file_that_is_deleted_for_good_is_told_once(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """The old version goes on; when the file is back as it was, that is told, too."""
    (save(1) / "main.py").unlink()
    report = outcomes.next()
    assert isinstance(report.error, ManifestError)
    assert "'main.py' is not there" in str(report.error)
    assert answers(watched) == 1
    save(1)
    report = outcomes.next()
    assert report.error is None
    assert report.hash_before == report.hash_after
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2


def _breaks_the_syntax(save: Save) -> None:
    save(2, body="if True")


def _imports_in_a_circle(save: Save) -> None:
    folder = save(1)
    (folder / "helper.py").write_text("from main import Probe\n")
    main = (folder / "main.py").read_text()
    (folder / "main.py").write_text(f"from helper import Probe as Other\n{main}")


def _raises_at_import(save: Save) -> None:
    main = save(1) / "main.py"
    main.write_text(main.read_text() + "\nraise RuntimeError('at its end')\n")


def _loses_its_class(save: Save) -> None:
    main = save(1) / "main.py"
    main.write_text(main.read_text().replace("(NodePlugin)", "(AnalysisPlugin)"))


def _refuses_the_state(save: Save) -> None:
    main = save(1) / "main.py"
    main.write_text(f"{main.read_text()}    def set_state(self, state): raise KeyError(sorted(state)[0])\n")


@pytest.mark.parametrize(
    ("breaks", "says", "points_at"),
    [
        (_breaks_the_syntax, "SyntaxError", "if True"),
        (_imports_in_a_circle, "circular import", "helper.py"),
        (_raises_at_import, "at its end", "raise RuntimeError"),
        (_loses_its_class, "derive from NodePlugin", ""),
        (_refuses_the_state, "key 'kept'", "def set_state"),
    ],
)
def test_what_breaks_is_told_and_the_old_version_answers(
    watched: Instance, save: Save, outcomes: Outcomes, breaks: Callable[[Save], None], says: str, points_at: str
) -> None:
    """With the author's line, and the difference since the version that serves; mended, it is reloaded."""
    breaks(save)
    report = outcomes.next()
    while report.error is None:  # two files were written, and the first alone is sound
        report = outcomes.next()
    assert says in str(report.error)
    assert points_at in report.traceback_text
    assert report.diff
    assert answers(watched) == 1
    (watched.plugin.root / "helper.py").unlink(missing_ok=True)
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2


def test_a_renamed_class_is_the_plugin_still(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """It is found by what it derives from; the state goes over."""
    main = save(1) / "main.py"
    main.write_text(main.read_text().replace("class Probe", "class Renamed").replace("{'y': 1}", "{'y': self.kept}"))
    report = outcomes.next()
    assert "probe is reloaded: " in told(report)[0]
    assert "+class Renamed(NodePlugin):" in report.diff
    assert answers(watched) == 2


def test_state_that_does_not_fit_is_left_and_told(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """By name, and why; the instance goes on with what the new code begins with."""
    main = save(1) / "main.py"
    code = main.read_text().replace("kept = None", "kept = 'none'")
    main.write_text(code.replace("self.kept = (self.kept or 0) + 1", "pass").replace("{'y': 1}", "{'y': self.kept}"))
    report = outcomes.next()
    assert report.error is None
    assert report.state_left == {watched.id: {"kept": "it was a int and is a str now"}}
    assert any(f"{watched.id}: of its state, kept was left: it was a int" in line for line in told(report))
    assert answers(watched) == "none"


@pytest.mark.parametrize(
    ("options", "path"),
    [({"manifest": {"id": "another"}}, "$.id"), ({"plugin_type": "ANALYSIS"}, "$.metadata.plugin_type")],
)
def test_a_manifest_that_makes_another_plugin_of_it_is_refused(
    watched: Instance, save: Save, outcomes: Outcomes, options: dict[str, object], path: str
) -> None:
    """Under a live instance neither id nor type change: what was meant has to be unloaded and loaded."""
    save(1, **options)
    report = outcomes.next()
    assert isinstance(report.error, ManifestError)
    assert report.error.path == path
    assert "unload probe" in str(report.error)
    assert answers(watched) == 1
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2


def test_a_manifest_that_is_no_json_is_told_with_its_place(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """Half a manifest is no manifest."""
    manifest = save(1) / "plugin.json"
    manifest.write_text(manifest.read_text()[:40])
    assert isinstance(outcomes.next().error, ManifestError)
    assert answers(watched) == 1


def test_a_main_file_renamed_by_case_alone_is_told(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """The manifest means the other spelling: what is there and what isn't stands in the difference."""
    folder = save(1)
    os.rename(folder / "main.py", folder / "Main.py")
    report = outcomes.next()
    assert isinstance(report.error, ManifestError)
    assert "it is called 'Main.py' there" in str(report.error)
    assert "+++ b/Main.py" in report.diff
    assert "--- a/main.py" in report.diff
    assert answers(watched) == 1


def test_a_main_file_that_only_a_careless_disk_finds_is_told(
    manager: PluginManager, watched: Instance, save: Save
) -> None:
    """Where case doesn't count ``main.py`` is found though it is called ``Main.py``; the copy that runs has it as it is."""
    folder = save(1)
    record = manager.look("probe")
    os.rename(folder / "main.py", folder / "Main.py")
    with pytest.raises(LoadError, match=r"is called .Main\.py."):
        manager._admission.admit(record, None)  # as if it had been found
    assert answers(watched) == 1


def test_a_plugin_that_cannot_be_loaded_is_loaded_when_it_can(save: Save) -> None:
    """Its author mends it while it is watched; each failure is told."""
    folder = save(1, body="if True")
    with PluginManager([folder]) as second:
        others = Outcomes(second)
        with pytest.raises(PluginExecutionError):
            second.load("probe")
        second.watch("probe")
        assert isinstance(others.next().error, PluginExecutionError)
        save(2, body="else")
        assert isinstance(others.next().error, PluginExecutionError)
        save(3)
        report = others.next()
        assert report.error is None
        assert second.plugins["probe"].state == "loaded"
        assert report.hash_before == ""
        save(4)
        assert others.next().error is None
        assert second.default_instance("probe").execute()["y"] == 4


def test_an_endless_loop_at_import_ends_with_the_next_save(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Nobody waits a minute for the limit: what is saved next is tried at once, and the loop is not spoken of."""
    main = save(2) / "main.py"
    assert outcomes.next().error is None
    main.write_text("print('looping', flush=True)\nwhile True: pass\n" + main.read_text())
    until(lambda: any("looping" in line.text for line in manager.logs("probe")))
    assert answers(watched) == 2
    save(3)
    assert outcomes.next().error is None
    assert answers(watched) == 3
    outcomes.end(save)


def test_an_endless_loop_that_stays_is_told(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """When it has used what a plugin may use to start."""
    main = save(2, manifest={"limits": {"start_s": 0.3}}) / "main.py"
    main.write_text("while True: pass\n" + main.read_text())
    report = outcomes.next()
    while report.error is None:  # the manifest was written first
        report = outcomes.next()
    assert isinstance(report.error, LimitExceeded)
    assert answers(watched) in (1, 2)


def test_a_watched_plugin_is_tried_on_a_sound_before_it_serves(
    manager: PluginManager, save: Save, outcomes: Outcomes
) -> None:
    """Its author sees the line that fails, and nobody else hears of it."""
    hears = {"type": "probe", "label": "Probe", "inputs": [{"name": "audio", "type": "audio"}]}
    hears["outputs"] = [{"name": "y", "type": "any"}]
    instance = manager.create_instance(manager.load(save(1, definition=hears)).id)
    manager.watch("probe")
    save(2, body="inputs['audio'].nothing", definition=hears)
    report = outcomes.next()
    assert "inputs['audio'].nothing" in report.traceback_text
    assert report.example.startswith("failed")
    assert instance.execute({"audio": (np.zeros(8), 8)})["y"] == 1
    save(3, definition=hears)
    assert outcomes.next().example == "passed"
    assert instance.execute({"audio": (np.zeros(8), 8)})["y"] == 3
