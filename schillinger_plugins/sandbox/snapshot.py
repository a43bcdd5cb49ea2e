"""A private copy of a plugin's folder, so that what was loaded is what runs, whatever becomes of the original.

Owns the copying, within the bounds of ``extent``. The folder is hostile: pipes, sockets and devices are left out, links are
copied as links (one that leads out of the folder leads nowhere in a worker). Called by `Sandbox.keep`.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from ..errors import LoadError
from ..extent import Extent
from ..paths import belongs


def copy(root: Path, target: Path) -> None:
    """Copy the folder `root` to `target`, which must not exist yet.

    Raises
    ------
    LoadError
        If it holds too much, or something in it can't be read.
    """
    extent = Extent(root)
    pending = [(root, target, 0)]
    try:
        while pending:
            source, destination, depth = pending.pop()
            extent.enter(depth)
            destination.mkdir()
            with os.scandir(source) as listing:
                for entry in listing:
                    extent.see()
                    kind = entry.stat(follow_symlinks=False)
                    place = destination / entry.name
                    if stat.S_ISLNK(kind.st_mode):
                        place.symlink_to(os.readlink(entry.path))
                    elif not belongs(entry.name, is_folder=stat.S_ISDIR(kind.st_mode)):
                        continue
                    elif stat.S_ISDIR(kind.st_mode):
                        pending.append((Path(entry.path), place, depth + 1))
                    elif stat.S_ISREG(kind.st_mode):
                        extent.read(entry.path, kind)
                        shutil.copyfile(entry.path, place, follow_symlinks=False)
    except OSError as error:
        raise LoadError(
            f"its folder can't be copied: {error.strerror}: {error.filename}", remedy="check that its files can be read"
        ) from error
