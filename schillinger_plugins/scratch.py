"""The scratch folder of a worker, which a hostile plugin may fill with anything.

Owns measuring and removing it. Both walk by descriptor, a folder at a time: a path longer than the kernel takes, a folder
deeper than Python recurses, and one that its owner may not list are all within a plugin's reach. Called on both sides of
the sandbox, but for measuring, which is the watchdog's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

ENDLESS = 1 << 62
MAX_ENTRIES = 10_000
MAX_DEPTH = 64
_NOT_ITS_DOING = (errno.ENOENT, errno.EMFILE, errno.ENFILE)
"""Its folder has been removed, since it has ended; or the host has no descriptor left."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def used_bytes(folder: Path, pid: int, largest_bytes: int) -> int:
    """Bytes on disk of everything in it, and of files that were deleted and are still open or mapped in process `pid`.

    A deleted file that is mapped and not open counts with `largest_bytes`, since its length can't be seen.

    A folder of too many entries, or too deep, counts as at least `ENDLESS`.
    """
    try:
        return _deleted_bytes(pid, largest_bytes) + _measure(os.open(folder, _FOLDER), 0, [MAX_ENTRIES])
    except OSError as error:
        if error.errno in _NOT_ITS_DOING:
            return 0
        return ENDLESS  # one that can't be listed: made to be hard to measure


def _measure(descriptor: int, depth: int, left: list[int]) -> int:
    """Bytes below an open folder, which is closed; one descriptor a level, of which there are few."""
    total, folders = 0, []
    try:
        with os.scandir(descriptor) as listing:
            for entry in listing:
                left[0] -= 1
                if left[0] < 0 or depth > MAX_DEPTH:
                    return ENDLESS
                with contextlib.suppress(FileNotFoundError):  # it went away meanwhile
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        for name in folders:
            with contextlib.suppress(FileNotFoundError):
                total += _measure(os.open(name, _FOLDER, dir_fd=descriptor), depth + 1, left)
    finally:
        os.close(descriptor)
    return total


def remove(folder: Path) -> None:
    """Remove it with everything in it, however deep; what can't be removed is left."""
    with contextlib.suppress(OSError):
        top = os.open(folder, _FOLDER)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(folder)


def _empty(top: int) -> None:
    """Empty a folder level by level: what lies deeper is moved up first, so that no path is ever long."""
    while True:
        folders = _unlink_files(top)
        if not folders:
            return
        for name in folders:
            with contextlib.suppress(OSError):
                os.chmod(name, stat.S_IRWXU, dir_fd=top)
            try:
                descriptor = os.open(name, _FOLDER, dir_fd=top)
            except OSError:
                return  # it can't be opened even so: nothing more can be done
            try:
                for inner in _unlink_files(descriptor):
                    # A name that the plugin can't have foreseen.
                    os.rename(inner, secrets.token_hex(8), src_dir_fd=descriptor, dst_dir_fd=top)
            finally:
                os.close(descriptor)
            os.rmdir(name, dir_fd=top)


def _unlink_files(folder: int) -> list[str]:
    folders: list[str] = []
    with os.scandir(folder) as listing:
        entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
    for name, is_folder in entries:
        if is_folder:
            folders.append(name)
        else:
            os.unlink(name, dir_fd=folder)
    return folders


def _deleted_bytes(pid: int, largest_bytes: int) -> int:
    total, counted = 0, set[int]()
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}").startswith("/memfd:"):
                    continue  # a segment: only the host can make those
                found = os.stat(f"/proc/{pid}/fd/{name}")
                if stat.S_ISREG(found.st_mode) and not found.st_nlink and found.st_ino not in counted:
                    counted.add(found.st_ino)
                    total += found.st_blocks * 512
        with open(f"/proc/{pid}/maps", "rb") as maps:
            mapped = {
                int(line.split(None, 5)[4])
                for line in maps
                if line.endswith(b" (deleted)\n") and b"/memfd:" not in line
            }
        # Held by a mapping alone, of however little of it: nobody but root can ask how long such a file is.
        total += largest_bytes * len(mapped - counted)
    return total
