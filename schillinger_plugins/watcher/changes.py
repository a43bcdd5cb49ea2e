"""When a folder is at rest, and with what: the stream of its settled changes.

Owns the waiting, and the comparison by content, by the hash of what belongs to a plugin: a save that changes nothing, a
backup that an editor writes, a file that is there again are no news. A save of one file is believed at once; many changes
are given more time, and whoever has a file open that he has written to is given even more. Called by ``watcher``; tests
fill it themselves.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from ..errors import PluginError
from ..paths import belongs
from ..registry import content_hash

QUICK_S = 0.01
"""How long nothing has happened to a folder in which a file or two were saved, until it counts as at rest."""
CAREFUL_S = 0.15
"""The same where several files have changed, or saves follow one another."""
CROWD_S = 0.3
"""The same where many have: somebody checks out another branch, or unpacks something."""
WRITING_S = 1.5
"""The same while somebody has a file open that he has written to."""
LONGEST_S = 2.0
"""A folder that never rests is looked at all the same, so often."""
HELD_S = 20.0
"""How long git may hold its lock until it is taken for left behind."""

_FEW, _MANY = 2, 20
_FOLLOWS_WITHIN_S = 1.0
_LOOK_EVERY_S = 1.0
_ASK_EVERY_S = 0.02
_MAX_SLOW_S = 2.0

UNREADABLE = ""
"""In the place of a content hash: the folder is gone, or something in it can't be read."""


class Settled:
    """A folder that has come to rest with a content that nobody has tried yet.

    Attributes
    ----------
    content_hash : str
        `UNREADABLE` if the folder is gone.
    since_s : float
        When the last thing happened in it, by `time.monotonic`.
    """

    def __init__(self, changes: Changes, content_hash: str, stamp: int, since_s: float, *, restless: bool) -> None:
        self.content_hash = content_hash
        self.since_s = since_s
        self._changes = changes
        self._stamp = stamp
        self._restless = restless

    def holds(self) -> bool:
        """Whether nothing has happened in the folder since. Of a folder that never rests it is taken for granted."""
        return self._restless or self._changes.stamp == self._stamp

    @contextlib.contextmanager
    def calling(self, give_up: Callable[[], object]) -> Iterator[None]:
        """Meanwhile, call `give_up` as soon as something happens in the folder, from another thread."""
        if self._restless:
            yield
            return
        self._changes.alarm = give_up
        try:
            if not self.holds():
                give_up()
            yield
        finally:
            self._changes.alarm = None

    def rests(self, quiet_s: float) -> bool:
        """Wait until nothing has happened for so long; False as soon as something does."""
        return self._restless or self._changes.rests(self._stamp, self.since_s + quiet_s)


class Changes:
    """What happens in one folder, as a stream of the moments at which it is at rest with another content.

    Filled by the watchdog's thread or by a test, drained by one thread.

    Parameters
    ----------
    root : Path
    tried : callable
        The content hash that was dealt with last: a folder that comes to rest with it is no news.
    read : callable
        The content hash of a folder.
    held : callable
        Whether a program says that it isn't done with the folder yet, as git does by its lock.
    look : callable
        Called now and then while nothing happens.

    Examples
    --------
    >>> changes = Changes(folder, tried=lambda: "")  # doctest: +SKIP
    >>> changes.touch(folder / "main.py")  # doctest: +SKIP
    >>> next(iter(changes)).content_hash  # doctest: +SKIP
    '9f86d08…'
    """

    def __init__(
        self,
        root: Path,
        *,
        tried: Callable[[], str | None],
        read: Callable[[Path], str] = content_hash,
        held: Callable[[], bool] = lambda: False,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.root = root
        self.stamp = 0
        self.alarm: Callable[[], object] | None = None
        self._tried = tried
        self._read = read
        self._held = held
        self._look = look
        self._moved = threading.Condition()
        self._closed = False
        self._first_s: float | None = None  # of what has not been looked at yet
        self._last_s = 0.0
        self._paths: set[str] = set()
        self._open: set[str] = set()
        self._told_s = -_FOLLOWS_WITHIN_S
        self._read_took_s = 0.0

    def touch(self, path: str | Path, *, writing: bool = False) -> None:
        """Something happened to that path; `writing` says that somebody who has written to it has it open still."""
        if not self._counts(path):
            return
        with self._moved:
            self._last_s = time.monotonic()
            self._first_s = self._last_s if self._first_s is None else self._first_s
            self.stamp += 1
            name = str(path)
            if len(self._paths) <= _MANY:
                self._paths.add(name)
            (self._open.add if writing else self._open.discard)(name)
            self._moved.notify_all()
            alarm = self.alarm
        if alarm is not None:
            alarm()

    def close(self) -> None:
        """End the stream."""
        with self._moved:
            self._closed = True
            self._moved.notify_all()

    def rests(self, stamp: int, until_s: float) -> bool:
        """As `Settled.rests`."""
        with self._moved:
            return not self._moved.wait_for(
                lambda: self._closed or self.stamp != stamp, max(0.0, until_s - time.monotonic())
            )

    def __iter__(self) -> Iterator[Settled]:
        while (rest := self._at_rest()) is not None:
            stamp, restless = rest
            began_s = time.monotonic()
            found = self._content()
            with self._moved:
                now_s = time.monotonic()
                self._read_took_s = now_s - began_s
                if self.stamp != stamp and not restless:
                    continue  # it has changed while it was read
                self._first_s = None if self.stamp == stamp else now_s
                self._paths.clear()
                self._open.clear()
                settled = Settled(self, found, stamp, self._last_s, restless=restless)
            if found != self._tried():
                self._told_s = time.monotonic()
                yield settled

    def _at_rest(self) -> tuple[int, bool] | None:
        """Wait until the folder rests: the stamp of that moment, and whether it doesn't rest at all; None at the end."""
        while True:
            with self._moved:
                if self._closed:
                    return None
                if self._first_s is None:
                    waits = not self._moved.wait(_LOOK_EVERY_S)
                else:
                    due_s = min(self._last_s + self._quiet_s(), self._first_s + LONGEST_S)
                    waits = due_s <= time.monotonic()
                    if not waits:
                        self._moved.wait(due_s - time.monotonic())
                stamp, restless = self.stamp, time.monotonic() < self._last_s + self._quiet_s()
            if waits:
                self._look()
                if self._first_s is not None and self.stamp == stamp and not self._waits_for_holder():
                    return stamp, restless

    def _waits_for_holder(self) -> bool:
        if not self._held() or time.monotonic() - self._last_s > HELD_S:
            return False
        with self._moved:
            self._moved.wait(_ASK_EVERY_S)
        return True

    def _quiet_s(self) -> float:
        if self._open:
            return WRITING_S
        quiet_s = QUICK_S
        if len(self._paths) > _FEW or self._last_s - self._told_s < _FOLLOWS_WITHIN_S:
            quiet_s = CROWD_S if len(self._paths) > _MANY else CAREFUL_S
        # What takes long to read takes long to write.
        return max(quiet_s, min(_MAX_SLOW_S, self._read_took_s))

    def _content(self) -> str:
        try:
            return self._read(self.root)
        except (OSError, PluginError):
            return UNREADABLE

    def _counts(self, path: str | Path) -> bool:
        try:
            parts = PurePath(path).relative_to(self.root).parts
        except ValueError:
            return False
        return all(belongs(part, is_folder=True) for part in parts) and (
            not parts or belongs(parts[-1], is_folder=False)
        )
