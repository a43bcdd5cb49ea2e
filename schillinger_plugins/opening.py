"""Opening a file that a person named.

Owns the way from a path to a descriptor of a regular file. Refuses a path that is none, with what was perhaps meant; a
named pipe or a device is not waited for. Reads nothing. Called by ``engine`` for sounds and by ``reading`` for parameters.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import InputError, nearest


def open_regular(path: str | Path, name: str, *, error: type[InputError] = InputError, remedy: str) -> int:
    """A descriptor of a regular file, empty or not. Whoever asks closes it.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder.
    name : str
        How messages call it.
    error : type
        What is raised.
    remedy : str
        For something that is no file.

    Raises
    ------
    InputError
        If it is gone, a folder, a pipe or a device, or may not be read.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as missing:
        raise error(f"there is no file {name} (in {os.getcwd()})", remedy=_near(Path(path))) from missing
    except (OSError, ValueError, RuntimeError) as refused:
        reason = refused.strerror if isinstance(refused, OSError) else refused
        raise error(f"{name} can't be opened: {reason}", remedy="check the path and its permissions") from refused
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise error(f"{name} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}", remedy=remedy)
    return descriptor


def _near(path: Path) -> str:
    """The file in the same folder that was perhaps meant."""
    try:
        names = [entry.name for entry in os.scandir(path.expanduser().parent)]
    except (OSError, RuntimeError):
        return "check the path"
    close = nearest(path.name, names[:10_000])
    return f"did you mean {str(path.parent / close)!r}?" if close else "check the path"
