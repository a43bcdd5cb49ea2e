"""Metrics: the figures of all instances, as Prometheus reads them.

Owns their names. Nothing is counted here: a scrape reads what the instances have counted. Called by ``app``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from .scopes import READ

if TYPE_CHECKING:
    from ..manager import PluginManager
    from .runs import Runs

router = APIRouter()

_COUNTERS = (
    ("calls", "Calls that returned.", "calls"),
    ("failures", "Calls that raised.", "failures"),
    ("cancelled", "Calls that were interrupted.", "cancelled"),
    ("restarts", "Workers that had to be replaced.", "restarts"),
    ("sleeps", "Times it was put to sleep for being idle.", "sleeps"),
    ("wall_seconds", "Time of the calls that returned.", "wall_total_s"),
)


class Figures:
    """A collector that asks the manager when it is scraped."""

    def __init__(self, manager: PluginManager, runs: Runs) -> None:
        self._manager = manager
        self._runs = runs

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client."""
        status = self._manager.status()
        which = ["plugin", "instance"]
        for name, meaning, field in _COUNTERS:
            counter = CounterMetricFamily(f"schillinger_{name}", meaning, labels=which)
            for one in status.instances:
                counter.add_metric([one.plugin_id, one.id], getattr(one.stats, field))
            yield counter
        memory = GaugeMetricFamily("schillinger_memory_bytes", "Private memory of its worker.", labels=which)
        waiting = GaugeMetricFamily("schillinger_waiting_calls", "Calls that wait for their turn.", labels=which)
        for one in status.instances:
            memory.add_metric([one.plugin_id, one.id], one.memory_bytes)
            waiting.add_metric([one.plugin_id, one.id], one.waiting)
        plugins = GaugeMetricFamily("schillinger_plugins", "Plugins by their state.", labels=["state"])
        for state, count in Counter(status.plugins.values()).items():
            plugins.add_metric([state], count)
        runs = GaugeMetricFamily("schillinger_running_calls", "Calls over HTTP that go on.")
        runs.add_metric([], self._runs.going_on)
        yield from (memory, waiting, plugins, runs)


@router.get("/metrics", dependencies=[Depends(READ)], tags=["system"], response_class=Response)
def metrics(request: Request) -> Response:
    """The figures of all instances, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(Figures(request.app.state.manager, request.app.state.runs))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
