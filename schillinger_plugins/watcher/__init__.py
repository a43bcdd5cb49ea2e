"""Watcher: folders that are looked at while somebody works in them, and told of when they have come to rest.

Owns the watchdog's observers (inotify's, and one that looks again and again where inotify has no more to give), and a thread
for each folder that merely drains its `Changes`. Knows nothing of plugins, and runs nothing. Called by ``reloading``.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .changes import UNREADABLE, Changes, Settled
from .folder import Folder, Watched

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

__all__ = ["UNREADABLE", "Changes", "Settled", "Watched", "Watcher"]

_POLL_EVERY_S = 0.3
_ENDING_S = 2.0
_log = logging.getLogger(__name__)


class Watcher:
    """Watches folders.

    Parameters
    ----------
    on_settled : callable
        Called with the key and what has settled, in a thread of the folder's own. What it raises is logged.
    """

    def __init__(self, on_settled: Callable[[str, Settled], object]) -> None:
        self._on_settled = on_settled
        self._folders: dict[str, Folder] = {}
        self._observers: dict[str, BaseObserver] = {}
        self._lock = threading.RLock()

    @property
    def watched(self) -> dict[str, Watched]:
        """What is watched, by key."""
        return {key: folder.watched for key, folder in list(self._folders.items())}

    def watch(self, key: str, root: Path, *, tried: Callable[[], str | None]) -> Watched:
        """Watch a folder; one that is watched under that key already is watched once.

        Parameters
        ----------
        root : Path
            Links resolved.
        tried : callable
            As of `Changes`.
        """
        with self._lock:
            folder = self._folders.get(key)
            if folder is not None and folder.changes.root == root:
                return folder.watched
            self.unwatch(key)
            folder = self._folders[key] = Folder(key, root, tried, self._schedule, self._unschedule)
            thread = threading.Thread(
                target=_drain,
                args=(folder.changes, key, self._on_settled),
                name=f"schillinger-watch-{key}",
                daemon=True,
            )
            folder.thread = thread
            thread.start()
            return folder.watched

    def look(self, key: str) -> None:
        """Take a folder's content for news, unless it was dealt with."""
        folder = self._folders.get(key)
        if folder is not None:
            folder.changes.touch(folder.changes.root)

    def unwatch(self, key: str) -> bool:
        """Look no more; whether it was watched. What is being dealt with is dealt with to its end."""
        with self._lock:
            folder = self._folders.pop(key, None)
            if folder is None:
                return False
            folder.close()
            if not self._folders:
                self._stop(self._observers)
                self._observers.clear()
        return True

    def close(self) -> None:
        """Look at nothing any more, and wait for what is being dealt with."""
        with self._lock:
            folders, self._folders = list(self._folders.values()), {}
            observers, self._observers = self._observers, {}
        for folder in folders:
            folder.close()
        self._stop(observers)
        ends_s = time.monotonic() + _ENDING_S
        for folder in folders:
            if folder.thread is not None and folder.thread is not threading.current_thread():
                folder.thread.join(max(0.0, ends_s - time.monotonic()))

    def _stop(self, observers: Mapping[str, BaseObserver]) -> None:
        for observer in observers.values():
            observer.stop()
        for observer in observers.values():
            observer.join(_ENDING_S)

    def _schedule(self, folder: Folder) -> tuple[BaseObserver, ObservedWatch, str]:
        """Have somebody look at it; the last is why it isn't inotify."""
        handler: Any = folder
        with self._lock:
            try:
                observer = self._observer("inotify")
                return observer, observer.schedule(handler, str(folder.changes.root), **_wanted()), ""
            except FileNotFoundError:
                raise
            except OSError as error:  # no more watches, or no more instances
                reason = error.strerror or str(error)
            observer = self._observer("polling")
            return observer, observer.schedule(handler, str(folder.changes.root), **_wanted()), reason

    def _unschedule(self, observer: BaseObserver, watch: ObservedWatch) -> None:
        with self._lock, contextlib.suppress(KeyError):
            observer.unschedule(watch)

    def _observer(self, how: Literal["inotify", "polling"]) -> BaseObserver:
        if how not in self._observers:
            if how == "inotify":
                from watchdog.observers import Observer

                # It warns of folders that it comes to in two ways when many are made at once; nothing is wrong with that.
                warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.observers\.")
                observer: BaseObserver = Observer()
            else:
                from watchdog.observers.polling import PollingObserver

                observer = PollingObserver(timeout=_POLL_EVERY_S)
            observer.name = f"schillinger-watch-{how}"
            observer.start()
            self._observers[how] = observer
        return self._observers[how]


def _drain(changes: Changes, key: str, on_settled: Callable[[str, Settled], object]) -> None:
    for settled in changes:
        try:
            on_settled(key, settled)
        except Exception:  # this folder's oddity must not end the watching
            _log.exception("what has changed for %s could not be dealt with", key)


def _wanted() -> dict[str, Any]:
    """What is to be told: neither who opens a file to read it, as we do ourselves, nor what becomes of a folder's times."""
    from watchdog import events

    return {
        "recursive": True,
        "event_filter": [
            events.FileCreatedEvent,
            events.FileModifiedEvent,
            events.FileClosedEvent,
            events.FileDeletedEvent,
            events.FileMovedEvent,
            events.DirCreatedEvent,
            events.DirDeletedEvent,
            events.DirMovedEvent,
        ],
    }
