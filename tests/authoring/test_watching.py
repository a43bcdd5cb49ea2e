"""Plugins that are watched: however a folder is saved it has one outcome, and the old version answers until then."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import (
    ManifestError,
    PluginError,
    UnknownPlugin,
)
from schillinger_plugins.registry import content_hash
from schillinger_plugins.watcher import changes

from .conftest import Save
from .outcomes import DEADLINE_S, Outcomes, answers, until

FAST_ENOUGH_S = 2.0
"""Far above what it takes here; a busy machine is to pass, one that waits for something it needn't is not."""


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
    outcomes.end(save)


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
    outcomes.end(save)


def test_a_slow_disk_costs_nobody_an_answer(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """While the folder is read the old version answers, however long that takes; what is saved meanwhile is one outcome."""
    folder = manager._watching.watcher._folders["probe"].changes
    reads, goes_on = threading.Semaphore(0), threading.Event()

    def read_slowly(root: Path) -> str:
        found = content_hash(root)
        reads.release()
        assert goes_on.wait(DEADLINE_S)
        return found

    folder._read = read_slowly
    save(2)
    assert reads.acquire(timeout=DEADLINE_S)
    assert answers(watched) == 1
    save(3, body="if True")
    save(4)
    assert answers(watched) == 1
    goes_on.set()
    report = outcomes.next()
    assert report.error is None
    assert report.hash_after == content_hash(folder.root)
    assert answers(watched) == 4
    outcomes.end(save)


def test_a_main_file_deleted_and_made_again_is_one_change(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """As editors save that are afraid of links."""
    folder = save(1)
    (folder / "main.py").unlink()
    save(2)
    assert outcomes.next().error is None
    assert answers(watched) == 2
    outcomes.end(save)


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
    outcomes.end(save)


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
    assert len(manager.history("probe")) == 3
    outcomes.end(save)
    manager.unwatch()


def test_two_managers_on_one_folder_reload_once_each(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """Neither minds the other: each tells what broke once, and the old version answers in both."""
    with PluginManager([watched.plugin.root]) as second:
        second.load("probe")
        other = second.create_instance("probe")
        second.watch("probe")
        others = Outcomes(second)
        save(2, body="if True")
        for told_to in (outcomes, others):
            assert "SyntaxError" in str(told_to.next().error)
        assert (answers(watched), answers(other)) == (1, 1)
        save(3)
        for told_to in (outcomes, others):
            assert told_to.next().error is None
        assert (answers(watched), answers(other)) == (3, 3)
        outcomes.end(save, others)


def test_what_one_manager_has_dealt_with_is_news_to_another(watched: Instance, save: Save, outcomes: Outcomes) -> None:
    """It begins to watch when the first has reloaded already, and reloads, too."""
    with PluginManager([watched.plugin.root]) as second:
        second.load("probe")
        other = second.create_instance("probe")
        save(2)
        assert outcomes.next().error is None
        others = Outcomes(second)
        second.watch("probe")
        assert others.next().error is None
        assert (answers(watched), answers(other)) == (2, 2)


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


@pytest.mark.parametrize(("every_s", "reloads"), [(0.0, 10), (0.05, 100)])
def test_of_200_saves_the_last_one_serves(
    watched: Instance, save: Save, outcomes: Outcomes, every_s: float, reloads: int
) -> None:
    """As fast as they can be written, and in ten seconds: most are nobody's concern, and some version always answers."""
    begun_s = time.monotonic()
    last_answer = 0
    for number in range(1, 201):
        save(number)
        # Nothing is waited for here: the pace itself is what is tried.
        threading.Event().wait(max(0.0, begun_s + number * every_s - time.monotonic()))
        if number % 20 == 0:
            answer = answers(watched)
            assert isinstance(answer, int)
            assert last_answer <= answer <= number
            last_answer = answer
    save("last")
    reports = [outcomes.next()]
    while answers(watched) != "last":
        reports.append(outcomes.next())
    assert all(report.error is None for report in reports)
    assert len(reports) < reloads
    outcomes.end(save)


def test_what_changed_before_it_was_watched_is_the_first_reload(
    manager: PluginManager, save: Save, outcomes: Outcomes
) -> None:
    """From then on what serves is what lies in the folder."""
    instance = manager.create_instance(manager.load(save(1)).id)
    save(2)
    manager.watch("probe")
    assert outcomes.next().error is None
    assert answers(instance) == 2


def test_a_plugin_that_is_unloaded_is_watched_no_more(
    manager: PluginManager, watched: Instance, save: Save, outcomes: Outcomes
) -> None:
    """Nothing loads it behind its user's back."""
    manager.unload("probe")
    assert not manager.watched
    save(2)
    manager.load("probe")
    assert manager.default_instance("probe").execute()["y"] == 2
    manager.watch("probe")
    outcomes.end(save)


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

    until(is_gone)  # not at once: the watcher may be at the same change, and holds it as long as that takes
    until(lambda: len(names()) == before)


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
