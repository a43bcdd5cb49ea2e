"""Spool: what ran, happened and was said, on its way to the database.

Owns files beside the journal, a line for each record. When `put` returns the system has it, so it outlives a process that is
killed before its writer came to it; it costs a hundredth of a transaction. A file whose process has gone is taken into the
journal by whoever opens that next. No call fails of a spool that can't be written. Called by ``recorder`` and ``records``.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import platformdirs

if TYPE_CHECKING:
    from .records import Record

TURN_BYTES = 256 * 1024
"""A file that has grown so far is followed by another, and goes as soon as all of it is written."""

MAX_BYTES = 16 * 1024 * 1024
"""Of all files; while the database is away, what is beyond that is left to the writer's queue alone."""

_NEW = ".new"
_MARKS = {"Ran": b"", "Happening": b"event ", "Line": b"line "}
"""What a line of each kind begins with."""


def folder_of(place: Path | str) -> Path:
    """Where the spool of a journal is."""
    if isinstance(place, Path):
        return place.with_name(f"{place.name}.spool")
    mark = hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()[:12]
    return Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / f"journal-{mark}.spool"


class Spool:
    """The spool of one process. Not to be used from two threads at once.

    Parameters
    ----------
    name : str
        What its files' names begin with; nobody else's may.
    max_bytes : int, optional
        Of all its files; `MAX_BYTES`, if not given.
    """

    def __init__(self, folder: Path, name: str, *, max_bytes: int | None = None) -> None:
        self._folder = folder
        self._name = name
        self._max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self._numbers = itertools.count(1)
        self._open: _File | None = None
        self._full: list[_File] = []
        self._process = os.getpid()

    def put(self, *records: Record) -> list[_File]:
        """Have the system keep records; a file that is full, to be forgotten when all is written that was put before."""
        if len(self._full) * TURN_BYTES > self._max_bytes or os.getpid() != self._process:
            return []
        lines = b"".join(map(_line, records))
        with contextlib.suppress(OSError):
            if self._open is None:
                self._open = _begin(self._folder, f"{self._name}-{next(self._numbers)}")
            self._open.bytes += os.write(self._open.descriptor, lines)
        if self._open is None or self._open.bytes < TURN_BYTES:
            return []
        full, self._open = self._open, None
        self._full.append(full)  # and held: nobody may take it for that of a process that has gone
        return [full]

    def forget(self, full: list[_File]) -> None:
        """What is in them is in the journal."""
        for file in full:
            self._full.remove(file)
            file.path.unlink(missing_ok=True)
            os.close(file.descriptor)

    def close(self, *, is_written: bool) -> None:
        """End; what isn't written stays for whoever opens the journal next."""
        if os.getpid() != self._process:
            return
        files = [*self._full, *([self._open] if self._open is not None else [])]
        self._full, self._open = [], None
        for file in files:
            if is_written:
                file.path.unlink(missing_ok=True)
            os.close(file.descriptor)
        if is_written:
            with contextlib.suppress(OSError):  # others have theirs there, or there is none
                self._folder.rmdir()


@dataclass(eq=False)
class _File:
    path: Path
    descriptor: int
    bytes: int = 0


def _line(record: Record) -> bytes:
    # The end of the one before comes first: half a line, of a full disk, spoils no other.
    return b"\n" + _MARKS[type(record).__name__] + msgspec.json.encode(record)


def _read(line: bytes) -> Record:
    from .records import Happening, Line, Ran

    kinds: tuple[Any, ...] = Line, Happening, Ran
    kind = next(kind for kind in kinds if line.startswith(_MARKS[kind.__name__]))
    record: Record = msgspec.json.decode(line.removeprefix(_MARKS[kind.__name__]), type=kind)
    return record


def _begin(folder: Path, name: str) -> _File:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = folder / f"{name}{_NEW}"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        # Held as long as this process is there, however it ends, and before anybody may find it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(new, folder / name)
    except BaseException:
        os.close(descriptor)
        raise
    return _File(folder / name, descriptor)


def left_in(folder: Path) -> list[Path]:
    """The files of a spool, of those that are there and of those that have gone."""
    return [path for path in sorted(folder.glob("*")) if path.suffix != _NEW]


@contextlib.contextmanager
def left_by_the_dead(path: Path) -> Iterator[list[Record]]:
    """What a file holds whose process has gone; nothing if it has not. It goes, unless something is raised."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        yield []
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield []
            return
        found: list[Record] = []
        with open(file, "rb", closefd=False) as lines:
            for line in lines:
                with contextlib.suppress(msgspec.DecodeError):  # half a line
                    found.append(_read(line))
        yield found
        path.unlink(missing_ok=True)
    finally:
        os.close(file)
