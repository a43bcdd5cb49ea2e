"""Placing: files written aside, flushed, and renamed into place in one step.

Owns the hidden folder beside the target, its removal whatever happens, and the exchange of an old plugin for a new one.
A process that is killed leaves its hidden folder; it is locked as long as that process lives, so the next one knows that
it may be removed. Called by ``package``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import AlreadyThere, PackageError
from ..paths import shown
from .rules import Ledger, Member

PREFIX = ".schillinger-unpack-"

_LOCK_TIMEOUT_S = 10.0
_AT_FDCWD = -100
_NO_REPLACE, _EXCHANGE = 1, 2


@contextlib.contextmanager
def os_error(source: Path, into: Path | None = None) -> Iterator[None]:
    """Turn what the system says into a `PackageError` that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        about = shown(error.filename) if isinstance(error.filename, (str, Path)) else shown(into or source)
        remedy = "check the path and its permissions"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "make room on the device; nothing was changed"
        raise PackageError(f"{shown(source)}: {error.strerror or error}: {about}", remedy=remedy) from error
    except ValueError as error:  # a path with a NUL character
        raise PackageError(f"{shown(source)} is no path: {error}", remedy="name an archive or a folder") from error


@contextlib.contextmanager
def aside(into: Path) -> Iterator[Path]:
    """A hidden folder in `into`, private to this user, gone afterwards. Removes what a killed process has left."""
    into.mkdir(parents=True, exist_ok=True)
    with _locked(into):
        _sweep(into)
        scratch = Path(tempfile.mkdtemp(prefix=PREFIX, dir=into))
        mark = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(mark)


def sweep(into: Path) -> None:
    """Remove what killed processes have left in `into`."""
    if into.is_dir():
        with _locked(into):
            _sweep(into)


def fill(content: Path, members: Iterable[Member], ledger: Ledger) -> None:
    """Write every member below `content` as the ledger admits it, and flush all of it to the device.

    Files get the mode 0644 and folders 0755, whatever the archive says.
    """
    _make(content)
    made = {content}
    written = []
    for member in members:
        path = ledger.admit(member)
        if path is None:
            continue
        target = content / path
        missing = [target] if member.is_folder else []
        for folder in [*missing, *target.parents]:
            if folder in made:
                break
            missing.append(folder)
        for folder in dict.fromkeys(reversed(missing)):
            if folder not in made:
                _make(folder)
                made.add(folder)
        if not member.is_folder:
            _write(target, member)
            written.append(target)
    # In a second round, when most of it is on its way to the device already.
    for path_written in [*written, *made]:
        _flush(path_written)


def move_into_place(content: Path, target: Path, *, replace: bool) -> None:
    """Give `content` the name `target` in one step.

    Raises
    ------
    PackageError
        If something is there and may not, or can't, be replaced.
    """
    try:
        if not (replace and _exchanged(content, target)):
            rename_new(content, target)
    except FileExistsError:
        # Another process may have been faster where this one was told to replace what is there.
        if not (replace and _exchanged(content, target)):
            raise AlreadyThere(
                f"{shown(target)} is there already", remedy="add --replace (replace=True) to put this one in its place"
            ) from None
    _flush(target.parent)


def _exchanged(content: Path, target: Path) -> bool:
    """Whether there was something to exchange; it is where `content` was then, in the hidden folder, and goes with it."""
    try:
        _rename(content, target, _EXCHANGE)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        raise PackageError(
            f"this file system can't put one folder in the place of another in one step: {shown(target.parent)}",
            remedy=f"move {shown(target)} away, then install without --replace",
        ) from error
    return True


def rename_new(old: Path, new: Path) -> None:
    """Rename a file or a folder.

    Raises
    ------
    FileExistsError
        If the name is taken, even by an empty folder, which a plain rename would swallow.
    """
    _rename(old, new, _NO_REPLACE)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline_s = time.monotonic() + _LOCK_TIMEOUT_S
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    raise PackageError(
                        f"another process holds the folder {shown(folder)}", remedy="wait until it is done"
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _sweep(into: Path) -> None:
    for left in into.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its maker lives
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(descriptor)


def _make(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)


def _write(target: Path, member: Member) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(target, flags, 0o600), "wb", buffering=0) as file:
        for chunk in member.chunks():
            view = memoryview(chunk)
            while view:
                view = view[file.write(view) :]
        os.fchmod(file.fileno(), 0o644)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(old: Path, new: Path, flags: int) -> None:
    """renameat2, which Python lacks: renaming without overwriting, and exchanging, in one step."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if libc.renameat2(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flags) == 0:
        return
    code = ctypes.get_errno()
    if flags == _NO_REPLACE and code in (errno.EINVAL, errno.ENOSYS) and not os.path.lexists(new):
        os.rename(old, new)  # an old file system; a plugin's folder is never empty, so it is overwritten by no rename
        return
    raise OSError(code, os.strerror(code), str(new))
