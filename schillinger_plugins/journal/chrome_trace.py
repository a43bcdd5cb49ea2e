"""Chrome trace: runs on a time axis, for Perfetto (https://ui.perfetto.dev) and ``chrome://tracing``.

Owns the form, the JSON of the Trace Event Format: a process for each session, a thread for each instance and flow, a bar for
each run; more than one thread where runs waited for each other or went side by side, since bars of one thread may not
overlap. The parts of a flow or workflow lie within its bar, or beside it. Called by ``export``.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .records import Ran

_ROUNDING_US = 1000.0
"""Beginnings are known to the millisecond."""


@dataclass(slots=True)
class _Lane:
    number: int
    free_from_us: float = float("-inf")


def trace_events(runs: Iterable[Ran]) -> Iterator[dict[str, Any]]:
    """The events, each as it can be written by itself."""
    drawing = _Drawing()
    # A part comes before what it is a part of, which is written down when it has ended.
    parts: dict[str, list[Ran]] = {}
    for ran in runs:
        if "." in ran.run_id:
            parts.setdefault(ran.run_id.partition(".")[0], []).append(ran)
        elif ran.run_id in parts:
            yield from drawing.whole(ran, parts.pop(ran.run_id))
        else:
            yield from drawing.alone(ran)
    for left in parts.values():  # of a process that was killed, or of a time before
        for ran in left:
            yield from drawing.alone(ran)


class _Drawing:
    def __init__(self) -> None:
        self._sessions: dict[str, int] = {}
        self._lanes: dict[tuple[str, str], list[_Lane]] = {}
        self._numbers = itertools.count(1)

    def alone(self, ran: Ran) -> Iterator[dict[str, Any]]:
        """A run without parts."""
        begun_us, ended_us = _times_us(ran)
        lane = yield from self._lane(ran, _lane_name(ran), begun_us)
        lane.free_from_us = ended_us
        yield _bar(ran, self._sessions[ran.session], lane, begun_us, ended_us)

    def whole(self, ran: Ran, parts: list[Ran]) -> Iterator[dict[str, Any]]:
        """A run and its parts: those that followed each other within its bar, others on lanes of the same name."""
        begun_us, ended_us = _times_us(ran)
        name = _lane_name(ran)
        own = yield from self._lane(ran, name, begun_us)
        own.free_from_us = ended_us
        yield _bar(ran, self._sessions[ran.session], own, begun_us, ended_us)
        free_from_us = begun_us
        for part in sorted(parts, key=lambda part: (part.at, -part.wall_s)):
            part_begun_us, part_ended_us = _times_us(part)
            if free_from_us - _ROUNDING_US < part_begun_us and part_ended_us < ended_us + _ROUNDING_US:
                part_begun_us, part_ended_us = max(part_begun_us, free_from_us), min(part_ended_us, ended_us)
                part_ended_us = max(part_begun_us, part_ended_us)
                lane, free_from_us = own, part_ended_us
            else:
                lane = yield from self._lane(part, name, part_begun_us)
                lane.free_from_us = part_ended_us
            yield _bar(part, self._sessions[ran.session], lane, part_begun_us, part_ended_us)

    def _lane(self, ran: Ran, name: str, begun_us: float) -> Generator[dict[str, Any], None, _Lane]:
        """A lane of that name that is free, told if it is new."""
        if ran.session not in self._sessions:
            self._sessions[ran.session] = next(self._numbers)
            yield _name("process_name", f"session {ran.session} of {ran.user}", self._sessions[ran.session], 0)
        lanes = self._lanes.setdefault((ran.session, name), [])
        lane = next((lane for lane in lanes if lane.free_from_us <= begun_us), None)
        if lane is None:
            lane = _Lane(next(self._numbers))
            lanes.append(lane)
            yield _name("thread_name", name, self._sessions[ran.session], lane.number)
        return lane


def _lane_name(ran: Ran) -> str:
    return f"flow {ran.name}" if ran.kind == "flow" else ran.instance_id


def _times_us(ran: Ran) -> tuple[float, float]:
    begun_us = datetime.fromisoformat(ran.at).timestamp() * 1e6
    return begun_us, begun_us + ran.wall_s * 1e6


def _bar(ran: Ran, process: int, lane: _Lane, begun_us: float, ended_us: float) -> dict[str, Any]:
    name = f"flow {ran.name}" if ran.kind == "flow" else f"{ran.plugin_id}.{ran.method}"
    return {
        "name": name + (f" × {ran.calls}" if ran.calls > 1 else ""),
        "cat": ran.outcome,
        "ph": "X",
        "ts": begun_us,
        "dur": ended_us - begun_us,
        "pid": process,
        "tid": lane.number,
        "args": {
            "run_id": ran.run_id,
            "version": ran.version,
            "parameters": ran.parameters,
            "cpu_s": ran.cpu_s,
            "peak_memory_bytes": ran.peak_memory_bytes,
            "error": ran.error,
            **({"nodes_cached": ran.nodes_cached} if ran.kind == "flow" else {}),
        },
    }


def _name(kind: str, name: str, process: int, thread: int) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}
