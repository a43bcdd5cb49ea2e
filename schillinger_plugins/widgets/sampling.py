"""Sampling: the figures of a manager's instances, second by second.

Owns the rows of the table, their rates (what was counted since the look before, by the time that passed) and their past,
for two minutes. Refuses more rows than a page draws, and says how many it leaves out. Knows no page. Called by ``status``.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .contract.status import Past, Row

if TYPE_CHECKING:
    from ..instance import Instance
    from ..manager import PluginManager
    from ..manifest import Manifest

SECONDS = 120
MAX_ROWS = 500
MAX_TEXT_CHARS = 300


@dataclass(slots=True)
class _Seen:
    """What an instance had counted at the look before, and its figures so far."""

    calls: int
    cpu_s: float
    calls_per_s: deque[float] = field(default_factory=lambda: deque(maxlen=SECONDS))
    cpu_share: deque[float] = field(default_factory=lambda: deque(maxlen=SECONDS))
    memory_bytes: deque[int] = field(default_factory=lambda: deque(maxlen=SECONDS))


class Sampling:
    """The rows of a manager, as they were at the last `take`."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.cut = 0
        self._seen: dict[str, _Seen] = {}
        self._taken_s: float | None = None

    def take(self, manager: PluginManager) -> tuple[list[Row], list[str]]:
        """Look at everything.

        Returns
        -------
        changed : list of Row
        gone : list of str
            Ids of rows that were there before.
        """
        now_s = time.monotonic()
        passed_s = max(1e-3, now_s - self._taken_s) if self._taken_s is not None else 0.0
        self._taken_s = now_s
        instances = list(manager.instances.values())
        with_instance = {instance.plugin_id for instance in instances}
        rows = [self._row(instance, passed_s) for instance in instances[:MAX_ROWS]]
        rows += [
            Row(id=f"plugin:{plugin_id}", plugin=plugin_id, state=record.state, version=_version(record.manifest))
            for plugin_id, record in list(manager.plugins.items())
            if plugin_id not in with_instance and record.state != "discovered"
        ]
        self.cut = max(0, len(instances) - MAX_ROWS) + max(0, len(rows) - MAX_ROWS)
        before, self.rows = self.rows, {row.id: row for row in rows[:MAX_ROWS]}
        gone = [id_ for id_ in before if id_ not in self.rows]
        for id_ in gone:
            self._seen.pop(id_, None)
        return [row for id_, row in self.rows.items() if before.get(id_) != row], gone

    def past(self) -> dict[str, Past]:
        """What each row's figures were."""
        return {
            id_: Past(
                calls_per_s=list(seen.calls_per_s), cpu_share=list(seen.cpu_share), memory_bytes=list(seen.memory_bytes)
            )
            for id_, seen in self._seen.items()
        }

    def _row(self, instance: Instance, passed_s: float) -> Row:
        stats, cpu_s, memory_bytes = instance.stats, instance.cpu_s, instance.memory_bytes
        row_id, pace = f"instance:{instance.id}", instance.pace
        counted = stats.calls + stats.failures + stats.cancelled
        seen = self._seen.get(row_id)
        calls_per_s = cpu_share = 0.0
        if seen is None:
            seen = self._seen[row_id] = _Seen(counted, cpu_s)
        elif passed_s:
            calls_per_s = round(max(0, counted - seen.calls) / passed_s, 2)
            # A worker that has been replaced begins again at 0.
            cpu_share = round(max(0.0, cpu_s - seen.cpu_s) / passed_s, 3)
        seen.calls, seen.cpu_s = counted, cpu_s
        seen.calls_per_s.append(calls_per_s)
        seen.cpu_share.append(cpu_share)
        seen.memory_bytes.append(memory_bytes)
        return Row(
            id=row_id,
            plugin=instance.plugin_id,
            instance=instance.id,
            version=_version(instance.plugin.manifest),
            state=instance.state,
            level=str(instance.plugin.level),
            waiting=instance.waiting,
            calls=stats.calls,
            failures=stats.failures,
            cancelled=stats.cancelled,
            restarts=stats.restarts,
            p50_s=pace.p50_s,
            p99_s=pace.p99_s,
            calls_per_s=calls_per_s,
            cpu_share=cpu_share,
            memory_bytes=memory_bytes,
            peak_memory_bytes=max(memory_bytes, instance.peak_memory_bytes),
            growth_bytes_per_call=round(instance.growth_bytes_per_call, -3),
            given_back_bytes=stats.given_back_bytes,
            leaks=instance.leaks,
            last_error=stats.last_error[:MAX_TEXT_CHARS],
        )


def _version(manifest: Manifest | None) -> str:
    return manifest.metadata.version[:MAX_TEXT_CHARS] if manifest is not None else ""
