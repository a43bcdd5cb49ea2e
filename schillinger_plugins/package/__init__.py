"""Package: a plugin in one file, taken apart and put together.

Owns the way from an archive (.zip, .tar.gz) or a folder to a plugin's folder and back. Both ways obey the same rules
(``rules``), read strictly (``zip_reader``, ``tar_reader``, ``folder_reader``) and leave nothing half-done (``placing``).
Refuses everything that isn't plainly a folder with regular files in it, with `PackageError`. Runs nothing of a plugin,
asks for no permission and scans nothing: an unpacked plugin is as much a stranger's as before. Called by the faces.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import ManifestError, PackageError
from ..manifest import FILE_NAME, Manifest
from ..paths import shown
from ..schema.json_text import MAX_BYTES
from .folder_reader import folder_members
from .placing import aside, fill, move_into_place, os_error, rename_new, sweep
from .rules import (
    MAX_ARCHIVE_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_NAME_BYTES,
    MAX_PATH_BYTES,
    MAX_RATIO,
    MAX_TOTAL_BYTES,
    Ledger,
    Member,
    refusal,
)
from .tar_reader import tar_members
from .zip_reader import zip_members
from .zip_writer import write_zip

__all__ = [
    "MAX_ARCHIVE_BYTES",
    "MAX_DEPTH",
    "MAX_ENTRIES",
    "MAX_FILE_BYTES",
    "MAX_NAME_BYTES",
    "MAX_PATH_BYTES",
    "MAX_RATIO",
    "MAX_TOTAL_BYTES",
    "Summary",
    "aside",
    "inspect",
    "pack",
    "sweep",
    "unpack",
]

_ENDINGS = (".zip", ".tar.gz", ".tgz")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What an archive or a folder holds.

    Attributes
    ----------
    kind : str
        ``zip``, ``tar.gz`` or ``folder``.
    manifest : Manifest
    files : tuple of str
        Paths within the plugin's folder, in the order of the archive.
    total_bytes : int
        Of the files, unpacked.
    """

    kind: str
    manifest: Manifest
    files: tuple[str, ...]
    total_bytes: int


def inspect(archive: Path) -> Summary:
    """Read an archive (or a folder) through to its end and check all of it, writing nothing.

    Raises
    ------
    PackageError
        For the first broken rule: it names the entry and what to do.
    """
    source = Path(archive)
    ledger = Ledger(source)
    texts: dict[str, bytes] = {}
    with os_error(source), _opened(source) as (kind, members):
        for member in members:
            path = ledger.admit(member)
            is_manifest = path is not None and path.split("/")[-1] == FILE_NAME and path.count("/") < 2
            text = b""
            for chunk in member.chunks():
                if is_manifest and len(text) <= MAX_BYTES:
                    text += chunk
            if path is not None and is_manifest:
                texts[path] = text
    root = ledger.root()
    files = _within(root, ledger.files)
    try:
        manifest = Manifest.parse(
            texts[f"{root}/{FILE_NAME}" if root else FILE_NAME], where=Path(root or _stem(source))
        )
    except ManifestError as error:
        raise _bad_manifest(source, error.message, error.remedy, error.path) from error
    if manifest.main_file not in files:
        problem = f"its main file {manifest.main_file!r} is not there"
        raise _bad_manifest(source, problem, "pack it, too", "$.main_file")
    return Summary(kind=kind, manifest=manifest, files=files, total_bytes=ledger.total_bytes)


