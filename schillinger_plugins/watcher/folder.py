"""One folder that is watched: what the watchdog calls, and who sees to it that it goes on looking at the right one.

Owns the translation of the watchdog's events, and the watch's coming and going: a watch follows the folder that it was made
for, wherever that goes, so the path is asked for now and then. Called by ``watcher``.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .changes import Changes

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver, ObservedWatch

_GONE = (-1, -1)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A folder that is watched.

    Attributes
    ----------
    key : str
        What it is watched for: a plugin's id.
    how : str
        inotify, or polling: it is looked at a few times a second, since inotify refused.
    reason : str
        Why inotify refused.
    """

    key: str
    root: Path
    how: Literal["inotify", "polling"]
    reason: str = ""


class Folder:
    """One folder that is watched: what the watchdog calls, and who sees to it that it goes on looking at the right one.

    A watch follows the folder that it was made for, wherever that goes. So now and then it is asked whether the path still
    leads there: a folder that was deleted and is there again, or was put in the place of another, is watched anew.
    """

    def __init__(
        self,
        key: str,
        root: Path,
        tried: Callable[[], str | None],
        schedule: Callable[[Folder], tuple[BaseObserver, ObservedWatch, str]],
        unschedule: Callable[[BaseObserver, ObservedWatch], None],
    ) -> None:
        self.changes = Changes(root, tried=tried, held=lambda: git_works_at(root), whole=has_content, look=self._look)
        self.thread: threading.Thread | None = None
        self._schedule = schedule
        self._unschedule = unschedule
        self._key = key
        self._closed = False
        self._place: tuple[int, int] | None = None
        self._watch: tuple[BaseObserver, ObservedWatch] | None = None
        self.watched = Watched(key=key, root=root, how="inotify")
        self._begin()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Called by the watchdog's thread."""
        kind, path = event.event_type, os.fsdecode(event.src_path)
        if kind in ("deleted", "moved") and path == str(self.changes.root):
            self._place = _GONE  # another folder of that path may well have its number
        writing = kind == "modified" and not event.is_directory and self.watched.how == "inotify"
        self.changes.touch(path, writing=writing, new=kind == "created" and not event.is_directory)
        if event.dest_path:
            self.changes.touch(os.fsdecode(event.dest_path))

    def close(self) -> None:
        self._closed = True
        self.changes.close()
        self._end()

    def _begin(self) -> None:
        self._place = _place(self.changes.root)
        if self._place is None:
            return
        try:
            observer, watch, reason = self._schedule(self)
        except FileNotFoundError:  # it went this moment
            self._place = None
            return
        self._watch = observer, watch
        if self._closed:  # this moment
            self._end()
        how: Literal["inotify", "polling"] = "polling" if reason else "inotify"
        self.watched = Watched(key=self._key, root=self.changes.root, how=how, reason=reason)

    def _end(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None:
            self._unschedule(*watch)

    def _look(self) -> None:
        if self._closed or _place(self.changes.root) == self._place:
            return
        self._end()
        was_there = self._place is not None
        self._begin()
        if was_there or self._place is not None:
            self.changes.touch(self.changes.root)


def git_works_at(folder: Path) -> bool:
    """Whether git is about to change what is in a folder: it holds the lock of the checkout that the folder is part of."""
    for root in (folder, *folder.parents):
        place = root / ".git"
        if not os.path.lexists(place):
            continue
        if place.is_file():  # a worktree or a submodule
            try:
                place = root / place.read_text(encoding="utf-8")[:4096].removeprefix("gitdir:").strip()
            except (OSError, ValueError):
                return False
        return os.path.lexists(place / "index.lock")
    return False


def has_content(path: str) -> bool:
    """Whether there is a folder, or a file with something in it."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(found.st_mode) or found.st_size > 0


def _place(root: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(root)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
