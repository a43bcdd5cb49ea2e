"""The figures that Prometheus scrapes: each is that of the status, or of whoever counts it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from schillinger_plugins import PluginManager


def scraped(client: httpx.Client, instance_id: str | None = None, **labels: str) -> dict[str, float]:
    """What a scrape tells of one instance, or of the whole, by name."""
    return {
        sample.name.removeprefix("schillinger_"): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.labels.get("instance") == instance_id and labels.items() <= sample.labels.items()
    }


def test_memory_growth_and_queue_are_those_of_the_instance(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Now, at most, with each call, whether that is a leak, and how many calls wait."""
    body = "self.context.progress(0.1)\nreturn {'y': 1}"
    instance = manager.create_instance(manager.load(write_plugin("grower", body=body)).id)  # its log says so
    instance.execute({"x": 1})
    worker = instance._worker
    assert worker is not None
    for calls in range(21, 60):
        worker.growth.add(calls, calls * 1_000_000)
    found: dict[str, float] = {}
    other = threading.Thread(target=instance.execute, args=({"x": 2},))

    def scrape(*_: object) -> None:
        if found:
            return
        other.start()
        while not instance.waiting:
            threading.Event().wait(0.001)
        worker.memory_bytes, worker.peak_memory_bytes, worker.leaks = 5_000_000, 7_000_000_000, True
        found.update(scraped(client, instance.id))
        found["memory_bytes"] = min(found["memory_bytes"], 5_000_000)  # the watchdog may have looked since

    instance.execute({"x": 1}, on_progress=scrape)
    other.join()
    assert found["memory_bytes"] > 0
    assert found["memory_peak_bytes"] == 7_000_000_000
    assert round(found["memory_growth_bytes"], -3) == 1_000_000
    assert (found["leaks"], found["waiting_calls"]) == (1, 1)


def test_each_counter_is_the_one_it_is_called(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """None is another's."""
    instance = manager.create_instance(manager.load(write_plugin(body="return {'y': 1}")).id)
    stats = instance._tally.stats
    stats.calls, stats.failures, stats.cancelled, stats.restarts = 1, 2, 3, 4
    stats.sleeps, stats.collections, stats.given_back_bytes = 5, 6, 7
    stats.wall_total_s, stats.wall_last_s, stats.cpu_total_s, stats.peak_memory_bytes = 8.0, 99.0, 9.0, 98
    found = scraped(client, instance.id)
    names = "calls failures cancelled restarts sleeps collections given_back_bytes wall_seconds cpu_seconds".split()
    assert [found[f"{name}_total"] for name in names] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_percentiles_are_told_apart(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Each under its own quantile."""
    instance = manager.create_instance(manager.load(write_plugin(body="return {'y': 1}")).id)
    instance._tally._recent.extend((0.0, float(number)) for number in range(1, 101))
    quantiles = {q: scraped(client, instance.id, quantile=q)["latency_seconds"] for q in ("0.5", "0.9", "0.99")}
    assert quantiles == {"0.5": 50, "0.9": 90, "0.99": 99}


def test_what_goes_on_is_counted_and_what_was_lost(
    client: httpx.Client,
    manager: PluginManager,
    write_plugin: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calls over HTTP, plugins by their state, and records that found no way into the journal."""
    plugin = manager.load(write_plugin(body="await asyncio.sleep(3600)"))
    made = client.post(f"/api/plugins/{plugin.id}/instances").json()["id"]
    before = scraped(client)["journal_lost_total"]
    monkeypatch.setattr(manager.recorder._writer, "dropped", manager.recorder.dropped + 7)
    run = client.post(f"/api/plugins/instances/{made}/execute", params={"wait": "false"}).json()["id"]
    told = scraped(client)
    assert (told["running_calls"], told["journal_lost_total"] - before) == (1, 7)
    assert scraped(client, state="loaded")["plugins"] == list(manager.status().plugins.values()).count("loaded")
    client.post(f"/api/plugins/runs/{run}/cancel")
    client.delete(f"/api/plugins/instances/{made}")
