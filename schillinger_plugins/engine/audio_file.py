"""Opening the audio file that a user named.

Owns the way from a path to a descriptor of a regular file with something in it. Refuses a path that is none, with what was
perhaps meant. The file isn't read here: see `decode`. Called by ``decoding``, in the host.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import AudioFileError, nearest
from .decode import REMEDY


def open_audio_file(path: str | Path, name: str) -> int:
    """A descriptor of a regular file that is not empty.

    Parameters
    ----------
    path : str or Path
        ``~`` is the home folder.
    name : str
        How messages call it.

    Raises
    ------
    AudioFileError
        If it is gone, a folder, a pipe or a device, empty, or may not be read.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise AudioFileError(f"there is no file {name} (in {os.getcwd()})", remedy=_near(Path(path))) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AudioFileError(
            f"{name} can't be opened: {reason}", remedy="check the path and its permissions"
        ) from error
    found = os.fstat(descriptor)
    kind = None
    if stat.S_ISDIR(found.st_mode):
        kind = "a folder"
    elif not stat.S_ISREG(found.st_mode):
        kind = "no regular file"
    elif found.st_size == 0:
        kind = "empty (0 bytes)"
    if kind:
        os.close(descriptor)
        raise AudioFileError(f"{name} is {kind}", remedy=REMEDY)
    return descriptor


def _near(path: Path) -> str:
    """The file in the same folder that was perhaps meant."""
    try:
        names = [entry.name for entry in os.scandir(path.expanduser().parent)]
    except OSError:
        return "check the path"
    close = nearest(path.name, names[:10_000])
    return f"did you mean {str(path.parent / close)!r}?" if close else "check the path"
