"""Which zygote a plugin is forked from.

Owns the choice between ``base`` (NumPy: warm in a moment, small) and ``audio`` (SciPy, librosa and numba, warm after some
seconds). A wrong guess costs time, never safety: a worker imports by itself what its zygote has not preloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Profile = Literal["base", "audio"]

_AUDIO = ("librosa", "scipy", "numba", "pyloudnorm", "soundfile", "soxr", "sklearn", "scikit-learn")
_NAMED = re.compile(r"(?i)^\s*({})\b".format("|".join(_AUDIO)))
_IMPORTED = re.compile(r"(?m)^[ \t]*(?:import|from)\s+({})\b".format("|".join(_AUDIO)).encode())
_MAX_FILES = 50
_MAX_BYTES = 1024 * 1024


def choose(dependencies: Iterable[str], root: Path) -> Profile:
    """The profile for a plugin, from its declared dependencies and a look at its import lines. Runs nothing.

    >>> choose(["librosa>=0.11"], Path("/nonexistent"))
    'audio'
    """
    if any(_NAMED.match(dependency) for dependency in dependencies):
        return "audio"
    for number, path in enumerate(sorted(root.glob("*.py"))):
        if number == _MAX_FILES:
            break
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            if _IMPORTED.search(file.read(_MAX_BYTES)):
                return "audio"
    return "base"
