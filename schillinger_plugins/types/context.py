"""PluginContext: what the host gives a plugin.

Owns the plugin's view of its surroundings: its configuration, its two folders, its logger, its seeded random generator and
the way to report progress. Refuses nothing by itself: what a plugin may do is decided by the kernel, not by this object.
Made by the worker, one for each instance; an author's tests can make one by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


def _ignore_progress(fraction: float, message: str) -> None:
    pass


@dataclass(kw_only=True)
class PluginContext:
    """The surroundings of one plugin instance.

    Parameters
    ----------
    plugin_id : str
        The plugin's id.
    instance_id : str
        Unique among the instances of a manager.
    config : Mapping[str, Any]
        ``default_config`` overlaid with what the user set, already checked against ``config_schema``.
    plugin_dir : Path
        The plugin's own folder; read-only.
    scratch_dir : Path
        A private folder, writable, wiped when the instance ends. Also the home folder and the place of temporary files.
    log : logging.Logger
        Lines written to it appear in ``%plugin logs``.
    rng : np.random.Generator
        Seeded anew by the host before every call; results that use it (or ``random`` and ``np.random``, which are seeded
        too) are repeatable from the seed in the result's provenance.
    """

    plugin_id: str = "test"
    instance_id: str = "test-1"
    config: Mapping[str, Any] = field(default_factory=dict)
    plugin_dir: Path = Path()
    scratch_dir: Path = Path()
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("plugin"))
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    on_progress: Callable[[float, str], None] = _ignore_progress

    def progress(self, fraction: float, message: str = "") -> None:
        """Tell the user how far a long call has come.

        Parameters
        ----------
        fraction : float
            0 to 1; values outside are clipped.
        message : str
            What is being done, for example ``"tracking beats"``.
        """
        self.on_progress(min(1.0, max(0.0, float(fraction))), str(message))
