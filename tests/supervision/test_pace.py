"""How fast an instance has been of late: percentiles, and calls a minute."""

from __future__ import annotations

import time
from typing import Any

import pytest

from schillinger_plugins.events import Events
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


def test_the_share_that_failed() -> None:
    """Of those that ended by themselves: who cancels is no failure."""
    assert InstanceStats().failed_share == 0.0
    assert InstanceStats(calls=3, failures=1, cancelled=9).failed_share == 0.25
