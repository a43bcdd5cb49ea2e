"""Figures: what many runs come to.

Owns the summary of runs and its percentiles. Called by ``records``, which knows whose runs they are, and by ``tally``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .records import Ran


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the journal knows of the runs of a plugin, of one of its instances, or of a flow.

    Attributes
    ----------
    plugin_id : str
        Empty for a flow.
    flow : str
        Its name; empty for a plugin.
    session, instance_id : str
        Empty for all of them.
    calls, failed, cancelled : int
    p50_s, p90_s, p99_s : float or None
        Percentiles of the wall time of the calls that returned; of calls that were summed up, of their mean. None if none
        has returned.
    wall_s, cpu_s : float
        In all.
    peak_memory_bytes : int
    memory_bytes, growth_bytes_per_call, waiting : int, float, int
        As they were last; of several instances the sum, but of growth the most.
    restarts : int
        Workers that had to be replaced.
    first, last : str
        When it was called first and last.
    """

    plugin_id: str
    flow: str = ""
    session: str = ""
    instance_id: str = ""
    calls: int
    failed: int
    cancelled: int
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    wall_s: float
    cpu_s: float
    peak_memory_bytes: int
    memory_bytes: int
    growth_bytes_per_call: float
    waiting: int
    restarts: int
    first: str
    last: str


def summary_of(whose: tuple[str, ...], runs: list[Ran], restarts: int) -> Summary:
    """Of runs of one plugin, instance or flow: its plugin's id, flow's name, session and instance, as far as they count."""
    plugin_id, flow, session, instance_id = whose
    done = sorted((ran.wall_s / ran.calls, ran.calls) for ran in runs if ran.outcome == "done")
    # What was refused before it began, or failed, tells nothing of its worker.
    last = {(ran.session, ran.instance_id): ran for ran in runs if ran.outcome == "done"}.values()
    return Summary(
        plugin_id=plugin_id,
        flow=flow,
        session=session,
        instance_id=instance_id,
        calls=sum(ran.calls for ran in runs),
        failed=sum(ran.calls for ran in runs if ran.outcome == "failed"),
        cancelled=sum(ran.calls for ran in runs if ran.outcome == "cancelled"),
        p50_s=percentile(done, 0.50) if done else None,
        p90_s=percentile(done, 0.90) if done else None,
        p99_s=percentile(done, 0.99) if done else None,
        wall_s=math.fsum(ran.wall_s for ran in runs),
        cpu_s=math.fsum(ran.cpu_s for ran in runs),
        peak_memory_bytes=max(ran.peak_memory_bytes for ran in runs),
        memory_bytes=sum(ran.memory_bytes for ran in last),
        growth_bytes_per_call=max((ran.growth_bytes_per_call for ran in last), default=0.0),
        waiting=sum(ran.waiting for ran in last),
        restarts=restarts,
        first=min(ran.at for ran in runs),
        last=max(ran.at for ran in runs),
    )


def percentile(weighted: Sequence[tuple[float, int]], share: float) -> float:
    """Of values, each of which counts so many times; sorted. 0 if there is none."""
    rest = share * sum(count for _, count in weighted)
    for value, count in weighted:
        rest -= count
        if rest <= 0:
            return value
    return 0.0
