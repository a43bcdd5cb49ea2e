"""What the host itself runs out of, told as what it is.

Owns the translation of the operating system's refusals (no descriptor left, no memory, no room on disk) into an error with
its remedy. Called where processes, pipes, segments and folders are made, and by ``server``.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from ..errors import PluginError

_REMEDIES = {
    errno.EMFILE: "close files or destroy instances, or allow this process more of them: ulimit -n",
    errno.ENFILE: "close files in other programs: the machine has opened as many as it may",
    errno.ENOMEM: "free memory, or destroy instances",
    errno.ENOSPC: "free space in the folder of temporary files, or name another one in TMPDIR",
    errno.EDQUOT: "free space in the folder of temporary files, or name another one in TMPDIR",
    errno.EAGAIN: "end other processes or threads, or allow this user more of them: ulimit -u",
}


def remedy_of(error: BaseException | None) -> str | None:
    """What helps against what this machine has run out of; None if an error is of something else."""
    if isinstance(error, MemoryError):
        return _REMEDIES[errno.ENOMEM]
    return _REMEDIES.get(error.errno or 0) if isinstance(error, OSError) else None


@contextlib.contextmanager
def scarcity(doing: str) -> Iterator[None]:
    """Raise a `PluginError` that says what could not be done, and what for, if the operating system refuses it.

    Parameters
    ----------
    doing : str
        What is done, as in "starting a worker".
    """
    try:
        yield
    except OSError as error:
        remedy = remedy_of(error)
        if remedy is None:
            raise
        raise PluginError(f"{doing} failed: {error.strerror}", remedy=remedy) from error
