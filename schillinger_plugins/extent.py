"""Extent: how much the folder of a plugin may hold, whoever reads it.

Owns the bounds and the counting. An endless folder, or a file of holes that takes no room and has no end, is refused before
it keeps the host busy. Called by ``registry``, which hashes such a folder, and by ``sandbox.snapshot``, which copies it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import LoadError

MAX_BYTES = 4 * 1024**3
MAX_ENTRIES = 20_000
MAX_DEPTH = 64
_HOLE_BYTES = 1024 * 1024


class Extent:
    """What has been seen of one folder so far."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries, self._room = 0, MAX_BYTES

    def enter(self, depth: int) -> None:
        """A folder within it, so deep.

        Raises
        ------
        LoadError
            If it is too deep.
        """
        if depth > MAX_DEPTH:
            raise LoadError(f"its folder {self._root} is more than {MAX_DEPTH} folders deep", remedy="make it flatter")

    def see(self) -> None:
        """One more entry.

        Raises
        ------
        LoadError
            If there are too many.
        """
        self._entries += 1
        self._demand()

    def read(self, path: str | Path, kind: os.stat_result) -> None:
        """A file that is to be read.

        Raises
        ------
        LoadError
            If it has holes, or there is too much.
        """
        if not stat.S_ISREG(kind.st_mode):
            return
        if kind.st_size > kind.st_blocks * 512 + _HOLE_BYTES:
            raise LoadError(
                f"its file {path} has holes: {kind.st_size} bytes that take {kind.st_blocks * 512}",
                remedy="write the file anew, without holes",
            )
        self._room -= kind.st_size
        self._demand()

    def _demand(self) -> None:
        if self._room < 0 or self._entries > MAX_ENTRIES:
            raise LoadError(
                f"its folder {self._root} holds more than {MAX_ENTRIES} files or {MAX_BYTES // 1024**3} GiB",
                remedy="move out of it what the plugin doesn't need",
            )