def unpack(archive: Path, into: Path, *, replace: bool = False) -> Path:
    """Put the plugin of an archive (or of a folder) into a folder of plugins, whole or not at all.

    Parameters
    ----------
    archive : Path
        A .zip, .tar.gz or .tgz, told apart by content; or a plugin's folder, which is copied.
    into : Path
        The folder that holds plugins; made if it is not there.
    replace : bool
        Whether a plugin that is there already gives way. The two change places in one step.

    Returns
    -------
    Path
        The plugin's folder, ``into / id``.

    Raises
    ------
    PackageError
        If the archive breaks a rule, the plugin is there already, or the disk is full. Whatever happens, even a crash,
        `into` shows either the plugin as it was or the new one.

    Notes
    -----
    The files are written into a hidden folder beside, checked, flushed to the device and then renamed. A crash leaves that
    hidden folder, which discovery passes over and the next `unpack` removes.
    """
    source = Path(archive)
    if source.is_dir() and Path(into).resolve().is_relative_to(source.resolve()):
        raise refusal(source, None, f"holds {shown(into)}, where it would be put", "name the folder of one plugin")
    with os_error(source, into), aside(Path(into)) as scratch:
        content = scratch / _stem(source)  # its name is the id, if nothing else gives one
        ledger = Ledger(source)
        with _opened(source) as (_, members):
            fill(content, members, ledger)
        folder = content / ledger.root()
        flaws = Manifest.flaws(folder)
        if flaws:
            first = flaws[0]
            raise _bad_manifest(source, first.message, first.remedy, first.path, folder=folder)
        target = Path(into) / Manifest.read(folder).id
        move_into_place(folder, target, replace=replace)
        return target


def pack(folder: Path, output: Path | None = None) -> Path:
    """Write a plugin's folder to a zip, the same bytes for the same content (and version of zlib).

    Parameters
    ----------
    folder : Path
        Caches and compiled files in it are left out, as they are from its content hash.
    output : Path, optional
        Where; ``id-version.zip`` in the working directory, if not given.

    Returns
    -------
    Path
        The archive.

    Raises
    ------
    PackageError
        If `unpack` would refuse it, if `output` is there already or would be part of itself.
    """
    source = Path(folder)
    if not source.is_dir():
        raise PackageError(f"there is no folder {shown(source)}", remedy="name the folder of a plugin")
    with os_error(source):
        manifest = inspect(source).manifest
        target = Path(f"{manifest.id}-{manifest.metadata.version}.zip") if output is None else Path(output)
        if target.parent.resolve().is_relative_to(source.resolve()):
            raise PackageError(
                f"{shown(target)} would lie in the folder that it packs", remedy="write it elsewhere: -o ../plugin.zip"
            )
        if os.path.lexists(target):
            raise PackageError(f"{shown(target)} is there already", remedy="remove it, or name another file with -o")
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".schillinger-pack-", suffix=".zip")
        written = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                write_zip(file, manifest.id, folder_members(source), source=source)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            inspect(written)  # by the very rules of unpack: nothing leaves that couldn't come back
            rename_new(written, target)  # fails where a file has appeared meanwhile
        finally:
            with suppress(OSError):
                written.unlink()
    return target


@contextmanager
def _opened(source: Path) -> Iterator[tuple[str, Iterator[Member]]]:
    if source.is_dir():
        yield "folder", folder_members(source)
        return
    # Neither follows a pipe nor waits for its other end.
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise refusal(source, None, "is no regular file", "name an archive")
        if found.st_size > MAX_ARCHIVE_BYTES:
            raise refusal(
                source,
                None,
                f"has {found.st_size} bytes; at most {MAX_ARCHIVE_BYTES} are read",
                "move large assets out of the plugin",
            )
        head = file.read(4)
        file.seek(0)
        if head[:2] == b"PK":
            yield "zip", zip_members(file, found.st_size, source)
        elif head[:2] == b"\x1f\x8b":
            yield "tar.gz", tar_members(file, source)
        else:
            raise refusal(source, None, "is no zip and no tar.gz", "name a .zip, .tar.gz or .tgz, or a plugin's folder")


def _bad_manifest(
    source: Path, problem: str, remedy: str | None, path: str | None, *, folder: Path | None = None
) -> PackageError:
    # The folder is gone when this is read.
    problem, remedy = (
        text.replace(str(folder), "the plugin's folder") if folder else text
        for text in (problem, remedy or "correct it")
    )
    return PackageError(f"{shown(source.name)}: {FILE_NAME}: {problem}", remedy=remedy, path=path)


def _within(root: str, files: list[str]) -> tuple[str, ...]:
    return tuple(name.removeprefix(f"{root}/") if root else name for name in files)


def _stem(archive: Path) -> str:
    """What an archive or a folder is called, without its ending."""
    name = archive.resolve().name if archive.is_dir() else archive.name
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name.strip(".") or "plugin"
