"""Opening the audio file that a user named.

Owns the refusal of a file with nothing in it; the rest is `opening`'s. The file isn't read here: see `decode`. Called by
``decoding``, in the host.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import AudioFileError
from ..opening import open_regular
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
    descriptor = open_regular(path, name, error=AudioFileError, remedy=REMEDY)
    if os.fstat(descriptor).st_size == 0:
        os.close(descriptor)
        raise AudioFileError(f"{name} is empty (0 bytes)", remedy=REMEDY)
    return descriptor
