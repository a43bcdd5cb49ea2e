"""The files of a plugin's folder, as a scan may read them.

Owns the walk and its bounds. The folder is hostile: links are named and never followed, pipes and devices are never opened,
a folder without end ends, and of a huge file only the beginning is read. Caches are left out, since they are not copied to
where the plugin runs. Called by ``scan``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..paths import belongs, shown

MAX_ENTRIES = 20_000
MAX_DEPTH = 32
SOURCE_SUFFIXES = (".py", ".pyw")

_HEAD_BYTES = 512


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file.

    Attributes
    ----------
    path : Path
        Where it is.
    file : str
        Relative to the plugin's folder, printable.
    kind : str
        ``file``, ``link``, ``other`` (a pipe, a socket, a device) or ``unreadable`` (a folder, too).
    size : int
        In bytes.
    mode : int
        Its permission bits.
    """

    path: Path
    file: str
    kind: str
    size: int = 0
    mode: int = 0

    @property
    def suffix(self) -> str:
        """``.py``; in small letters."""
        return self.path.suffix.lower()

    @property
    def is_source(self) -> bool:
        """Whether its name says that it is Python."""
        return self.suffix in SOURCE_SUFFIXES

    def head(self) -> bytes:
        """Its first bytes, by which a file shows what it is.

        Raises
        ------
        OSError
            If it can't be read.
        """
        return self.read(_HEAD_BYTES)

    def read(self, most: int) -> bytes:
        """Its content, or the beginning of it.

        Raises
        ------
        OSError
            If it can't be read, or has become something else than a file meanwhile.
        """
        # Somebody may put a pipe or a link in its place after it was listed: opening must neither follow nor wait.
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("it is no file any more")
            return file.read(most)


def entries(root: Path) -> Iterator[Entry]:
    """Everything in a folder that is no folder, sorted by name, to at most `MAX_ENTRIES` and `MAX_DEPTH` folders deep.

    What is beyond the bounds is one entry of kind ``endless``.
    """
    seen = 0
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        inner = folder.relative_to(root)
        try:
            with os.scandir(folder) as listing:
                found = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            yield Entry(path=folder, file=shown(inner.as_posix()), kind="unreadable")
            continue
        for entry in found:
            seen += 1
            name = shown((inner / entry.name).as_posix())
            if seen > MAX_ENTRIES or depth > MAX_DEPTH:
                yield Entry(path=Path(entry.path), file=name, kind="endless")
                return
            try:
                found_stat = entry.stat(follow_symlinks=False)
            except OSError:
                yield Entry(path=Path(entry.path), file=name, kind="unreadable")
                continue
            mode = found_stat.st_mode
            if stat.S_ISDIR(mode):
                if belongs(entry.name, is_folder=True):
                    pending.append((Path(entry.path), depth + 1))
                continue
            kind = "file" if stat.S_ISREG(mode) else "link" if stat.S_ISLNK(mode) else "other"
            yield Entry(path=Path(entry.path), file=name, kind=kind, size=found_stat.st_size, mode=stat.S_IMODE(mode))
