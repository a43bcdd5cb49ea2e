"""How well this machine confines a plugin.

Owns the three levels and the report that says why. The level is what the self-test saw, not what was configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["full", "partial", "process"]
"""full: files, network, signals and system calls are the kernel's. partial: an older kernel, see the report for what is
missing. process: a process of its own with resource limits, but it can read and write your files."""

ORDER: tuple[Level, ...] = ("process", "partial", "full")

_SCOPES_FROM_ABI = 6
_ONLY_FROM_ABI = {2: "moving files between folders", 3: "truncating files", 4: "TCP by port", 5: "ioctl on devices"}


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    name : str
        The layer, or what was attempted.
    ok : bool
        Whether it protects.
    detail : str
        What was seen, or what is missing and how to get it.
    """

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """What protects on this machine.

    Attributes
    ----------
    level : str
        full, partial or process.
    layers : tuple of Finding
        The kernel's mechanisms.
    probes : tuple of Finding
        What a confined worker tried, and what the kernel answered.
    """

    level: Level
    layers: tuple[Finding, ...]
    probes: tuple[Finding, ...]

    @property
    def reasons(self) -> list[str]:
        """Why the level isn't higher."""
        return [f"{finding.name}: {finding.detail}" for finding in (*self.layers, *self.probes) if not finding.ok]


def judge(*, landlock_abi: int, seccomp: bool, missing: Mapping[str, str], probed: Mapping[str, Any]) -> Report:
    """Put together what the zygote found and what the probe saw.

    Parameters
    ----------
    probed : Mapping
        For each attempt the kernel's answer, or an empty string where it was let through. From a worker: checked here.
    """
    older = [f"{what} (Landlock ABI {abi})" for abi, what in _ONLY_FROM_ABI.items() if landlock_abi < abi]
    if landlock_abi >= _SCOPES_FROM_ABI:
        landlock = Finding("Landlock", True, f"ABI {landlock_abi}: files, TCP, signals and abstract sockets")
    elif landlock_abi:
        lacking = ", ".join([*older, "signals and abstract sockets (Landlock ABI 6, Linux 6.12)"])
        landlock = Finding("Landlock", False, f"ABI {landlock_abi}: the kernel is too old for {lacking}")
    else:
        reason = missing.get("landlock", "not there")
        landlock = Finding("Landlock", False, f"{reason} → Linux 5.13 or newer with landlock among the active LSMs")
    filtered = Finding("seccomp", True, "system calls by allow-list, no processes, no sockets")
    if not seccomp:
        reason = missing.get("seccomp", "not there")
        filtered = Finding("seccomp", False, f"{reason} → apt install libseccomp2, and pip install pyseccomp")
    limits = Finding(
        "limits", True, "memory, file size and open files by the kernel; CPU, wall time, scratch by watchdog"
    )
    probes = tuple(
        Finding(str(name)[:80], bool(answer), f"refused: {str(answer)[:80]}" if answer else "went through")
        for name, answer in probed.items()
    )
    level: Level
    if not landlock_abi or not seccomp:
        level = "process"
    elif probes and all(probe.ok for probe in probes):
        level = "full" if landlock_abi >= _SCOPES_FROM_ABI else "partial"
    else:
        level = "process"  # something went through that must not: whatever is configured, it doesn't hold
    return Report(level, (landlock, filtered, limits), probes)
