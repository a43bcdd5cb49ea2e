"""The folder of a host, and what others left that were killed.

Owns the mark in each folder that says whether its host still lives: a file that the host keeps locked, which the kernel
unlocks when it dies. A zygote tidies up when its host is killed; where both were killed together, the next host does.
Called by `Sandbox`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path

from ..scratch import remove

_PREFIX = "schillinger-"
_MARK = ".host"


def make_folder() -> tuple[Path, int]:
    """A folder of this process's own, and the descriptor that keeps it: whoever closes that gives the folder away."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    try:
        # Locked before it has its name: nobody ever finds the mark of a host that lives unlocked.
        descriptor = os.open(folder / f"{_MARK}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(folder / f"{_MARK}.new", folder / _MARK)
        except BaseException:
            os.close(descriptor)
            raise
    except BaseException:
        remove(folder)
        raise
    return folder, descriptor


def sweep() -> None:
    """Remove the folders of this user's hosts that have died."""
    parent = Path(tempfile.gettempdir())
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            if name.startswith(_PREFIX):
                with contextlib.suppress(OSError):
                    _remove_if_left(parent / name)


def _remove_if_left(folder: Path) -> None:
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():  # in a folder that others may write, too
        return
    descriptor = os.open(folder / _MARK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(folder)
    finally:
        os.close(descriptor)
