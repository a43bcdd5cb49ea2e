"""When a folder is at rest, and with what: the stream of its settled changes.

Owns the waiting, and the comparison by content, by the hash of what belongs to a plugin: a save that changes nothing, a
backup that an editor writes, a file that is there again are no news. A save of one file is believed at once. More time is
given to many changes, to what looks like half a save (a file is missing or empty, or a new one lies there that may be about
to be put in the place of another), and most to whoever has a file open that he has written to. Called by ``watcher``; tests
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

QUICK_S = 0.005
"""How long nothing has happened to a folder in which a file or two were saved, until it counts as at rest."""
CAREFUL_S = 0.15
"""The same where several files have changed, saves follow one another, or what was saved may be half of it."""
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

    def __init__(
        self, changes: Changes, content_hash: str, stamp: int, since_s: float, *, restless: bool, again: bool = False
    ) -> None:
        self.content_hash = content_hash
        self.since_s = since_s
        self._changes = changes
        self._stamp = stamp
        self._restless = restless
        self._again = again

    def holds(self) -> bool:
        """Whether the folder's content is that still. Of a folder that never rests it is taken for granted."""
        stamp = self._changes.stamp
        if self._restless or stamp == self._stamp:
            return True
        if self._changes.content() != self.content_hash:
            return False
        self._stamp = stamp  # what was told late, or has changed nothing
        return True

    @contextlib.contextmanager
    def calling(self, give_up: Callable[[], object]) -> Iterator[None]:
        """Meanwhile, call `give_up` once the folder's content is another, from another thread."""

        def look() -> None:
            if not self.holds():
                self._changes.alarm = None
                give_up()

        if self._restless:
            yield
            return
        self._changes.alarm = look
        try:
            look()
            yield
        finally:
            self._changes.alarm = None

    def rests(self, quiet_s: float) -> bool:
        """Wait until nothing has happened for so long; False as soon as something does.

        Of a folder that never rests: whether it didn't the last time either. It may have been caught amid a save, once.
        """
        return self._again if self._restless else self._changes.rests(self._stamp, self.since_s + quiet_s)


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
    whole : callable
        Whether a file of it is there with something in it.
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
        whole: Callable[[str], bool] = lambda path: True,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.root = root
        self.stamp = 0
        self.alarm: Callable[[], object] | None = None
        self._tried = tried
        self._read = read
        self._held = held
        self._whole = whole
        self._look = look
        self._moved = threading.Condition()
        self._closed = False
        self._first_s: float | None = None  # of what has not been looked at yet
        self._last_s = 0.0
        self._paths: set[str] = set()
        self._made: set[str] = set()
        self._new: set[str] = set()
        self._open: set[str] = set()
        self._told_s = -_FOLLOWS_WITHIN_S
        self._was_in_vain = False
        self._was_restless = False
        self._read_took_s = 0.0

    def touch(self, path: str | Path, *, writing: bool = False, new: bool = False) -> None:
        """Something happened to that path.

        Parameters
        ----------
        writing : bool
            Somebody who has written to it has it open still.
        new : bool
            It has just been made. Editors make a file beside the one they save, and put it in its place then.
        """
        if not self._counts(path):
            return
        with self._moved:
            self._last_s = time.monotonic()
            self._first_s = self._last_s if self._first_s is None else self._first_s
            self.stamp += 1
            name = str(path)
            if name in self._made:  # and written to here. What was moved here from elsewhere is whole
                self._new.add(name)
            if new and name not in self._paths:  # else it was there a moment ago, and is there again
                self._made.add(name)
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

    def content(self) -> str:
        """The content hash of the folder as it is now."""
        try:
            return self._read(self.root)
        except (OSError, PluginError):
            return UNREADABLE

    def __iter__(self) -> Iterator[Settled]:
        while (rest := self._at_rest()) is not None:
            stamp, restless = rest
            began_s = time.monotonic()
            found = self.content()
            with self._moved:
                now_s = time.monotonic()
                self._read_took_s = now_s - began_s
                if self.stamp != stamp and not restless:
                    continue  # it has changed while it was read
                self._first_s = None if self.stamp == stamp else now_s
                for paths in (self._paths, self._made, self._new, self._open):
                    paths.clear()
                again, self._was_restless = self._was_restless, restless
                settled = Settled(self, found, stamp, self._last_s, restless=restless, again=again)
            if found != self._tried():
                told_s, self._told_s = self._told_s, time.monotonic()
                yield settled
                in_vain = found != self._tried() and not settled.holds()
                if in_vain and not self._was_in_vain:  # a save in two strokes: whoever waits for it waits no longer
                    self._told_s = told_s
                self._was_in_vain = in_vain

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
                if self._first_s is None or self.stamp != stamp:
                    continue
                if not self._waits_for_holder() and (restless or not self._waits_for_more(stamp)):
                    return stamp, restless

    def _waits_for_holder(self) -> bool:
        if not self._held() or time.monotonic() - self._last_s > HELD_S:
            return False
        with self._moved:
            self._moved.wait(_ASK_EVERY_S)
        return True

    def _waits_for_more(self, stamp: int) -> bool:
        """Whether there was reason to wait for the other half of a save, and something has come."""
        with self._moved:
            former = self._paths - self._new
            began_s = self._last_s if self._first_s is None else self._first_s
            until_s = min(self._last_s + CAREFUL_S, began_s + LONGEST_S)
        if former and all(map(self._whole, former)):
            return False
        return not self.rests(stamp, until_s)

    def _quiet_s(self) -> float:
        if self._open:
            return WRITING_S
        quiet_s = QUICK_S
        if len(self._paths) > _FEW or self._last_s - self._told_s < _FOLLOWS_WITHIN_S:
            quiet_s = CROWD_S if len(self._paths) > _MANY else CAREFUL_S
        # What takes long to read takes long to write.
        return max(quiet_s, min(_MAX_SLOW_S, self._read_took_s))

    def _counts(self, path: str | Path) -> bool:
        try:
            parts = PurePath(path).relative_to(self.root).parts
        except ValueError:
            return False
        return all(belongs(part, is_folder=True) for part in parts) and (
            not parts or belongs(parts[-1], is_folder=False)
        )
