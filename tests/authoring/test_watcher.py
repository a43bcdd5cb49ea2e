"""When a folder is at rest, and with what: fed with events, and with real files."""

from __future__ import annotations

import errno
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schillinger_plugins import watcher as watcher_module
from schillinger_plugins.registry import content_hash
from schillinger_plugins.watcher import UNREADABLE, Changes, Settled, Watcher
from schillinger_plugins.watcher import changes as changes_module
from schillinger_plugins.watcher.changes import CAREFUL_S, CROWD_S, LONGEST_S, QUICK_S, WRITING_S
from schillinger_plugins.watcher.folder import git_works_at

DEADLINE_S = 20.0


class Content:
    """A folder's content hash that a test sets, and how often it was read."""

    def __init__(self, now: str) -> None:
        self.now = now
        self.reads = 0
        self.while_read: Callable[[], None] = lambda: None

    def __call__(self, _: Path) -> str:
        self.reads += 1
        found = self.now
        self.while_read()
        return found


@pytest.fixture
def content() -> Content:
    """What is in the folder that events are about."""
    return Content("old")


@pytest.fixture
def changes(content: Content) -> Iterator[Changes]:
    """The stream of a folder whose content ``old`` has been dealt with."""
    changes = Changes(Path("/plugin"), tried=lambda: "old", read=content)
    yield changes
    changes.close()


def test_a_save_is_told_once_it_rests(changes: Changes, content: Content) -> None:
    """With the content, and when the last thing happened."""
    changes.touch("/plugin/main.py")
    content.now = "new"
    settled = next(iter(changes))
    assert settled.content_hash == "new"
    assert settled.holds()


def test_events_without_another_content_are_no_news(changes: Changes, content: Content) -> None:
    """Two bursts of events, of which the second brings something new: one is told."""
    told: queue.SimpleQueue[Settled] = queue.SimpleQueue()
    read_once = threading.Event()
    content.while_read = read_once.set
    thread = threading.Thread(target=lambda: [told.put(one) for one in changes], daemon=True)
    thread.start()
    changes.touch("/plugin/main.py")
    assert read_once.wait(DEADLINE_S)
    content.now = "new"
    changes.touch("/plugin/main.py")
    assert told.get(timeout=DEADLINE_S).content_hash == "new"
    changes.close()
    thread.join(DEADLINE_S)
    assert told.empty()


@pytest.mark.parametrize(
    "path",
    [
        "/plugin/__pycache__/main.cpython-311.pyc",
        "/plugin/__pycache__",
        "/plugin/.git/index.lock",
        "/plugin/main.py~",
        "/plugin/.main.py.swp",
        "/plugin/4913",
        "/plugin/#main.py#",
        "/plugin/.#main.py",
        "/plugin/.ipynb_checkpoints/main-checkpoint.py",
        "/elsewhere/main.py",
    ],
)
def test_what_is_no_part_of_a_plugin_wakes_nobody(changes: Changes, path: str) -> None:
    """Caches, and what editors write beside a file."""
    changes.touch(path)
    assert changes.stamp == 0


def test_what_changes_while_it_is_read_is_read_again(changes: Changes, content: Content) -> None:
    """A listing that takes long is of no moment; the content of the last one is told, once."""

    def change_once() -> None:
        if content.reads == 1:
            content.now = "newer"
            changes.touch("/plugin/main.py")

    content.now, content.while_read = "half", change_once
    changes.touch("/plugin/main.py")
    assert next(iter(changes)).content_hash == "newer"
    assert content.reads == 2


def test_a_file_that_is_being_written_is_waited_for(changes: Changes) -> None:
    """Whoever has written to it has it open still: only the close makes it a save."""
    changes.touch("/plugin/main.py", writing=True)
    assert changes._quiet_s() == WRITING_S
    changes.touch("/plugin/main.py")
    assert changes._quiet_s() == QUICK_S


def test_many_files_are_given_more_time_than_one(changes: Changes) -> None:
    """A checkout writes them one after the other."""
    changes.touch("/plugin/main.py")
    assert changes._quiet_s() == QUICK_S
    for number in range(5):
        changes.touch(f"/plugin/{number}.py")
    assert changes._quiet_s() == CAREFUL_S
    for number in range(500):
        changes.touch(f"/plugin/{number}.py")
    assert changes._quiet_s() == CROWD_S


def test_a_slow_disk_is_given_as_long_as_it_takes_to_read_it(changes: Changes, content: Content) -> None:
    """What takes long to list takes long to write."""
    content.while_read = lambda: threading.Event().wait(0.2) and None
    content.now = "new"
    changes.touch("/plugin/main.py")
    next(iter(changes))
    changes.touch("/plugin/main.py")
    assert changes._quiet_s() >= 0.2


