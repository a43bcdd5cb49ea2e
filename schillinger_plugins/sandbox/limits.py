"""What a worker may use.

Owns the figures and says for each which mechanism enforces it. Called by the manager, which merges the defaults, the
manifest's and the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ..errors import InputError, nearest


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one worker or one call.

    Attributes
    ----------
    memory_mb : float
        Private memory beyond what a fresh worker has. Enforced by ``RLIMIT_DATA`` (a clean MemoryError) and, every 25 ms,
        by the watchdog. Does not count shared mappings.
    cpu_s : float
        CPU time of all threads of the process in one call. Watchdog.
    wall_s : float
        Time from call to answer. Watchdog.
    file_size_mb : float
        Length of any one file written. ``RLIMIT_FSIZE``.
    scratch_mb : float
        All files in the scratch folder together. Watchdog, every 0.5 s: can be passed for that long.
    output_mb : float
        Arrays and values returned by one call. Checked by the host.
    open_files : int
        Open descriptors. ``RLIMIT_NOFILE``.
    threads : int
        Threads of the process. Watchdog: can be passed for 25 ms.
    start_s : float
        CPU time of importing the plugin and of `initialize`; twice that in time by the clock. Watchdog.
    log_kb_s : float
        What it prints and logs, per second, after a burst of four seconds' worth. Watchdog.
    """

    memory_mb: float = 1024
    cpu_s: float = 60
    wall_s: float = 120
    file_size_mb: float = 256
    scratch_mb: float = 512
    output_mb: float = 1024
    open_files: int = 128
    threads: int = 32
    start_s: float = 60
    log_kb_s: float = 1024

    def merged(self, changes: Mapping[str, float] | None, *, plugin_id: str | None = None) -> Limits:
        """These limits with some of them replaced.

        Raises
        ------
        InputError
            For an unknown name or a value that is no positive number.
        """
        if not changes:
            return self
        known = [field.name for field in fields(self)]
        for name, value in changes.items():
            path = f"$.limits.{name}"
            if name not in known:
                near = nearest(name, known)
                remedy = f"did you mean {near}?" if near else f"the limits are {', '.join(known)}"
                raise InputError(f"there is no limit called {name}", plugin_id=plugin_id, remedy=remedy, path=path)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e9:
                raise InputError(f"{name} must be a positive number, not {value!r}", plugin_id=plugin_id, path=path)
        whole = {name: int(value) for name, value in changes.items() if name in ("open_files", "threads")}
        values: dict[str, Any] = {**changes, **whole}
        return replace(self, **values)

    @property
    def starting(self) -> Limits:
        """These limits for importing a plugin and awaiting `initialize`."""
        return replace(self, cpu_s=self.start_s, wall_s=2 * self.start_s)

    def fits_worker_of(self, other: Limits) -> bool:
        """Whether a worker started with `other` can serve under these: some limits are set for good at its start."""
        return self is other or (self.memory_mb, self.file_size_mb, self.open_files) == (
            other.memory_mb,
            other.file_size_mb,
            other.open_files,
        )
