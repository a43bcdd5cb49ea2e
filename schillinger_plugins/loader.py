"""Loader: finding plugins on this machine without running any of them.

Owns where plugins are looked for and in which order: the folders given, ``SCHILLINGER_PLUGIN_PATH``, the user's data
folder with what was written in cells, the entry points ``schillinger.plugins`` of installed distributions, and the examples
that come with this package. Only ``plugin.json`` is read; packages named by entry points are located, never imported.
Refuses nothing by raising: a broken plugin becomes a record with its error, and the rest goes on. Called by ``manager`` and
the command line.
"""

from __future__ import annotations

import gc
import importlib.metadata
import importlib.util
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import platformdirs

from .errors import ManifestError, PluginError
from .manifest import FILE_NAME, Manifest
from .registry import PluginRecord, duplicate

ENVIRONMENT_VARIABLE = "SCHILLINGER_PLUGIN_PATH"
ENTRY_POINT_GROUP = "schillinger.plugins"

_PACKAGE = Path(__file__).parent


def discover(paths: Iterable[str | Path] = (), *, everywhere: bool = True) -> list[PluginRecord]:
    """Find plugins.

    Parameters
    ----------
    paths : iterable of str or Path
        Folders that are plugins or hold plugins. They are searched first.
    everywhere : bool
        False for `paths` alone, so that what is installed on the machine makes no difference.

    Returns
    -------
    list of PluginRecord
        In the order of the search, ids unique. The same folder found twice (through a link, too) counts once. The first
        folder with an id has it; the next is broken with `DuplicatePlugin` and listed as ``id@2``.
    """
    with _uncollected():
        return list(_found(_places(paths, everywhere)).values())


def _found(places: Iterable[_Place]) -> dict[str, PluginRecord]:
    records: dict[str, PluginRecord] = {}
    seen: set[str] = set()
    for place in places:
        root = place.root
        key = str(root)
        if key in seen:
            continue
        seen.add(key)
        record = _inspect(place)
        if record is None:
            continue
        first = records.get(record.id)
        if first is not None:
            number = 2
            while (key := f"{record.id}@{number}") in records:
                number += 1
            error = record.error or duplicate(record.id, root, first.root)
            record = PluginRecord(
                id=key, root=root, source=place.source, manifest=record.manifest, error=error, state="broken"
            )
        records[record.id] = record
    return records


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the collector of circular garbage off: of what is found nothing is garbage, and it would walk over all of it,
    and all else that there is, again and again; a fifth of the time where there are many plugins."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def inspect(folder: str | Path, *, source: str = "path") -> PluginRecord:
    """The record of one plugin's folder, broken or not. Runs nothing of it."""
    record = _inspect(_Place(_real(Path(folder)), source))
    assert record is not None
    return record


class _Place(NamedTuple):
    """Where a plugin is, or might be."""

    root: Path
    """Links followed."""
    source: str
    problem: PluginError | None = None
    is_certain: bool = True
    """False if it is no plugin unless there is a manifest in it."""


def _inspect(place: _Place) -> PluginRecord | None:
    root, source, problem, is_certain = place
    if problem is not None:
        return PluginRecord(id=root.name or str(root), root=root, source=source, error=problem, state="broken")
    try:
        manifest = Manifest.read(root)
    except PluginError as error:
        # lexists: a plugin.json that is a dangling link is a broken plugin, not no plugin. Asked only now, since nearly
        # every folder of a folder of plugins is one.
        if not is_certain and not os.path.lexists(f"{root}/{FILE_NAME}"):
            return None
        return PluginRecord(id=Manifest.claimed_id(root), root=root, source=source, error=error, state="broken")
    return PluginRecord(id=manifest.id, root=root, source=source, manifest=manifest, definition=manifest.definition)


def _places(paths: Iterable[str | Path], everywhere: bool) -> Iterator[_Place]:
    for path in paths:
        yield from _plugins_at(Path(path).expanduser(), "path", required=True)
    if not everywhere:
        return
    for entry in os.environ.get(ENVIRONMENT_VARIABLE, "").split(os.pathsep):
        if entry.strip():
            yield from _plugins_at(Path(entry).expanduser(), "environment", required=True)
    yield from _plugins_at(user_folder(), "user", required=False)
    yield from _plugins_at(cells_folder(), "cells", required=False)
    yield from _entry_points()
    yield from _plugins_at(_examples(), "examples", required=False)


def user_folder() -> Path:
    """Where a user's own plugins live, ``~/.local/share/schillinger/plugins`` on Linux."""
    return Path(platformdirs.user_data_dir("schillinger", appauthor=False)) / "plugins"


def cells_folder() -> Path:
    """Where the plugins live that were written in cells, ``~/.local/share/schillinger/cells`` on Linux."""
    return user_folder().with_name("cells")


def _plugins_at(path: Path, source: str, *, required: bool) -> Iterator[_Place]:
    try:
        if (path / FILE_NAME).exists():
            yield _Place(_real(path), source)
            return
        with os.scandir(path) as entries:
            # What kind an entry is the folder tells, without a look at it.
            found = sorted(
                (entry.name, entry.is_symlink())
                for entry in entries
                if not entry.name.startswith((".", "__")) and entry.is_dir()
            )
    except FileNotFoundError:
        if required:
            where = f"{ENVIRONMENT_VARIABLE} names" if source == "environment" else "the search path names"
            problem = ManifestError(f"{where} {path}, which does not exist", remedy="correct the path")
            yield _Place(_real(path), source, problem)
        return
    except NotADirectoryError:
        message = f"{path} is a file, not a folder"
        problem = ManifestError(message, remedy="name the folder of a plugin, or one that holds plugins")
        yield _Place(_real(path), source, problem)
        return
    except (OSError, ValueError) as error:
        problem = ManifestError(f"{path} can't be searched: {error}", remedy="check the path and its permissions")
        yield _Place(_real(path), source, problem)
        return
    real = _real(path)
    for name, is_link in found:
        # Following links costs as much as reading a manifest: done for the folder of plugins, once.
        yield _Place(_real(real / name) if is_link else real / name, source, None, False)


def _entry_points() -> Iterator[_Place]:
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        distribution = point.dist.name if point.dist else "?"
        source = f"entry point of {distribution}"
        try:
            folder = _locate(point.value)
        except (ImportError, ValueError, OSError) as error:
            problem = ManifestError(
                f"the entry point {point.name} = {point.value!r} of {distribution} leads to no folder: {error}",
                remedy=f"reinstall {distribution}, or ask its author",
            )
            yield _Place(_real(Path(point.name)), source, problem)
        else:
            yield from _plugins_at(folder, source, required=True)


def _locate(value: str) -> Path:
    """The folder of ``package`` or ``package.sub``.

    `importlib.util.find_spec` imports the parents of a dotted name, so only the first part is given to it.
    """
    top, *inner = value.strip().split(".")
    if not all(part.isidentifier() for part in (top, *inner)):
        raise ValueError("it is not the dotted name of a package")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"there is no package {top!r}")
    for location in spec.submodule_search_locations:
        folder = Path(location, *inner)
        if folder.is_dir():
            return folder
    raise ImportError(f"the package {top!r} has no folder {'/'.join(inner) or '.'!r}")


def _examples() -> Path:
    shipped = _PACKAGE / "examples"
    if shipped.is_dir():
        return shipped
    checkout = _PACKAGE.parent
    # Not merely "plugins beside the package": in site-packages that would be somebody else's folder.
    return checkout / "plugins" if (checkout / "pyproject.toml").is_file() else shipped


def _real(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, ValueError, RuntimeError):  # a circle of links, a NUL character
        return folder.absolute()
