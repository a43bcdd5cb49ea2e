"""How two folders of a plugin differ, for people to read.

Owns the reading, within bounds: both folders may be hostile, so links are not followed, what is no plain file is not opened,
and what is long is cut. Files that are no text are named, not shown. Called by ``reloading``.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..paths import belongs
from ..sandbox.printable import printable

MAX_LINES = 200
"""Of a difference that is shown."""
MAX_WIDTH = 300
"""Characters of one of its lines."""

_MAX_FILES = 5_000
_MAX_SHOWN = 20
_MAX_TEXT_BYTES = 128 * 1024
_MAX_TEXT_LINES = 3_000
_MAX_READ_BYTES = 64 * 1024**2
_MAX_DEPTH = 64


def difference(before: Path, after: Path) -> str:
    """The files in which two folders differ, as a unified diff of at most `MAX_LINES` lines; empty if they don't.

    Parameters
    ----------
    before, after : Path
        Folders; one that is gone counts as empty.
    """
    old, new = _files(before), _files(after)
    lines: list[str] = []
    room_bytes, shown, more = _MAX_READ_BYTES, 0, 0
    for name in sorted(old.keys() | new.keys()):
        size = max(old.get(name, 0), new.get(name, 0))
        if name in old and name in new and old[name] == new[name]:
            if 2 * size > room_bytes:
                continue  # as long as before, and too long to look at
            room_bytes -= 2 * size
            if _read(before, name, size) == _read(after, name, size):
                continue
        if shown >= _MAX_SHOWN or len(lines) >= MAX_LINES:
            more += 1
            continue
        shown += 1
        lines += _of_file(name, before if name in old else None, after if name in new else None, size)
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"… {len(lines) - MAX_LINES} more lines"]
    if more:
        lines.append(f"… {more} more files have changed" if more > 1 else "… 1 more file has changed")
    return "\n".join(lines)


def _of_file(name: str, before: Path | None, after: Path | None, size: int) -> Iterator[str]:
    old, new = _text(before, name, size), _text(after, name, size)
    if old is None or new is None:
        what = "is new" if before is None else "is gone" if after is None else "has changed"
        yield f"{printable(name)} {what} ({size} bytes that are not shown)"
        return
    heads = ("/dev/null" if before is None else f"a/{name}", "/dev/null" if after is None else f"b/{name}")
    for line in difflib.unified_diff(old, new, *heads, lineterm="", n=3):
        shown = printable(line)
        yield shown if len(shown) <= MAX_WIDTH else shown[:MAX_WIDTH] + "…"


def _text(folder: Path | None, name: str, size: int) -> list[str] | None:
    """The lines of a file, None if it is no text or too long."""
    if folder is None:
        return []
    if size > _MAX_TEXT_BYTES:
        return None
    data = _read(folder, name, size)
    if data is None or b"\0" in data:
        return None
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        return None
    return lines if len(lines) <= _MAX_TEXT_LINES else None


def _files(root: Path) -> dict[str, int]:
    """The plain files of a folder with their sizes, by path within it."""
    found: dict[str, int] = {}
    pending = [("", 0)]
    while pending:
        inner, depth = pending.pop()
        try:
            with os.scandir(root / inner) as listing:
                for entry in listing:
                    if len(found) >= _MAX_FILES:
                        return found
                    path = f"{inner}/{entry.name}" if inner else entry.name
                    kind = entry.stat(follow_symlinks=False)
                    if not belongs(entry.name, is_folder=stat.S_ISDIR(kind.st_mode)):
                        continue
                    if stat.S_ISDIR(kind.st_mode) and depth < _MAX_DEPTH:
                        pending.append((path, depth + 1))
                    elif stat.S_ISREG(kind.st_mode):
                        found[path] = kind.st_size
        except OSError:  # it goes while it is looked at
            continue
    return found


def _read(folder: Path, name: str, size: int) -> bytes | None:
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return file.read(size + 1)
        except OSError:
            return None