def test_saves_that_follow_one_another_are_told_less_often(content: Content) -> None:
    """Each alone is believed at once; while they come in rows, a reload for each would be of no use to anybody."""
    changes = Changes(Path("/plugin"), tried=lambda: "old", read=content)
    changes.touch("/plugin/main.py")
    assert changes._quiet_s() == QUICK_S
    content.now = "new"
    next(iter(changes))
    changes.touch("/plugin/main.py")
    assert changes._quiet_s() == CAREFUL_S


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is reason to wait, it is longer than any test."""
    monkeypatch.setattr(changes_module, "CAREFUL_S", 10 * DEADLINE_S)
    monkeypatch.setattr(changes_module, "LONGEST_S", 10 * DEADLINE_S)


def _asked(stream: Iterator[Settled]) -> queue.SimpleQueue[Settled | None]:
    """What it tells next, or None when it has ended."""
    told: queue.SimpleQueue[Settled | None] = queue.SimpleQueue()
    threading.Thread(target=lambda: told.put(next(stream, None)), daemon=True).start()
    return told


def test_what_one_save_makes_worthless_is_tried_anew_at_once_but_once(
    changes: Changes, content: Content, patience: None
) -> None:
    """A save in two strokes costs no patience, since nothing was told of the first; saves in rows do."""
    stream = iter(changes)
    for now in ("half", "whole"):
        content.now = now
        changes.touch("/plugin/main.py")
        assert _asked(stream).get(timeout=DEADLINE_S) is not None
    content.now = "another"
    changes.touch("/plugin/main.py")
    told = _asked(stream)
    with pytest.raises(queue.Empty):
        told.get(timeout=20 * QUICK_S)
    changes.close()
    assert told.get(timeout=DEADLINE_S) is None


def test_half_saves_without_an_end_are_told_all_the_same(
    changes: Changes, content: Content, patience: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New files come and come, and none is put in the place of another."""
    monkeypatch.setattr(changes_module, "LONGEST_S", 5 * QUICK_S)
    content.now = "new"
    changes.touch("/plugin/1.tmp", new=True)
    changes.touch("/plugin/1.tmp")
    settled = _asked(iter(changes)).get(timeout=DEADLINE_S)
    assert settled is not None
    assert settled.content_hash == "new"


def test_git_is_waited_for_while_it_holds_its_lock(tmp_path: Path) -> None:
    """A checkout may be slow: it ends when git says so. A plugin may be a part of a worktree, too."""
    plugin = tmp_path / "work" / "plugins" / "probe"
    plugin.mkdir(parents=True)
    assert not git_works_at(plugin)
    (tmp_path / "repository").mkdir()
    (tmp_path / "work" / ".git").write_text("gitdir: ../repository\n")
    lock = tmp_path / "repository" / "index.lock"
    lock.touch()
    assert git_works_at(plugin)
    (plugin / "main.py").write_text("half")
    changes = Changes(plugin, tried=lambda: "", held=lambda: git_works_at(plugin))
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: [told.put(one.content_hash) for one in changes], daemon=True)
    thread.start()
    changes.touch(plugin / "main.py")
    with pytest.raises(queue.Empty):
        told.get(timeout=5 * QUICK_S)
    (plugin / "main.py").write_text("whole")
    lock.unlink()
    assert told.get(timeout=DEADLINE_S) == content_hash(plugin)
    changes.close()
    thread.join(DEADLINE_S)


def test_a_folder_that_never_rests_is_told_of_all_the_same(changes: Changes, content: Content) -> None:
    """Somebody writes a log into it: now and then it is looked at nevertheless, and taken for at rest.

    What fails then may have been caught amid a save: it is believed when the folder doesn't rest the next time either.
    """
    assert LONGEST_S <= 2.0

    def change() -> None:
        content.now += "."
        changes.touch("/plugin/log.txt")

    content.while_read = change
    changes.touch("/plugin/log.txt")
    stream = iter(changes)
    settled = next(stream)
    assert content.reads > 5
    assert settled.holds()
    assert not settled.rests(60.0)
    settled = next(stream)
    assert settled.holds()
    assert settled.rests(60.0)


