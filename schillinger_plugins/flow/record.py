"""What the journal is told of a run of a flow; its parts, the calls, are told by whoever makes them.

Owns which of its nodes' figures are its own. Called by ``running``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ..journal import Ran
from .run import FlowRun


def record_of(run: FlowRun, *, name: str, started_at_s: float) -> Ran:
    """The record; whoever keeps it knows who ran the flow, and in which session.

    Parameters
    ----------
    name : str
        The flow's.
    started_at_s : float
        As `time.time` gives it.
    """
    calls = [result.stats for node, result in run.items() if run.states[node] == "done"]
    failed, error = next(iter(run.failed.items()), ("", None))
    states = list(run.states.values())
    return Ran(
        run_id=run.run_id,
        at=datetime.fromtimestamp(started_at_s, UTC).isoformat(timespec="milliseconds"),
        user="",
        session="",
        plugin_id="",
        version="",
        content_hash="",
        instance_id="",
        method="run",
        parameters="{}",
        config="{}",
        input_digests="{}",
        level="",
        seed=run.seed,
        calls=1,
        wall_s=run.wall_s,
        cpu_s=sum(call.cpu_s for call in calls),
        peak_memory_bytes=max((call.peak_memory_bytes for call in calls), default=0),
        outcome="cancelled" if run.cancelled else "failed" if error is not None else "done",
        error_kind=type(error).__name__ if error is not None else "",
        error=f"{failed}: {error.message}" if error is not None else "",
        kind="flow",
        name=name,
        nodes_ran=states.count("done"),
        nodes_cached=states.count("cached"),
        nodes_failed=states.count("failed"),
    )
