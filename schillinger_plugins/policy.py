"""What a plugin may do on this machine.

Owns two decisions: whether the confinement at hand is good enough, and how much of the machine a plugin may use. What it may
reach is decided in ``permissions``; `Granted` is how that is passed on. Called by the manager before any code is run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from .errors import ConfinementUnavailable, PermissionDenied

CEILING: Mapping[str, float] = MappingProxyType(
    {
        "memory_mb": 16_384,
        "cpu_s": 86_400,
        "wall_s": 86_400,
        "start_s": 3600,
        "file_size_mb": 8_192,
        "scratch_mb": 16_384,
    }
    | {"output_mb": 8_192, "open_files": 1024, "threads": 256, "log_kb_s": 65_536}
)
"""The most that a plugin may ask for, if the policy says nothing else."""

_LEVELS = ("process", "partial", "full")


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What the user has granted one version of a plugin beyond running at all.

    Attributes
    ----------
    read, write : tuple of Path
        Folders; those to write can be read, too.
    hosts : tuple of str
        ``example.org`` or ``example.org:8443``.
    """

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What is demanded of this machine.

    Parameters
    ----------
    minimum_level : str
        ``full``, ``partial`` (the default: an older kernel is good enough) or ``process``. The last one runs plugins that
        can read and write your files: ask for it only for plugins you would run without a sandbox.
    ceiling : Mapping[str, float]
        The most that a plugin may ask for, by limit; a plugin that asks for more is refused.
    total_memory_mb : float
        What all workers together may use; three quarters of this machine's memory, if not given.
    """

    minimum_level: str = "partial"
    ceiling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(CEILING)))
    total_memory_mb: float = field(default_factory=lambda: 0.75 * memory_mb())

    def __post_init__(self) -> None:
        if self.minimum_level not in _LEVELS:
            raise ValueError(f"minimum_level is one of {', '.join(_LEVELS)}, not {self.minimum_level!r}")

    def demand_limits(self, asked: Mapping[str, float], *, plugin_id: str) -> None:
        """Refuse a plugin that asks for more than any may have.

        Raises
        ------
        PermissionDenied
            Naming the limit.
        """
        for name, most in self.ceiling.items():
            if asked.get(name, 0) > most:
                raise PermissionDenied(
                    f"it asks for {name} {asked[name]:g}, and no plugin may have more than {most:g}",
                    permission="execute",
                    plugin_id=plugin_id,
                    remedy=f"PluginManager(policy=Policy(ceiling={{'{name}': {asked[name]:g}}}))",
                    path=f"$.limits.{name}",
                )

    def demand_level(self, level: str, reasons: Sequence[str], *, plugin_id: str) -> None:
        """Refuse to run a plugin on a machine that confines less than the policy asks.

        Raises
        ------
        ConfinementUnavailable
            With what is missing.
        """
        if _LEVELS.index(level) < _LEVELS.index(self.minimum_level):
            raise ConfinementUnavailable(
                f"it needs the sandbox level {self.minimum_level}, this machine offers {level} ({'; '.join(reasons)})",
                plugin_id=plugin_id,
                remedy="%plugin doctor says how to get it; for a plugin you trust as your own code, "
                f"PluginManager(policy=Policy(minimum_level={level!r}))",
            )


def memory_mb() -> float:
    """Memory of this machine, in MB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1024 * 1024)
