"""The journal in rows, as people read it.

Owns the headings and the words, for the terminal and the notebook alike. Called by the command line and the magics.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime

from .export import Entry
from .figures import Summary
from .grants import Denial, Grant
from .records import Happening, Line, Ran

HEADINGS: dict[type[Entry], tuple[str, ...]] = {
    Ran: ("when", "run", "plugin", "outcome", "calls", "took", "why"),
    Happening: ("when", "plugin", "what", ""),
    Line: ("when", "run", "instance", ""),
    Grant: ("when", "by", "plugin", "may", "until"),
    Denial: ("when", "by", "plugin", "was denied"),
}
STATS_HEADINGS = (
    *(
        "plugin",
        "calls",
        "failed",
        "cancelled",
        "p50",
        "p90",
        "p99",
        "CPU",
        "peak memory",
        "growth",
        "restarts",
        "last",
    ),
)

_SHORT = 160
_TOLD_GROWTH_BYTES = 1_000


def record_rows(records: Iterable[Entry]) -> list[tuple[str, ...]]:
    """A row for each record, under the headings of its kind."""
    return [_row(record) for record in records]


def stats_rows(summaries: Iterable[Summary]) -> list[tuple[str, ...]]:
    """A row for each plugin."""
    return [
        (
            named(one),
            str(one.calls),
            f"{one.failed} ({one.failed / one.calls:.1%})" if one.failed else "",
            str(one.cancelled) if one.cancelled else "",
            *(latency(seconds) for seconds in (one.p50_s, one.p90_s, one.p99_s)),
            duration(one.cpu_s),
            megabytes(one.peak_memory_bytes),
            growth(one),
            str(one.restarts or ""),
            local(one.last),
        )
        for one in summaries
    ]


def named(one: Summary) -> str:
    """Whose figures they are: a flow's, a plugin's, or an instance's in a session."""
    if one.flow:
        return f"flow {one.flow}"
    return f"{one.instance_id} ({one.session})" if one.instance_id else one.plugin_id


def left_out(tested: int) -> str:
    """What is said of calls that aren't told; empty if there are none."""
    return f"left out: {tested} calls of test suites; --tests tells of them, too" if tested else ""


def megabytes(size: float) -> str:
    """Nothing for nothing."""
    return f"{size / 1e6:.1f} MB" if size else ""


def growth(one: Summary) -> str:
    """By how much its memory grows with each call, if that is a kilobyte or more."""
    bytes_per_call = one.growth_bytes_per_call
    return f"{bytes_per_call / 1e6:.2g} MB a call" if bytes_per_call >= _TOLD_GROWTH_BYTES else ""


def facts(ran: Ran, lines: Iterable[Line], parts: Iterable[Ran] = ()) -> list[tuple[str, str]]:
    """All that is known of one run, of its parts, and what was printed in it."""
    known = [
        ("run", ran.run_id),
        ("when", f"{local(ran.at)}, by {ran.user}"),
        *(_of_flow(ran) if ran.kind == "flow" else _of_call(ran)),
        (
            "took",
            f"{duration(ran.wall_s)}, {duration(ran.cpu_s)} of CPU time, at most {ran.peak_memory_bytes / 1e6:.1f} MB",
        ),
        *([("made for", "a test suite")] if ran.purpose == "test" else []),
        ("outcome", ran.outcome if not ran.error_kind else f"{ran.outcome}: {ran.error_kind}: {ran.error}"),
    ]
    if ran.calls > 1:
        known.insert(1, ("calls", f"{ran.calls}, summed up: they followed each other fast; the rest is of one of them"))
    known += [("traceback" if index == 0 else "", line) for index, line in enumerate(ran.traceback.splitlines())]
    known += [("parts" if index == 0 else "", _part(part)) for index, part in enumerate(parts)]
    return known + [("printed" if index == 0 else "", line.text) for index, line in enumerate(lines)]


def _of_flow(ran: Ran) -> list[tuple[str, str]]:
    return [("flow", ran.name), ("nodes", _nodes(ran)), ("seed", str(ran.seed))]


def _of_call(ran: Ran) -> list[tuple[str, str]]:
    return [
        (ran.kind if ran.kind == "workflow" else "plugin", f"{ran.plugin_id} {ran.version}, {ran.content_hash[:12]}"),
        ("instance", ran.instance_id),
        ("parameters", ran.parameters),
        ("configuration", ran.config),
        ("inputs", ran.input_digests),
        ("seed", str(ran.seed)),
        ("sandbox", ran.level),
    ]


def _nodes(ran: Ran) -> str:
    counts = (ran.nodes_ran, "ran"), (ran.nodes_cached, "cached"), (ran.nodes_failed, "failed")
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "none ran"


def _part(ran: Ran) -> str:
    of = f" × {ran.calls}" if ran.calls > 1 else ""
    return f"{ran.run_id}: {ran.instance_id}{of} {ran.outcome}, {duration(ran.wall_s)}"


def _row(record: Entry) -> tuple[str, ...]:
    if isinstance(record, Grant):
        what = ", ".join([*record.read, *(f"write {folder}" for folder in record.write), *record.hosts])
        may = f"{record.permission}: {what}"
        return (
            local(record.granted_at),
            record.user,
            f"{record.plugin_id} {record.version}",
            may,
            local(record.ended_at),
        )
    if isinstance(record, Denial):
        denied = f"{record.permission}: {record.target}"
        return local(record.denied_at), record.user, f"{record.plugin_id} {record.version}".strip(), denied
    if isinstance(record, Happening):
        return local(record.at), record.plugin_id, record.name, record.detail if record.detail != "{}" else ""
    if isinstance(record, Line):
        return local(record.at), record.run_id, record.instance_id, record.text
    return (
        local(record.at),
        record.run_id,
        f"flow {record.name}: {_nodes(record)}" if record.kind == "flow" else f"{record.plugin_id} {record.version}",
        record.outcome,
        str(record.calls) if record.calls > 1 else "",
        duration(record.wall_s / record.calls),
        f"{record.error_kind}: {record.error}"[:_SHORT] if record.error_kind else "",
    )


def local(at: str) -> str:
    """A moment of the journal, as clocks here show it."""
    try:
        moment = datetime.fromisoformat(at).timestamp()
    except ValueError:
        return at
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def latency(seconds: float | None) -> str:
    """A percentile; a dash where nothing has returned."""
    return "–" if seconds is None else duration(seconds)


def duration(seconds: float) -> str:
    """In seconds or milliseconds, to three digits."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
