"""What reloads have led to, as a queue with a deadline, and what answers: called by the tests of this folder."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.events import Event
from schillinger_plugins.registry import content_hash
from schillinger_plugins.versions import Reload

DEADLINE_S = 20.0


def answers(instance: Instance) -> object:
    """What ``probe`` answers now."""
    return instance.execute()["y"]


def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    ends_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends_s
        threading.Event().wait(0.005)


class Outcomes:
    """The reports of a manager's reloads, in their order."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._queue: queue.SimpleQueue[Reload] = queue.SimpleQueue()
        self._undo = manager.events.subscribe(None, self._on_event)

    def next(self, *, of: str = "probe") -> Reload:
        """The next one, waited for; it must be about that plugin."""
        report = self._queue.get(timeout=DEADLINE_S)
        assert report.plugin_id == of, report
        return report

    def end(self, save: Callable[..., Path], *others: Outcomes) -> None:
        """Nothing else has come of what was saved: a last save of ``probe`` is told next, by each, and nothing after it.

        The last save is made when all that has happened before has been dealt with. So what comes late isn't lost in it.
        """
        everybody = (self, *others)
        for one in everybody:
            one._wait_for_rest()
        last = content_hash(save("the last one"))
        for one in everybody:
            report = one.next()
            assert (report.error, report.hash_after) == (None, last), "something has come between"
            one._wait_for_rest()
            assert one._queue.empty(), one._queue.get()

    def be_told_last(self) -> None:
        """Of what comes from now on, after everybody who is told now."""
        self._undo()
        self._undo = self._manager.events.subscribe(None, self._on_event)

    def close(self) -> None:
        """Be told no more."""
        self._undo()

    def _on_event(self, event: Event) -> None:
        if (report := event.data.get("report")) is not None:
            self._queue.put(report)

    def _wait_for_rest(self) -> None:
        """Wait until everything that has happened in the folder of ``probe`` has been noticed, and dealt with."""
        folder = self._manager._watching.watcher._folders["probe"]
        assert folder._watch is not None
        observer, watch = folder._watch
        marker = folder.changes.root / "marker.pyc"  # no part of a plugin
        noticed = _Noticed(marker)
        observer.add_handler_for_watch(noticed, watch)
        marker.touch()
        assert noticed.told.wait(DEADLINE_S)  # and so is what happened before it
        observer.remove_handler_for_watch(noticed, watch)
        marker.unlink()
        until(lambda: folder.changes._first_s is None)
        with self._manager._reloading._turn("probe"):
            pass


class _Noticed(FileSystemEventHandler):
    def __init__(self, path: Path) -> None:
        self.told = threading.Event()
        self._path = str(path)

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.src_path == self._path:
            self.told.set()
