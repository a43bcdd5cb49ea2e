"""Shelf: the flows that are saved on a server, each a file in the user's data folder.

Owns their names and files. What is put there has been parsed as a hostile document, is written aside and renamed, and is
parsed again when it is taken. Refuses names that could be a path, links, and more flows than it may hold. Called by
``flows``.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from ..errors import Busy, InputError, UnknownPlugin, nearest
from ..flow.document import MAX_BYTES, Document, read, save_file

MAX_FLOWS = 1000

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z", re.ASCII)


@dataclass(frozen=True)
class Saved:
    """A flow as the list has it."""

    name: str
    bytes: int
    saved_at: str


class Shelf:
    """The flows of the user who runs the server.

    Parameters
    ----------
    folder : Path, optional
        Made when the first flow is saved.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self._folder or Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "flows"

    def all(self) -> list[Saved]:
        """Those that are saved, by name."""
        try:
            entries = sorted(os.scandir(self.folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        found = []
        for entry in entries:
            name = entry.name.removesuffix(".json")
            if entry.name.endswith(".json") and _NAME.match(name) and entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                at = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="milliseconds")
                found.append(Saved(name, about.st_size, at))
        return found

    def get(self, name: str) -> tuple[Document, str]:
        """A flow and the tag of its content.

        Raises
        ------
        UnknownPlugin
            If there is none of that name.
        InputError
            If the file is no flow any more.
        """
        text = self._text(name)
        return read(text), _tag(text)

    def put(self, name: str, document: Document, *, unchanged_since: str | None = None) -> tuple[bool, str]:
        """Save a flow.

        Parameters
        ----------
        unchanged_since : str, optional
            The tag that it has to have still.

        Returns
        -------
        bool, str
            Whether it is a new one, and its tag.

        Raises
        ------
        Changed
            If somebody else has saved it since.
        Busy
            If there are too many.
        """
        path = self._path(name)
        with self._lock:
            is_new = not path.is_file()
            if unchanged_since is not None and (is_new or _tag(self._text(name)) != unchanged_since):
                raise Changed(name)
            if is_new and len(self.all()) >= MAX_FLOWS:
                raise Busy(f"{MAX_FLOWS} flows are saved already", remedy="delete one that nobody needs")
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file(document, path)
            return is_new, _tag(self._text(name))

    def remove(self, name: str) -> None:
        """Forget a flow. Raises `UnknownPlugin` if there is none of that name."""
        with self._lock:
            try:
                os.unlink(self._path(name))
            except FileNotFoundError:
                raise self._unknown(name) from None

    def _path(self, name: str) -> Path:
        if _NAME.match(name) is None:
            raise InputError(
                f"{name[:80]!r} is no name of a flow", remedy="take up to 64 letters, digits, - and _, as study_2"
            )
        return self.folder / f"{name}.json"

    def _text(self, name: str) -> bytes:
        try:
            # Not through a link: what it leads to was never checked here, and may be anybody's.
            descriptor = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            raise self._unknown(name) from None
        with open(descriptor, "rb") as file:
            return file.read(MAX_BYTES + 1)

    def _unknown(self, name: str) -> UnknownPlugin:
        close = nearest(name[:80], [one.name for one in self.all()])
        remedy = f"did you mean {close!r}?" if close else "PUT /api/flows/{name} saves one"
        return UnknownPlugin(f"there is no flow {name[:80]!r}", remedy=remedy)


class Changed(Exception):
    """Somebody else has saved the flow since."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _tag(text: bytes) -> str:
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'
