"""How fast an instance has been of late: percentiles, and calls a minute."""

from __future__ import annotations

import time
from typing import Any

import pytest

from schillinger_plugins.events import Event, Events
from schillinger_plugins.sandbox.growth import Growth
from schillinger_plugins.sandbox.log import Log
from schillinger_plugins.tally import KEPT, MINUTE_S, InstanceStats, Pace, Tally


class Worker:
    """What a tally asks of one."""

    peak_memory_bytes = 7
    leaks = False


WORKER: Any = Worker()


@pytest.fixture
def tally() -> Tally:
    return Tally("probe", "probe-1", user="", events=Events(), log=Log("probe", "probe-1"))


def returned(tally: Tally, *times_s: float, ended_s: float | None = None) -> None:
    for wall_s in times_s:
        tally.returned(wall_s, time.perf_counter() if ended_s is None else ended_s, 0.5, WORKER, "run-1")


def test_nothing_yet(tally: Tally) -> None:
    """Before the first call all is 0."""
    assert tally.pace == Pace()


def test_percentiles_of_the_last_calls(tally: Tally) -> None:
    """Of a hundred; those that are older than the last ones are forgotten."""
    returned(tally, *(number / 1000 for number in range(1, 101)))
    pace = tally.pace
    assert (pace.p50_s, pace.p90_s, pace.p99_s) == (0.05, 0.09, 0.099)
    assert pace.calls_per_minute == 100
    returned(tally, *[2.0] * KEPT)
    assert tally.pace.p50_s == tally.pace.p99_s == 2.0
    assert (tally.stats.cpu_total_s, tally.stats.peak_memory_bytes) == ((100 + KEPT) / 2, 7)


def test_calls_a_minute_are_those_of_the_last_one(tally: Tally) -> None:
    """What ended before doesn't count; of more calls than are kept, the rate is that of those."""
    now_s = time.perf_counter()
    returned(tally, *[0.1] * 5, ended_s=now_s - MINUTE_S - 1)
    returned(tally, *[0.1] * 3, ended_s=now_s)
    assert tally.pace.calls_per_minute == 3
    returned(tally, *[0.1] * KEPT, ended_s=now_s - 6)
    assert tally.pace.calls_per_minute == pytest.approx(KEPT * 10, rel=0.2)


def test_what_calls_cost_is_added_up(tally: Tally) -> None:
    """Time and CPU time of those that returned; who gives up has not failed."""
    returned(tally, 1.0, 2.0)
    tally.failed(ValueError("no such scale"), "run-2")
    tally.failed(KeyboardInterrupt(), "run-3")
    stats = tally.stats
    assert (stats.calls, stats.wall_total_s, stats.wall_last_s, stats.cpu_total_s) == (2, 3.0, 2.0, 1.0)
    assert (stats.failures, stats.cancelled, stats.last_error) == (1, 1, "no such scale")


def test_each_worker_s_leak_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker begins anew, and may leak as well."""
    events = Events()
    told: list[Event] = []
    events.subscribe("leaks", told.append)
    tally = Tally("probe", "probe-1", user="", events=events, log=Log("probe", "probe-1"))
    leaking: Any = Worker()
    leaking.leaks, leaking.growth, leaking.memory_bytes = True, Growth(), 7
    for _ in range(2):
        for _ in range(3):
            tally.returned(1.0, 1.0, 1.0, leaking, "run-1")
        tally.new_worker()
    assert [event.data["memory_bytes"] for event in told] == [7, 7]


def test_what_is_given_back_is_added_up_and_told_if_it_is_worth_it() -> None:
    """By collecting and by sleep; a collection of less than a megabyte is no event."""
    events = Events()
    told: list[Event] = []
    events.subscribe("collected", told.append)
    tally = Tally("probe", "probe-1", user="", events=events, log=Log("probe", "probe-1"))
    tally.collected(999_999)
    tally.collected(1_000_000)
    tally.slept(5_000_000, is_idle=True)
    tally.slept(4_000_000, is_idle=False)
    assert [event.data["given_back_bytes"] for event in told] == [1_000_000]
    assert tally.stats.given_back_bytes == 10_999_999
    assert (tally.stats.collections, tally.stats.sleeps, tally.stats.peak_memory_bytes) == (2, 1, 5_000_000)


def test_the_share_that_failed() -> None:
    """Of those that ended by themselves: who cancels is no failure."""
    assert InstanceStats().failed_share == 0.0
    assert InstanceStats(calls=3, failures=1, cancelled=9).failed_share == 0.25
