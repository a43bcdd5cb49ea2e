"""A private copy of a plugin's folder, so that what was loaded is what runs, whatever becomes of the original.

Owns the copying and its bounds. The folder is hostile: pipes, sockets and devices are left out, links are copied as links
(one that leads out of the folder leads nowhere in a worker), and an endless folder is refused. Called by `Sandbox.keep`.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from ..errors import LoadError
from ..paths import belongs

MAX_BYTES = 4 * 1024**3
MAX_ENTRIES = 20_000
MAX_DEPTH = 64
_HOLE_BYTES = 1024 * 1024


def copy(root: Path, target: Path) -> None:
    """Copy the folder `root` to `target`, which must not exist yet.

    Raises
    ------
    LoadError
        If it holds too much, or something in it can't be read.
    """
    entries, room = 0, MAX_BYTES
    pending = [(root, target, 0)]
    try:
        while pending:
            source, destination, depth = pending.pop()
            if depth > MAX_DEPTH:
                raise LoadError(f"its folder {root} is more than {MAX_DEPTH} folders deep", remedy="make it flatter")
            destination.mkdir()
            with os.scandir(source) as listing:
                for entry in listing:
                    entries += 1
                    kind = entry.stat(follow_symlinks=False)
                    place = destination / entry.name
                    if stat.S_ISLNK(kind.st_mode):
                        place.symlink_to(os.readlink(entry.path))
                    elif not belongs(entry.name, is_folder=stat.S_ISDIR(kind.st_mode)):
                        continue
                    elif stat.S_ISDIR(kind.st_mode):
                        pending.append((Path(entry.path), place, depth + 1))
                    elif stat.S_ISREG(kind.st_mode):
                        if kind.st_size > kind.st_blocks * 512 + _HOLE_BYTES:
                            raise LoadError(
                                f"its file {entry.path} has holes: {kind.st_size} bytes that take {kind.st_blocks * 512}",
                                remedy="write the file anew, without holes",
                            )
                        room -= kind.st_size
                        _demand(room, entries, root)
                        shutil.copyfile(entry.path, place, follow_symlinks=False)
                    _demand(room, entries, root)
    except OSError as error:
        raise LoadError(
            f"its folder can't be copied: {error.strerror}: {error.filename}", remedy="check that its files can be read"
        ) from error


def _demand(room: int, entries: int, root: Path) -> None:
    if room < 0 or entries > MAX_ENTRIES:
        raise LoadError(
            f"its folder {root} holds more than {MAX_ENTRIES} files or {MAX_BYTES // 1024**3} GiB",
            remedy="move out of it what the plugin doesn't need",
        )
