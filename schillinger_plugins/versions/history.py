"""History: the versions of each plugin that served, and their private copies within bounds.

Owns the copies of everything that serves or has served, and forgets the oldest where there are too many or they take too
much room; what serves is never forgotten. Called by ``reloading``, which holds the manager's lock or the plugin's turn.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InputError, nearest
from ..loaded import LoadedPlugin
from .version import Version

MAX_KEPT = 12
"""Versions of one plugin that are remembered, what serves included."""
MAX_BYTES = 256 * 1024**2
"""What the former versions of one plugin may take together. Of what is larger only the record is kept."""


@dataclass(slots=True)
class _Line:
    """The history of one plugin: servings, the newest last, and the code that is there still, by content hash."""

    servings: list[Version] = field(default_factory=list)
    kept: dict[str, tuple[LoadedPlugin, int]] = field(default_factory=dict)


class Versions:
    """The versions of a manager's plugins.

    Parameters
    ----------
    forget : callable
        Removes a private copy.
    """

    def __init__(self, forget: Callable[[Path], None]) -> None:
        self._forget = forget
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def serves(self, plugin: LoadedPlugin, why: str) -> list[Path]:
        """This one serves from now on, and its copy belongs to the history. The copies that are too old to be kept.

        A reload of what serves already is no version of its own: many of them would push out those that are.
        """
        size = _size(plugin.copy)
        gone: list[Path] = []
        with self._lock:
            line = self._lines.setdefault(plugin.plugin_id, _Line())
            known = line.kept.pop(plugin.content_hash, None)
            if known is not None and known[0].copy != plugin.copy:
                gone.append(known[0].copy)
            line.kept[plugin.content_hash] = plugin, size
            if not line.servings or line.servings[-1].content_hash != plugin.content_hash:
                line.servings.append(
                    Version(
                        plugin_id=plugin.plugin_id,
                        content_hash=plugin.content_hash,
                        version=plugin.manifest.metadata.version,
                        served_from_s=time.time(),
                        why=why,
                        is_serving=True,
                        is_kept=True,
                    )
                )
            del line.servings[:-MAX_KEPT]
            gone += self._too_much(line, plugin.content_hash)
        return gone

    def of(self, plugin_id: str) -> tuple[Version, ...]:
        """Those that served, the one that serves first."""
        with self._lock:
            line = self._lines.get(plugin_id, _Line())
            last = len(line.servings) - 1
            return tuple(
                replace(version, is_serving=index == last, is_kept=version.content_hash in line.kept)
                for index, version in reversed(list(enumerate(line.servings)))
            )

    def former(self, plugin_id: str, wanted: str | None) -> LoadedPlugin:
        """The version that served before the one that serves, or the one whose content hash begins so.

        Raises
        ------
        InputError
            If there is none, it serves now, its code is there no more, or several begin so.
        """
        servings = self.of(plugin_id)
        now = servings[0].content_hash if servings else ""
        hashes = list(dict.fromkeys(version.content_hash for version in servings))
        if wanted is None:
            found = [one for one in hashes if one != now][:1]
            if not found:
                raise InputError(
                    "no other version of it has served",
                    plugin_id=plugin_id,
                    remedy=f"%plugin history {plugin_id} shows those that have",
                )
        else:
            found = [one for one in hashes if one.startswith(wanted.lower())] if wanted else []
        if len(found) != 1:
            raise self._no_such(plugin_id, wanted or "", hashes, found)
        if found[0] == now:
            raise InputError(
                f"{now[:8]} serves already",
                plugin_id=plugin_id,
                remedy=f"%plugin history {plugin_id} shows the others",
            )
        with self._lock:
            line = self._lines.get(plugin_id)
            kept = line.kept.get(found[0]) if line is not None else None
        if kept is None:
            raise InputError(
                f"the code of {found[0][:8]} is there no more: former versions may take {MAX_BYTES // 1024**2} MB",
                plugin_id=plugin_id,
                remedy=f"%plugin history {plugin_id} shows which are there",
            )
        return kept[0]

    def forget(self, plugin_id: str) -> None:
        """Remove everything of a plugin."""
        with self._lock:
            line = self._lines.pop(plugin_id, None)
        for plugin, _ in line.kept.values() if line is not None else ():
            self._forget(plugin.copy)

    def _too_much(self, line: _Line, serving: str) -> list[Path]:
        """The copies that have to go: of what is in no serving any more, then the oldest while they take too much."""
        remembered = {version.content_hash for version in line.servings}
        gone = [content_hash for content_hash in line.kept if content_hash not in remembered]
        former = [content_hash for content_hash in line.kept if content_hash in remembered and content_hash != serving]
        room = MAX_BYTES - sum(line.kept[one][1] for one in former)
        for content_hash in former:
            if room >= 0:
                break
            room += line.kept[content_hash][1]
            gone.append(content_hash)
        return [line.kept.pop(content_hash)[0].copy for content_hash in gone]

    def _no_such(self, plugin_id: str, wanted: str, hashes: list[str], found: list[str]) -> InputError:
        if found:
            return InputError(
                f"{len(found)} versions begin with {wanted!r}", plugin_id=plugin_id, remedy="write more digits of it"
            )
        close = nearest(wanted[:64], [one[: len(wanted)] for one in hashes]) if len(wanted) > 2 else None
        remedy = f"did you mean {close}?" if close else f"%plugin history {plugin_id} shows those that have"
        return InputError(f"no version that begins with {wanted[:64]!r} has served", plugin_id=plugin_id, remedy=remedy)


def _size(folder: Path) -> int:
    """Bytes of a private copy, which nobody changes."""
    total = 0
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total
