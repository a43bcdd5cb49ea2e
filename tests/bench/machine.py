"""The machine that the figures were taken on.

Owns what is told of it. Called by `page`.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

from schillinger_plugins import __version__


def machine() -> dict[str, str]:
    """By name, in the order in which it is shown."""
    return {
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}, NumPy {np.__version__}",
        "schillinger_plugins": __version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
