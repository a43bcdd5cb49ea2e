"""Plugins that are watched: whatever becomes of a folder has one outcome, and the old version answers until then."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import (
    LimitExceeded,
    LoadError,
    ManifestError,
    PluginError,
    PluginExecutionError,
    UnknownPlugin,
)
from schillinger_plugins.versions import Reload
from schillinger_plugins.watcher import Changes, changes

from .conftest import Save
from .outcomes import DEADLINE_S, Outcomes

FAST_ENOUGH_S = 2.0
"""Far above what it takes here; a busy machine is to pass, one that waits for something it needn't is not."""


def answers(instance: Instance) -> object:
    return instance.execute()["y"]


def test_a_save_leads_to_a_reload_that_keeps_the_state(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """The handle that the user holds goes on, with the new code and what it had counted."""
    main = save(2) / "main.py"
    main.write_text(main.read_text().replace("{'y': 2}", "{'y': ['new', self.kept]}"))
    report = outcomes.next()
    assert (report.error, report.why) == (None, "watch")
    assert answers(watched) == ["new", 2]
    assert watched._worker is not None
    assert report.hash_after == watched.plugin.content_hash
    assert report.seconds < FAST_ENOUGH_S
    assert "+        return {'y': ['new', self.kept]}" in report.diff
    assert manager.last_reload("probe") is report


def test_the_same_content_again_leads_to_nothing(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """The first outcome is that of the save which changes something."""
    folder = save(1)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "main.pyc").write_bytes(b"1")
    (folder / ".main.py.swp").write_bytes(b"1")
    save(1)
    save(2)
    assert outcomes.next().diff.count("+") >= 1
    assert answers(watched) == 2
    assert not outcomes.rest()


def test_a_half_written_file_is_not_taken_for_the_whole(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer takes his time, in which another plugin is reloaded thrice: one outcome, when he has closed the file."""
    monkeypatch.setattr(changes, "WRITING_S", DEADLINE_S)  # whatever else the machine does meanwhile
    monkeypatch.setattr(changes, "LONGEST_S", DEADLINE_S)
    manager.load(save(1, name="other"))
    manager.watch("other")
    folder = save(2)
    whole = (folder / "main.py").read_text()
    assert outcomes.next().succeeded
    with (folder / "main.py").open("w") as file:
        file.write(whole[: len(whole) // 2])
        file.flush()
        for answer in (2, 3, 4):
            save(answer, name="other")
            assert outcomes.next(of="other").succeeded
        assert answers(watched) == 2
        file.write(whole[len(whole) // 2 :].replace("'y': 2", "'y': 3"))
    assert outcomes.next().error is None
    assert answers(watched) == 3
    assert not outcomes.rest()


def test_a_main_file_deleted_and_made_again_is_one_change(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """As editors save that are afraid of links."""
    folder = save(1)
    (folder / "main.py").unlink()
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2
    assert not outcomes.rest()


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


def test_a_folder_that_is_deleted_and_comes_back_is_watched_on(
    watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Nothing is lost but the time it was away."""
    shutil.rmtree(save(1))
    assert isinstance(outcomes.next().error, ManifestError)
    assert answers(watched) == 1
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_checkout_of_500_files_is_one_change(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Whatever order git writes them in."""

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)

    manager.unwatch("probe")
    folder = save(1)
    git("init", "-q", "-b", "one")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "two")
    (folder / "parts").mkdir()
    for number in range(500):
        (folder / "parts" / f"part_{number}.py").write_text(f"value = {number}\n")
    save(2, body="from parts.part_499 import value")
    git("add", ".")
    git("commit", "-qm", "two")
    git("checkout", "-q", "one")
    manager.watch("probe")
    git("checkout", "-q", "two")
    report = outcomes.next()
    assert report.error is None
    assert "more files have changed" in report.diff
    assert answers(watched) == 2
    git("checkout", "-q", "one")
    assert outcomes.next().error is None
    assert answers(watched) == 1
    assert not outcomes.rest()


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


def test_a_renamed_class_is_the_plugin_still(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """It is found by what it derives from; the state goes over."""
    main = save(1) / "main.py"
    main.write_text(main.read_text().replace("class Probe", "class Renamed").replace("{'y': 1}", "{'y': self.kept}"))
    assert outcomes.next().error is None
    assert answers(watched) == 2


def test_state_that_does_not_fit_is_left_and_told(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """By name, and why."""
    main = save(1) / "main.py"
    main.write_text(main.read_text().replace("kept = None", "kept = 'none'"))
    report = outcomes.next()
    assert report.error is None
    assert report.state_left == {watched.id: {"kept": "it was a int and is a str now"}}


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


def test_two_watchers_on_one_folder_lead_to_one_reload(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """However often it is asked for, and for all plugins, too."""
    manager.watch("probe")
    manager.watch()
    assert list(manager.watched) == ["probe"]
    for answer in (2, 3):
        save(answer)
        assert outcomes.next().error is None
        assert answers(watched) == answer
    assert not outcomes.rest()
    assert len(manager.history("probe")) == 3
    manager.unwatch()


def test_two_managers_on_one_folder_reload_once_each(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """Neither minds the other."""
    with PluginManager([watched.plugin.root]) as second:
        second.load("probe")
        second.watch("probe")
        others = Outcomes(second)
        save(2)
        assert outcomes.next().error is None
        assert others.next().error is None
        assert not [*outcomes.rest(), *others.rest()]


def test_two_names_that_differ_by_case_are_two_files(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """A change of either is one."""
    folder = save(1)
    (folder / "helper.py").write_text("value = 2")
    (folder / "Helper.py").write_text("value = 3")
    main = (
        (folder / "main.py")
        .read_text()
        .replace("return {'y': 1}", "import Helper, helper; return {'y': helper.value * Helper.value}")
    )
    (folder / "main.py").write_text(main)
    while answers(watched) != 6:
        assert outcomes.next().error is None
    (folder / "Helper.py").write_text("value = 5")
    while answers(watched) != 10:
        assert outcomes.next().error is None


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


def test_of_200_saves_the_last_one_serves(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """As fast as they can be written; most of them are nobody's concern."""
    for number in range(200):
        save(number)
    save("last")
    reports = [outcomes.next()]
    while answers(watched) != "last":
        reports.append(outcomes.next())
    assert all(report.error is None for report in reports)
    assert len(reports) < 10
    assert not outcomes.rest()


GATED = "while not os.path.exists({gate!r}): time.sleep(0.002)"


def test_a_call_that_runs_ends_on_the_old_code(
    watched: Instance, save: Save, outcomes: Outcomes, tmp_path: Path
) -> None:
    """The reload waits for it; who calls next is answered by the new code."""
    gate = tmp_path / "gate"
    save("old", body=GATED.format(gate=str(gate)))
    assert outcomes.next().error is None
    said: list[object] = []
    call = threading.Thread(target=lambda: said.append(answers(watched)))
    call.start()
    save("new")
    _until(lambda: watched.waiting == 1)
    gate.touch()
    assert outcomes.next().error is None
    call.join(DEADLINE_S)
    assert [*said, answers(watched)] == ["old", "new"]


def test_an_instance_that_is_being_initialised_goes_over_too(
    manager: PluginManager, watched: Instance, write_plugin: Callable[..., Path], outcomes: Outcomes, tmp_path: Path
) -> None:
    """It is made with the old code, and answers with the new."""
    gate = tmp_path / "gate"
    main = """
    import os, time
    from schillinger_plugins.types import *
    class Probe(NodePlugin):
        async def initialize(self):
            print("initialising {answer}", flush=True)
            while self.context.config and not os.path.exists({gate!r}): time.sleep(0.002)
            return True
        async def execute(self, inputs, parameters): return {{"y": {answer!r}}}
        def get_node_definition(self):
            return {{"type": "probe", "label": "Probe", "outputs": [{{"name": "y", "type": "any"}}]}}
    """
    write_plugin(main=main.format(gate=str(gate), answer="old"))
    assert outcomes.next().error is None
    made: list[Instance] = []
    making = threading.Thread(target=lambda: made.append(manager.create_instance("probe", {"waits": True})))
    making.start()
    _until(lambda: sum("initialising old" in line.text for line in manager.logs("probe")) == 2)
    write_plugin(main=main.format(gate=str(gate), answer="new"))
    _until(lambda: any("initialising new" in line.text for line in manager.logs("probe")))
    gate.touch()
    assert outcomes.next().error is None
    making.join(DEADLINE_S)
    assert [answers(watched), answers(made[0])] == ["new", "new"]


def test_a_reload_during_another_reload_follows_it(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes, tmp_path: Path
) -> None:
    """One by hand while the watcher's waits for a call: both end, and the last content serves."""
    gate = tmp_path / "gate"
    save("old", body=GATED.format(gate=str(gate)))
    assert outcomes.next().error is None
    call = threading.Thread(target=answers, args=(watched,))
    call.start()
    save("new")
    _until(lambda: watched.waiting == 1)
    by_hand = threading.Thread(target=manager.reload, args=("probe",))
    by_hand.start()
    gate.touch()
    reports = [outcomes.next(), outcomes.next()]
    for thread in (call, by_hand):
        thread.join(DEADLINE_S)
    assert {report.why for report in reports} == {"watch", "reload"}
    assert all(report.error is None for report in reports)
    assert answers(watched) == "new"


def test_what_changed_before_it_was_watched_is_the_first_reload(
    manager: PluginManager, save: Save, outcomes: Outcomes
) -> None:
    """From then on what serves is what lies in the folder."""
    instance = manager.create_instance(manager.load(save(1)).id)
    save(2)
    manager.watch("probe")
    assert outcomes.next().error is None
    assert answers(instance) == 2


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


def test_a_plugin_that_is_unloaded_is_watched_no_more(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Nothing loads it behind its user's back."""
    manager.unload("probe")
    assert not manager.watched
    save(2)
    manager.load("probe")
    assert manager.default_instance("probe").execute()["y"] == 2
    assert not outcomes.rest()


def test_what_is_loaded_later_is_watched_if_all_are(manager: PluginManager, save: Save, outcomes: Outcomes) -> None:
    """Until nothing is to be watched any more."""
    assert manager.watch() == ()
    manager.load(save(1))
    assert list(manager.watched) == ["probe"]
    save(2)
    assert outcomes.next().error is None
    assert manager.unwatch() == ("probe",)
    manager.load(save(1, name="other"))
    assert not manager.watched


def test_an_unknown_plugin_can_not_be_watched(manager: PluginManager, watched: Instance) -> None:
    """The nearest is named."""
    with pytest.raises(UnknownPlugin, match="did you mean 'probe'"):
        manager.watch("prob")


def test_a_subscriber_may_ask_for_another_reload(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Who is told of one isn't within it."""
    asked: list[Reload | None] = []

    def ask(_: object) -> None:
        if not asked:
            asked.append(manager.last_reload("probe"))
            manager.reload("probe")

    undo = manager.events.subscribe("reloaded", ask)
    save(2)
    assert outcomes.next().why == "watch"
    assert outcomes.next().why == "reload"
    undo()
    assert answers(watched) == 2


def test_a_manager_that_is_closed_or_forgotten_watches_nothing(save: Save) -> None:
    """No thread is left, of the ones and the others."""
    folder = save(1)

    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("schillinger-watch-")]

    before = len(names())
    with PluginManager([folder]) as manager:
        manager.load("probe")
        manager.watch()
        assert len(names()) > before
    assert len(names()) == before
    with pytest.raises(PluginError, match="closed"):
        manager.watch()
    forgotten = PluginManager([folder])
    forgotten.load("probe")
    forgotten.watch()
    save(1, body="if True")
    with suppress(PluginError):
        forgotten.reload("probe")
    assert forgotten.last_reload("probe") is not None  # an error that remembers whom it was raised in
    reference = weakref.ref(forgotten)
    del forgotten

    def is_gone() -> bool:
        gc.collect()
        return reference() is None

    _until(is_gone)  # not at once: the watcher may be at the same change, and holds it as long as that takes
    _until(lambda: len(names()) == before)


def test_an_endless_loop_at_import_ends_with_the_next_save(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Nobody waits a minute for the limit: what is saved next is tried at once, and the loop is not spoken of."""
    main = save(2) / "main.py"
    assert outcomes.next().error is None
    main.write_text("print('looping', flush=True)\nwhile True: pass\n" + main.read_text())
    _until(lambda: any("looping" in line.text for line in manager.logs("probe")))
    assert answers(watched) == 2
    save(3)
    assert outcomes.next().error is None
    assert answers(watched) == 3
    assert not outcomes.rest()


def test_what_has_changed_again_before_the_swap_is_not_swapped_in(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """The new code has started, and nobody is given it; nothing is told, and the next rest is tried anew."""
    manager.unwatch("probe")
    save(2)
    changes = Changes(watched.plugin.root, tried=lambda: manager._reloading.tried["probe"])
    changes.touch(watched.plugin.root)
    settled = next(iter(changes))
    changes.touch(watched.plugin.root)
    assert manager._reloading.reload("probe", settled=settled) is None
    assert answers(watched) == 1
    settled = next(iter(changes))
    assert manager._reloading.reload("probe", settled=settled) is outcomes.next()
    assert answers(watched) == 2
    assert manager._reloading.reload("probe", settled=settled) is None  # dealt with


def test_an_endless_loop_that_stays_is_told(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """When it has used what a plugin may use to start."""
    main = save(2, manifest={"limits": {"start_s": 0.3}}) / "main.py"
    main.write_text("while True: pass\n" + main.read_text())
    report = outcomes.next()
    while report.error is None:  # the manifest was written first
        report = outcomes.next()
    assert isinstance(report.error, LimitExceeded)
    assert answers(watched) in (1, 2)


def _until(condition: Callable[[], object]) -> None:
    ends_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends_s
        threading.Event().wait(0.005)


def test_the_manifest_is_part_of_what_is_watched(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Another version of it serves under that version."""
    manifest = save(1) / "plugin.json"
    data = json.loads(manifest.read_text())
    data["metadata"]["version"] = "2.0.0"
    manifest.write_text(json.dumps(data))
    report = outcomes.next()
    assert (report.version_before, report.version_after) == ("1.0.0", "2.0.0")
    assert watched.execute().provenance.plugin_version == "2.0.0"
