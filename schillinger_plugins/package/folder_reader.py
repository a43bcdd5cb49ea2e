"""Reading a folder as if it were an archive: its files, sorted, without caches.

Refuses links, pipes and devices rather than leave them out: what is packed is the plugin, not a part of it. Files are
opened without following a link that was put in their place meanwhile. Called by ``package``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..paths import belongs
from .rules import CHUNK_BYTES, MAX_DEPTH, MAX_ENTRIES, Member, refusal


def folder_members(root: Path) -> Iterator[Member]:
    """The files below `root`, sorted by path.

    Raises
    ------
    PackageError
        For what is neither a file nor a folder, and for a folder without end.
    """
    found = sorted(_walk(root), key=lambda item: item[0])
    for name, size in found:
        yield Member(name=name, is_folder=False, size=size, chunks=partial(_chunks, root, name, size))


def _walk(root: Path) -> Iterator[tuple[str, int]]:
    pending, seen = [""], 0
    while pending:
        inner = pending.pop()
        with os.scandir(root / inner) as listing:
            for entry in listing:
                name = f"{inner}{entry.name}"
                if not belongs(entry.name, is_folder=entry.is_dir(follow_symlinks=False)):
                    continue
                seen += 1
                if seen > MAX_ENTRIES or name.count("/") > MAX_DEPTH:
                    problem = f"holds more than {MAX_ENTRIES} files or {MAX_DEPTH} folders in each other"
                    raise refusal(root, None, problem, "move what it doesn't need out of it")
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    pending.append(f"{name}/")
                elif stat.S_ISREG(found.st_mode):
                    yield name, found.st_size
                else:
                    what = "a link" if stat.S_ISLNK(found.st_mode) else "neither a file nor a folder"
                    raise refusal(root, name, f"is {what}", "put the file itself there, or remove it")


def _chunks(root: Path, name: str, size: int) -> Iterator[bytes]:
    descriptor = os.open(root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise refusal(root, name, "is no file any more", "try again")
        left = size
        while chunk := file.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left:
        raise refusal(root, name, "was changed while it was read", "try again")
