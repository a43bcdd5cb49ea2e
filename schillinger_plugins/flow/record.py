"""What the journal is told of a run of a flow; its parts, the calls, are told by whoever makes them.

Owns which of its nodes' figures are its own, and what is told of a run that never began. Called by ``running`` and ``flow``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ..behalf import current
from ..errors import PluginError
from ..journal import Ran
from ..recorder import Recorder
from .run import FlowRun


@contextlib.contextmanager
def refusal_told(recorder: Recorder, *, name: str, seed: int) -> Iterator[None]:
    """Tell the journal of a run that is refused in the block, before it begins: by the id that somebody was told, if any."""
    try:
        yield
    except Exception as error:
        behalf = current()
        run_id = behalf.run_id if behalf.is_awaited else recorder.new_run()
        run = FlowRun(
            {}, states={}, errors={}, blocked={}, document={}, seed=seed, wall_s=0.0, cancelled=False, run_id=run_id
        )
        record = record_of(run, name=name, started_at_s=time.time())
        message = error.message if isinstance(error, PluginError) else str(error)
        recorder.ended(replace(record, outcome="failed", error_kind=type(error).__name__, error=message))
        raise


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
