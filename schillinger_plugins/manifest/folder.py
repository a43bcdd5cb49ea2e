"""The folder of a plugin: its manifest's bytes, and whether its main file lies within.

Owns the way to both without following a link out of the folder, and without waiting for what is no plain file. Called by the
module above.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from ..paths import other_spelling
from ..schema.json_text import MAX_BYTES
from ..schema.strict import Flaw, show

FILE_NAME = "plugin.json"


class NotReadable(OSError):
    """There is no manifest to read; `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def read_manifest(folder: Path) -> bytes:
    """The bytes of a folder's manifest: in three system calls where it is a plain file, as nearly every one is."""
    try:
        descriptor = os.open(f"{folder}/{FILE_NAME}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return _read_odd_manifest(folder)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            # One byte more than is accepted, so that a file that is too large is seen without being read.
            return os.read(descriptor, min(found.st_size, MAX_BYTES) + 1)
    except OSError:
        pass  # which the other way puts into words
    finally:
        os.close(descriptor)
    return _read_odd_manifest(folder)


def _read_odd_manifest(folder: Path) -> bytes:
    path = folder / FILE_NAME
    try:
        if not folder.is_dir():
            raise NotReadable(f"there is no folder {folder}", "give the path of a plugin's folder")
        found = path.stat()
        if not path.resolve().is_relative_to(folder.resolve()):
            raise NotReadable(f"{FILE_NAME} is a link that leaves the folder", "put the file itself there")
        if not stat.S_ISREG(found.st_mode):
            raise NotReadable(f"{FILE_NAME} is no regular file", "put a file there")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise NotReadable(
            f"there is no {FILE_NAME} in {folder}", "every plugin's folder has one; `schillinger schema` describes it"
        ) from error
    except (NotReadable, ValueError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(f"{show(str(folder))} is no path: {error}", "give the path of a plugin's folder") from error
    except OSError as error:
        raise NotReadable(f"{path} can't be read: {error.strerror}", "check the file and its permissions") from error


def main_file_flaws(folder: Path, main_file: str) -> list[Flaw]:
    """What is wrong with the way to the main file; empty if nothing is."""
    if "/" not in main_file:
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.lstat(f"{folder}/{main_file}").st_mode):
                return []
    path, place = folder / main_file, "$.main_file"
    try:
        real = path.resolve(strict=True)
        inside = real.is_relative_to(folder.resolve(strict=True))
        regular = real.is_file()
    except OSError as error:
        reason = "is not there" if isinstance(error, FileNotFoundError) else f"can't be reached: {error.strerror}"
        other = other_spelling(folder, main_file)
        remedy = f"put the plugin's class into {path}"
        if other is not None:
            remedy = f"it is called {other!r} there: write that into main_file, or rename it"
        return [Flaw(message=f"{show(main_file)} {reason}", path=place, remedy=remedy)]
    if not inside:
        message = f"{show(main_file)} is a link that leaves the plugin's folder"
        return [Flaw(message=message, path=place, remedy="put the file itself into the folder")]
    if not regular:
        return [Flaw(message=f"{show(main_file)} is no regular file", path=place, remedy="name a Python file")]
    return []
