"""Chrome trace: runs on a time axis, for Perfetto (https://ui.perfetto.dev) and ``chrome://tracing``.

Owns the form, the JSON of the Trace Event Format: a process for each session, a thread for each instance, a bar for each
run; more than one thread where runs waited for each other, since bars of one thread may not overlap. Called by ``export``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .records import Ran


@dataclass(slots=True)
class _Lane:
    number: int
    free_from_us: float = float("-inf")


def trace_events(runs: Iterable[Ran]) -> Iterator[dict[str, Any]]:
    """The events, each as it can be written by itself."""
    sessions: dict[str, int] = {}
    lanes: dict[tuple[str, str], list[_Lane]] = {}
    numbers = itertools.count(1)
    for ran in runs:
        if ran.session not in sessions:
            sessions[ran.session] = next(numbers)
            yield _name("process_name", f"session {ran.session} of {ran.user}", sessions[ran.session], 0)
        begun_us = datetime.fromisoformat(ran.at).timestamp() * 1e6
        of_instance = lanes.setdefault((ran.session, ran.instance_id), [])
        lane = next((lane for lane in of_instance if lane.free_from_us <= begun_us), None)
        if lane is None:
            lane = _Lane(next(numbers))
            of_instance.append(lane)
            yield _name("thread_name", ran.instance_id, sessions[ran.session], lane.number)
        lane.free_from_us = begun_us + ran.wall_s * 1e6
        yield {
            "name": f"{ran.plugin_id}.{ran.method}" + (f" × {ran.calls}" if ran.calls > 1 else ""),
            "cat": ran.outcome,
            "ph": "X",
            "ts": begun_us,
            "dur": ran.wall_s * 1e6,
            "pid": sessions[ran.session],
            "tid": lane.number,
            "args": {
                "run_id": ran.run_id,
                "version": ran.version,
                "parameters": ran.parameters,
                "cpu_s": ran.cpu_s,
                "peak_memory_bytes": ran.peak_memory_bytes,
                "error": ran.error,
            },
        }


def _name(kind: str, name: str, process: int, thread: int) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}
