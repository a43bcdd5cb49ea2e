"""Status: what there is and what it does, at one moment.

Owns the figures as plain data, for a person, a script or a client. Made by the manager when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .instance import Instance, InstanceStats
from .tally import Pace


@dataclass(frozen=True, kw_only=True)
class InstanceStatus:
    """One instance in a `Status`.

    Attributes
    ----------
    waiting : int
        Calls that wait for their turn.
    memory_bytes, peak_memory_bytes : int
        Now, and the most so far.
    growth_bytes_per_call : float
        How much its memory grows with each call.
    leaks : bool
        Whether that is steady, and has come to more than 16 MB.
    pace : Pace
        Calls a minute, and percentiles of their time.
    stats : InstanceStats
        What it has done so far.
    """

    id: str
    plugin_id: str
    state: str
    waiting: int
    memory_bytes: int
    peak_memory_bytes: int
    growth_bytes_per_call: float
    leaks: bool
    pace: Pace
    stats: InstanceStats


@dataclass(frozen=True, kw_only=True)
class Status:
    """What there is and what it does, at one moment.

    Attributes
    ----------
    level : str or None
        The sandbox level in force; None while no worker has been needed yet.
    plugins : Mapping[str, str]
        The state of each plugin: discovered, loaded or broken.
    instances : tuple of InstanceStatus
    warm : tuple of str
        The zygotes that are ready.
    """

    level: str | None
    plugins: Mapping[str, str]
    instances: tuple[InstanceStatus, ...]
    warm: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "level": self.level,
            "plugins": dict(self.plugins),
            "instances": [asdict(instance) for instance in self.instances],
            "warm": list(self.warm),
        }


def status_of(instance: Instance) -> InstanceStatus:
    """One instance, now."""
    return InstanceStatus(
        id=instance.id,
        plugin_id=instance.plugin_id,
        state=instance.state,
        waiting=instance.waiting,
        memory_bytes=instance.memory_bytes,
        peak_memory_bytes=instance.peak_memory_bytes,
        growth_bytes_per_call=instance.growth_bytes_per_call,
        leaks=instance.leaks,
        pace=instance.pace,
        stats=instance.stats,
    )