def test_what_changes_last_in_a_folder_that_never_rested_is_told_too(changes: Changes, content: Content) -> None:
    """It comes while the folder is read, which doesn't rest, and nothing comes after it."""

    def change() -> None:
        content.now += "."
        changes.touch("/plugin/main.py")

    content.while_read = change
    changes.touch("/plugin/main.py")
    stream = iter(changes)
    amid = next(stream)
    content.while_read = lambda: None
    given_up = threading.Timer(DEADLINE_S, changes.close)
    given_up.start()
    last = next(stream, None)
    given_up.cancel()
    assert last is not None
    assert last.content_hash == content.now != amid.content_hash


def test_a_change_after_the_rest_is_noticed_by_who_deals_with_it(changes: Changes, content: Content) -> None:
    """What was told doesn't hold any more, and nobody has to wait to hear so."""
    content.now = "new"
    changes.touch("/plugin/main.py")
    settled = next(iter(changes))
    content.now = "newer"
    gave_up = threading.Event()
    with settled.calling(gave_up.set):
        assert not gave_up.is_set()
        changes.touch("/plugin/main.py")
        assert gave_up.is_set()
    assert not settled.holds()
    assert not settled.rests(60.0)


def test_an_event_that_comes_late_is_no_change(changes: Changes, content: Content) -> None:
    """The machine is busy, and tells of a save when it has been read already: what is tried is not given up."""
    content.now = "new"
    changes.touch("/plugin/main.py")
    settled = next(iter(changes))
    gave_up = threading.Event()
    with settled.calling(gave_up.set):
        changes.touch("/plugin/main.py")
        assert not gave_up.is_set()
    assert settled.holds()


def test_a_folder_that_cannot_be_read_is_told_as_such(changes: Changes) -> None:
    """It is gone, or a file in it."""

    def gone(_: Path) -> str:
        raise FileNotFoundError

    changes._read = gone
    changes.touch("/plugin")
    assert next(iter(changes)).content_hash == UNREADABLE


def test_a_closed_stream_ends(changes: Changes) -> None:
    """Also one that waits."""
    changes.touch("/plugin/main.py", writing=True)
    thread = threading.Thread(target=lambda: list(changes), daemon=True)
    thread.start()
    changes.close()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


class Seen:
    """A watcher of one folder, and what it tells."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tried = content_hash(root)
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.watcher = Watcher(self._on_settled)
        self.how = self.watcher.watch("it", root, tried=lambda: self.tried)

    def next(self) -> str:
        return self.told.get(timeout=DEADLINE_S)

    def _on_settled(self, _: str, settled: Settled) -> None:
        self.tried = settled.content_hash
        self.told.put(settled.content_hash)


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    """A folder with one file that is watched."""
    root = (tmp_path / "plugin").resolve()
    root.mkdir()
    (root / "main.py").write_text("1")
    seen = Seen(root)
    yield seen
    seen.watcher.close()


def test_an_atomic_save_is_one_change(seen: Seen) -> None:
    """Written aside, renamed into its place."""
    (seen.root / "main.py.tmp").write_text("2")
    os.replace(seen.root / "main.py.tmp", seen.root / "main.py")
    assert seen.next() == content_hash(seen.root)
    assert seen.told.empty()


def _emptied(main: Path) -> Iterator[None]:
    main.open("w").close()
    yield
    main.write_text("2")


def _removed(main: Path) -> Iterator[None]:
    main.unlink()
    yield
    main.write_text("2")


def _moved_aside(main: Path) -> Iterator[None]:
    os.rename(main, main.with_name("main.py~"))
    yield
    main.write_text("2")


def _written_beside(main: Path) -> Iterator[None]:
    main.with_name("main.py.tmp").write_text("2")
    yield
    os.replace(main.with_name("main.py.tmp"), main)


def _begun_beside(main: Path) -> Iterator[None]:
    with main.with_name("main.py.tmp").open("w") as file:
        yield
        file.write("2")
    os.replace(main.with_name("main.py.tmp"), main)


def _written_elsewhere(main: Path) -> Iterator[None]:
    elsewhere = main.parents[1] / "elsewhere.py"
    elsewhere.write_text("2")
    yield
    os.replace(elsewhere, main)


@pytest.mark.parametrize("save", [_emptied, _removed, _moved_aside, _written_beside, _begun_beside, _written_elsewhere])
def test_a_save_in_two_strokes_is_one_change(
    seen: Seen, patience: None, save: Callable[[Path], Iterator[None]]
) -> None:
    """Whatever an editor does first is half a save; what it does then is believed at once."""
    strokes = save(seen.root / "main.py")
    next(strokes)
    with pytest.raises(queue.Empty):
        seen.told.get(timeout=20 * QUICK_S)
    assert list(strokes) == []
    assert seen.next() == content_hash(seen.root)
    assert seen.told.empty()


def test_new_folders_are_watched_too(seen: Seen) -> None:
    """Whatever is made within."""
    (seen.root / "inner" / "deep").mkdir(parents=True)
    (seen.root / "inner" / "deep" / "more.py").write_text("1")
    assert seen.next() == content_hash(seen.root)
    (seen.root / "inner" / "deep" / "more.py").write_text("2")
    assert seen.next() == content_hash(seen.root)


def test_a_folder_that_was_deleted_is_watched_again_when_it_is_back(seen: Seen) -> None:
    """Its going is told, its return, and what happens then."""
    shutil.rmtree(seen.root)
    assert seen.next() == UNREADABLE
    seen.root.mkdir()
    (seen.root / "main.py").write_text("new")
    assert seen.next() == content_hash(seen.root)
    (seen.root / "main.py").write_text("newer")
    assert seen.next() == content_hash(seen.root)


def test_a_folder_deleted_and_made_at_once_is_watched_again(seen: Seen) -> None:
    """Even if it has the number of the one that has gone, as file systems like to give."""
    shutil.rmtree(seen.root)
    seen.root.mkdir()
    (seen.root / "main.py").write_text("2")
    assert seen.next() == content_hash(seen.root)
    (seen.root / "main.py").write_text("3")
    assert seen.next() == content_hash(seen.root)


def test_a_folder_in_the_place_of_another_is_watched_in_its_place(seen: Seen) -> None:
    """The one that was moved away is nobody's concern any more."""
    other = seen.root.with_name("other")
    other.mkdir()
    (other / "main.py").write_text("another")
    os.rename(seen.root, seen.root.with_name("aside"))
    os.rename(other, seen.root)
    assert seen.next() == content_hash(seen.root)
    (seen.root.with_name("aside") / "main.py").write_text("nobody looks")
    (seen.root / "main.py").write_text("newer")
    assert seen.next() == content_hash(seen.root)
    assert seen.told.empty()


