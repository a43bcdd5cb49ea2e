"""What a plugin may do on this machine.

Owns two decisions: whether the confinement at hand is good enough, and which permissions are granted. Refuses by default.
Called by the manager before any code of the plugin is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import ConfinementUnavailable, PermissionDenied

_GRANTED = frozenset({"execute"})
_LEVELS = ("process", "partial", "full")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What is demanded of this machine.

    Parameters
    ----------
    minimum_level : str
        ``full``, ``partial`` (the default: an older kernel is good enough) or ``process``. The last one runs plugins that
        can read and write your files: ask for it only for plugins you would run without a sandbox.
    """

    minimum_level: str = "partial"

    def __post_init__(self) -> None:
        if self.minimum_level not in _LEVELS:
            raise ValueError(f"minimum_level is one of {', '.join(_LEVELS)}, not {self.minimum_level!r}")

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

    def demand_permissions(self, permissions: Iterable[str], *, plugin_id: str) -> None:
        """Refuse a plugin that asks for more than is granted.

        ``execute``, the permission to run at all, is granted to every plugin that is called. ``file_access`` and
        ``network`` can't be granted yet, so a plugin that requires them is refused rather than run without them.

        Raises
        ------
        PermissionDenied
            Naming the permission.
        """
        refused = sorted(set(permissions) - _GRANTED)
        if refused:
            raise PermissionDenied(
                f"it requires {' and '.join(refused)}, which this version can't grant",
                permission=" and ".join(refused),
                plugin_id=plugin_id,
                remedy="give it data through its inputs instead: the host reads audio files for a plugin",
                path="$.metadata.requires_permissions",
            )
