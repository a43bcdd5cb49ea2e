"""Registry: the plugins that are known.

Owns the records, by id, type and category, and tells ``events`` what comes and goes. Refuses a second record of the
same id. Its law: `unregister` undoes everything that `register` did. Runs no plugin code and touches no file but to
hash a plugin's folder when asked. Filled by ``manager`` with what ``loader`` finds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from .definition import NodeDefinition
from .errors import DuplicatePlugin, PluginError, UnknownPlugin, nearest
from .events import Event, Events
from .extent import Extent
from .manifest import Manifest
from .paths import belongs

State = Literal["discovered", "loaded", "broken"]

_RAISE: Any = object()


@dataclass(frozen=True, kw_only=True)
class PluginRecord:
    """What is known of one plugin's folder. Replaced as a whole (`Registry.update`), never changed.

    Attributes
    ----------
    id : str
        Its key. For a broken plugin the id it claims, or its folder's name; the second of an id is ``gain_node@2``.
    root : Path
        Its folder, links resolved.
    source : str
        How it was found: path, environment, user, entry point, examples.
    manifest : Manifest or None
        None if `state` is broken because of the manifest.
    error : PluginError or None
        Why it can't be used.
    definition : NodeDefinition or None
        From the manifest, or from the worker once it has been loaded.
    """

    id: str
    root: Path
    source: str
    manifest: Manifest | None = None
    error: PluginError | None = None
    state: State = "discovered"
    definition: NodeDefinition | None = None

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the folder's files, computed when first asked for and then kept with this record."""
        return content_hash(self.root)


class Registry(Mapping[str, PluginRecord]):
    """The known plugins as a mapping from id to record, in the order they were found. Safe to use from several threads."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._records: dict[str, PluginRecord] = {}
        self._lock = threading.RLock()

    def register(self, record: PluginRecord) -> Callable[[], None]:
        """Add a record.

        Returns
        -------
        callable
            The undo: unregisters it, if it is still there.

        Raises
        ------
        DuplicatePlugin
            If the id is taken.
        """
        with self._lock:
            if (other := self._records.get(record.id)) is not None:
                raise duplicate(record.id, record.root, other.root)
            self._records[record.id] = record
        self._events.emit(Event("registered", record.id))

        def undo() -> None:
            if record.id in self:
                self.unregister(record.id)

        return undo

    def unregister(self, plugin_id: str) -> PluginRecord:
        """Remove a record and return it.

        Raises
        ------
        UnknownPlugin
            If there is none.
        """
        with self._lock:
            record = self[plugin_id]
            del self._records[plugin_id]
        self._events.emit(Event("unregistered", plugin_id))
        return record

    def update(self, plugin_id: str, **changes: Any) -> PluginRecord:
        """Replace a record by one with `changes` (``state="loaded", definition=...``) and return it.

        The new record computes its content hash anew. Emits nothing: who changes a plugin's state says so.

        Raises
        ------
        UnknownPlugin
            If there is none.
        """
        with self._lock:
            record = dataclasses.replace(self[plugin_id], **changes)
            if record.id != plugin_id:
                raise ValueError("a record's id never changes")
            self._records[plugin_id] = record
        return record

    def by_type(self, plugin_type: str) -> list[PluginRecord]:
        """The plugins of a type, as ``ANALYSIS``."""
        return [r for r in self.values() if r.manifest and r.manifest.metadata.plugin_type == plugin_type]

    def by_category(self, category: str) -> list[PluginRecord]:
        """The plugins of a category, as ``Audio Processing``."""
        return [r for r in self.values() if r.manifest and r.manifest.metadata.category == category]

    def get(self, plugin_id: str, default: Any = _RAISE) -> Any:
        """The record of that id; without `default`, as ``registry[plugin_id]``."""
        try:
            return self[plugin_id]
        except UnknownPlugin:
            if default is _RAISE:
                raise
            return default

    def __getitem__(self, plugin_id: str) -> PluginRecord:
        with self._lock:
            try:
                return self._records[plugin_id]
            except KeyError:
                raise _unknown(plugin_id, list(self._records)) from None

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, plugin_id: object) -> bool:
        return plugin_id in self._records


def duplicate(plugin_id: str, root: Path, first: Path) -> DuplicatePlugin:
    """The error for a second folder with an id. Called by ``loader``, too."""
    return DuplicatePlugin(
        f"{root} has the id {plugin_id!r}, which {first} already has",
        plugin_id=plugin_id,
        remedy='give one of them another "id", or remove one of the folders',
        path="$.id",
    )


def content_hash(root: Path) -> str:
    """SHA-256 over a plugin's folder: names, kinds and contents of its files, without caches.

    Links are hashed as links, not followed, so that nothing outside the folder is read.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    LoadError
        If it holds more than the folder of a plugin may.
    """
    total, extent = hashlib.sha256(), Extent(root)
    # Not os.walk, which recurses before Python 3.12: a folder may be deeper than the stack.
    pending = [root]
    while pending:
        folder = pending.pop()
        extent.enter(len(folder.parts) - len(root.parts))
        entries = []
        with os.scandir(folder) as listing:
            for entry in listing:
                extent.see()
                entries.append((entry.name, entry.is_dir(follow_symlinks=False)))
        entries.sort()
        pending += [
            folder / name for name, is_folder in reversed(entries) if is_folder and belongs(name, is_folder=True)
        ]
        for name, is_folder in entries:
            if is_folder or not belongs(name, is_folder=False):
                continue
            path = folder / name
            kind = path.lstat()
            extent.read(path, kind)
            mode = kind.st_mode
            if stat.S_ISREG(mode):
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").digest()
            else:
                target = os.readlink(path) if stat.S_ISLNK(mode) else ""
                digest = hashlib.sha256(os.fsencode(target)).digest()
            inner = os.fsencode(path.relative_to(root).as_posix())
            # Length first: no choice of names can make two different folders hash alike.
            total.update(len(inner).to_bytes(8, "little") + inner + stat.S_IFMT(mode).to_bytes(4, "little") + digest)
    return total.hexdigest()


def _unknown(plugin_id: str, known: list[str]) -> UnknownPlugin:
    close = nearest(plugin_id, known)
    remedy = f"did you mean {close!r}?" if close else "`%plugin list` shows what there is"
    return UnknownPlugin(f"there is no plugin {plugin_id[:100]!r}", remedy=remedy)
