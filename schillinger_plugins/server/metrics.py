"""Metrics: the figures of the instances that a token's user sees, as Prometheus reads them.

Owns their names. Nothing is counted here: a scrape reads what the instances have counted. Refuses to tell one user of
another's instances and calls; who manages is told of all. Called by ``app``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ..tally import KEPT
from .scopes import READ, Sight, sight_of

if TYPE_CHECKING:
    from ..manager import PluginManager
    from ..status import InstanceStatus
    from .runs import Runs

router = APIRouter()

_COUNTERS = (
    ("calls", "Calls that returned.", "calls"),
    ("failures", "Calls that raised.", "failures"),
    ("cancelled", "Calls that were interrupted.", "cancelled"),
    ("restarts", "Workers that had to be replaced.", "restarts"),
    ("sleeps", "Times it was put to sleep for being idle.", "sleeps"),
    ("collections", "Times its worker collected garbage while it was idle.", "collections"),
    ("given_back_bytes", "Memory that sleeping and collecting gave back.", "given_back_bytes"),
    ("wall_seconds", "Time of the calls that returned.", "wall_total_s"),
    ("cpu_seconds", "CPU time of the calls that returned.", "cpu_total_s"),
)
_GAUGES: tuple[tuple[str, str, Callable[[InstanceStatus], float]], ...] = (
    ("memory_bytes", "Private memory of its worker.", lambda one: one.memory_bytes),
    ("memory_peak_bytes", "The most that any of its workers used.", lambda one: one.peak_memory_bytes),
    ("memory_growth_bytes", "By how much its memory grows with each call.", lambda one: one.growth_bytes_per_call),
    ("leaks", "1 if its memory grows steadily.", lambda one: one.leaks),
    ("waiting_calls", "Calls that wait for their turn.", lambda one: one.waiting),
    ("calls_per_minute", "Calls that returned within the last minute.", lambda one: one.pace.calls_per_minute),
)
_QUANTILES: tuple[tuple[str, Callable[[InstanceStatus], float]], ...] = (
    ("0.5", lambda one: one.pace.p50_s),
    ("0.9", lambda one: one.pace.p90_s),
    ("0.99", lambda one: one.pace.p99_s),
)


class Figures:
    """A collector that asks the manager when it is scraped, for whoever has that sight."""

    def __init__(self, manager: PluginManager, runs: Runs, sight: Sight) -> None:
        self._manager = manager
        self._runs = runs
        self._sight = sight

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        status = self._manager.status()
        seen = {one.id for one in list(self._manager.instances.values()) if self._sight(one.user)}
        known = [one for one in status.instances if one.id in seen]
        which = ["plugin", "instance"]
        for name, meaning, field in _COUNTERS:
            counter = CounterMetricFamily(f"schillinger_{name}", meaning, labels=which)
            for one in known:
                counter.add_metric([one.plugin_id, one.id], getattr(one.stats, field))
            yield counter
        for name, meaning, read in _GAUGES:
            gauge = GaugeMetricFamily(f"schillinger_{name}", meaning, labels=which)
            for one in known:
                gauge.add_metric([one.plugin_id, one.id], read(one))
            yield gauge
        latency = GaugeMetricFamily(
            "schillinger_latency_seconds",
            f"Percentiles of the time of its last {KEPT} calls.",
            labels=[*which, "quantile"],
        )
        for one in known:
            for quantile, read in _QUANTILES:
                latency.add_metric([one.plugin_id, one.id, quantile], read(one))
        plugins = GaugeMetricFamily("schillinger_plugins", "Plugins by their state.", labels=["state"])
        for state, count in Counter(status.plugins.values()).items():
            plugins.add_metric([state], count)
        runs = GaugeMetricFamily("schillinger_running_calls", "Calls over HTTP that go on.")
        runs.add_metric([], sum(run.state == "running" for run in self._runs.all(self._sight)))
        lost = CounterMetricFamily(
            "schillinger_journal_lost", "Records that found no room on their way to the journal."
        )
        lost.add_metric([], self._manager.recorder.dropped)
        yield from (latency, plugins, runs, lost)


@router.get("/metrics", dependencies=[Depends(READ)], tags=["system"], response_class=Response)
def metrics(request: Request) -> Response:
    """The figures of the user's instances, or of all for who manages, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(Figures(request.app.state.manager, request.app.state.runs, sight_of(request)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
