"""Chrome trace: runs on a time axis, for Perfetto (https://ui.perfetto.dev) and ``chrome://tracing``.

Owns the form, the JSON of the Trace Event Format: a process for each session, a thread for each instance, a bar for each
run. Called by ``export``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from .records import Ran


def trace_events(runs: Iterable[Ran]) -> Iterator[dict[str, Any]]:
    """The events, each as it can be written by itself."""
    sessions: dict[str, int] = {}
    instances: dict[tuple[str, str], int] = {}
    numbers = itertools.count(1)
    for ran in runs:
        if ran.session not in sessions:
            sessions[ran.session] = next(numbers)
            yield _name("process_name", f"session {ran.session} of {ran.user}", sessions[ran.session], 0)
        key = ran.session, ran.instance_id
        if key not in instances:
            instances[key] = next(numbers)
            yield _name("thread_name", ran.instance_id, sessions[ran.session], instances[key])
        yield {
            "name": f"{ran.plugin_id}.{ran.method}" + (f" × {ran.calls}" if ran.calls > 1 else ""),
            "cat": ran.outcome,
            "ph": "X",
            "ts": datetime.fromisoformat(ran.at).timestamp() * 1e6,
            "dur": ran.wall_s * 1e6,
            "pid": sessions[ran.session],
            "tid": instances[key],
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
