"""Files that are whole or as they were, whatever happens while they are written.

Owns the way to the disk: written aside in the same folder, flushed to the device, put in place by one step. Refuses nothing;
what the system refuses is raised as it is. Called by whoever writes what somebody wants to keep.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def put(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    data : bytes
    replace : bool
        Whether a file of that name may be there, and goes.

    Raises
    ------
    FileExistsError
        If there is one that may not be replaced, even if it has appeared just now.
    OSError
        If it can't be written; what was there before is still there.
    """
    with writing(path, replace=replace) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Write a file bit by bit; it is there when the block has ended well. Otherwise as `put`."""
    # The name of what editors leave: no part of a plugin, whoever looks at its folder meanwhile.
    descriptor, aside = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.fsync(file.fileno())
        if replace:
            os.replace(aside, path)
        else:
            # A link fails where a file has appeared meanwhile; a rename would overwrite it.
            os.link(aside, path)
            os.unlink(aside)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    # The name, too, has to reach the device.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _umask() -> int:
    """Of this process; it can't be asked for without being set."""
    umask = os.umask(0o022)
    os.umask(umask)
    return umask