def test_a_rename_by_case_only_is_a_change(seen: Seen) -> None:
    """Names count as they are written, and so do two that differ by case alone."""
    os.rename(seen.root / "main.py", seen.root / "Main.py")
    assert seen.next() == content_hash(seen.root)
    (seen.root / "main.py").write_text("1")
    assert seen.next() == content_hash(seen.root)


def test_where_inotify_refuses_the_folder_is_looked_at_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the user's watches are used up; who asks is told so."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    root = (tmp_path / "plugin").resolve()
    root.mkdir()
    monkeypatch.setattr("watchdog.observers.inotify.InotifyWatchGroup", refuse)
    monkeypatch.setattr(watcher_module, "_POLL_EVERY_S", 0.05)
    seen = Seen(root)
    try:
        assert (seen.how.how, seen.how.reason) == ("polling", "No space left on device")
        (root / "main.py").write_text("1")
        assert seen.next() == content_hash(root)
    finally:
        seen.watcher.close()


def test_a_folder_watched_twice_is_watched_once(seen: Seen) -> None:
    """Under one key there is one watch, and one end of it."""
    assert seen.watcher.watch("it", seen.root, tried=lambda: None) == seen.how
    (seen.root / "main.py").write_text("2")
    assert seen.next() == content_hash(seen.root)
    assert seen.told.empty()
    assert seen.watcher.unwatch("it")
    assert not seen.watcher.unwatch("it")


def test_what_goes_wrong_with_one_change_does_not_end_the_watching(tmp_path: Path) -> None:
    """It is logged, and the next change is told."""
    told: queue.SimpleQueue[str] = queue.SimpleQueue()

    def fail_first(_: str, settled: Settled) -> None:
        told.put(settled.content_hash)
        if settled.content_hash == first:
            raise RuntimeError("oddity")

    root = tmp_path.resolve() / "plugin"
    root.mkdir()
    watcher = Watcher(fail_first)
    watcher.watch("it", root, tried=lambda: None)
    try:
        (root / "main.py").write_text("1")
        first = content_hash(root)
        assert told.get(timeout=DEADLINE_S) == first
        (root / "main.py").write_text("2")
        assert told.get(timeout=DEADLINE_S) == content_hash(root)
    finally:
        watcher.close()


def test_a_closed_watcher_leaves_no_thread(seen: Seen) -> None:
    """Neither ours nor the watchdog's."""
    before = set(threading.enumerate())
    assert any("schillinger-watch-" in thread.name for thread in before)
    seen.watcher.close()
    assert not [thread for thread in threading.enumerate() if "schillinger-watch-" in thread.name]
