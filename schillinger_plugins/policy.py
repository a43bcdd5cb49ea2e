"""What a plugin may do on this machine.

Owns three decisions: whether the confinement at hand is good enough, how much of the machine a plugin may use, and which
looks of its code are refused. What it may reach is decided in ``permissions``; `Granted` is how that is passed on. Called
by the manager before any code is run.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

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

BLOCKED_IMPORTS = frozenset({"_posixsubprocess", "ensurepip", "ipykernel", "jupyter_client", "jupyter_server", "pip"})
"""What drives the host or installs on it: it can't work in the sandbox, and no plugin has an honest use for it."""

RESTRICTED_IMPORTS = frozenset(
    """
    IPython cffi cloudpickle code codeop ctypes dill faulthandler fcntl gc marshal mmap multiprocessing pickle pty
    py_landlock pyseccomp resource runpy schillinger_plugins seccomp shelve signal subprocess webbrowser zipimport
    """.split()
)
"""What an honest plugin may import, and what somebody who looks through its code wants to know of."""

ALLOWED_IMPORTS = frozenset({"schillinger_plugins.types"})

_LEVELS = ("process", "partial", "full")
_SEVERITIES = ("low", "medium", "high")


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
class ImportPolicy:
    """What the files of a plugin may import, as far as reading them tells. Advice: the kernel is the wall.

    A module counts with everything in it (``os`` with ``os.path``); the longest name that fits decides, and among equal
    ones `allowed` before `blocked` before `restricted`. What no name fits is allowed; ``"*"`` fits everything, so that
    ``ImportPolicy(blocked={"*"}, allowed={"numpy", "schillinger_plugins.types"})`` is a list of what is left. The plugin's
    own modules, and what libraries import, are not asked about.

    Parameters
    ----------
    blocked : frozenset of str
        The plugin is not loaded (`ScanError`).
    restricted : frozenset of str
        Recorded as findings.
    allowed : frozenset of str
        Not worth a word.

    Examples
    --------
    >>> ImportPolicy().verdict("pip"), ImportPolicy().verdict("ctypes.util"), ImportPolicy().verdict("numpy")
    ('blocked', 'restricted', 'allowed')
    """

    blocked: Collection[str] = BLOCKED_IMPORTS
    restricted: Collection[str] = RESTRICTED_IMPORTS
    allowed: Collection[str] = ALLOWED_IMPORTS

    def __post_init__(self) -> None:
        for name in ("blocked", "restricted", "allowed"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise ValueError(f"{name} is a set of modules, as {{{value!r}}}, not {value!r}")
            object.__setattr__(self, name, frozenset(value))

    def verdict(self, module: str) -> Literal["blocked", "restricted", "allowed"]:
        """What is to be done about an import of `module`."""
        parts = module.split(".")
        for name in (*(".".join(parts[:count]) for count in range(len(parts), 0, -1)), "*"):
            if name in self.allowed:
                return "allowed"
            if name in self.blocked:
                return "blocked"
            if name in self.restricted:
                return "restricted"
        return "allowed"


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
    refuse_findings : str or None
        Refuse a plugin in which the static scan finds something of that severity (``low``, ``medium``, ``high``) or above.
        None, the default, never does: findings are shown, and the kernel confines.
    imports : ImportPolicy
        What a plugin's files may import.
    """

    minimum_level: str = "partial"
    ceiling: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict(CEILING)))
    total_memory_mb: float = field(default_factory=lambda: 0.75 * memory_mb())
    refuse_findings: Literal["low", "medium", "high"] | None = None
    imports: ImportPolicy = field(default_factory=ImportPolicy)

    def __post_init__(self) -> None:
        if self.minimum_level not in _LEVELS:
            raise ValueError(f"minimum_level is one of {', '.join(_LEVELS)}, not {self.minimum_level!r}")
        if self.refuse_findings not in (None, *_SEVERITIES):
            raise ValueError(
                f"refuse_findings is None or one of {', '.join(_SEVERITIES)}, not {self.refuse_findings!r}"
            )

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
