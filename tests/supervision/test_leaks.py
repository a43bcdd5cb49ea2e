"""Memory: of plugins that keep too much, and of everything after many calls."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.events import Event
from schillinger_plugins.sandbox.growth import Growth

from .census import until
from .soak import soak

MB = 1024 * 1024
CALLS = 5_000


def test_a_leak_is_noticed_with_figures_once(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """A plugin that keeps a megabyte a call is named, in the status, in the log and to subscribers, once each."""
    instance = make(
        "self.kept = (self.kept or []) + [np.ones(131072)]\ntime.sleep(0.003)\nreturn {}", definition=_nothing()
    )
    told: list[Event] = []
    undo = manager.events.subscribe("leaks", told.append)
    try:
        calls = 0
        while not told and calls < 2000:
            instance.execute()
            calls += 1
        assert instance.leaks
        for _ in range(50):
            instance.execute()
    finally:
        undo()
    assert instance.growth_bytes_per_call == pytest.approx(MB, rel=0.15)
    (event,) = told
    assert event.data["growth_bytes_per_call"] == pytest.approx(MB, rel=0.3)
    lines = [line.text for line in instance.log.lines() if "leaks memory" in line.text]
    assert len(lines) == 1
    assert "MB more with each call" in lines[0]
    (row,) = [one for one in manager.status().instances if one.id == instance.id]
    assert row.leaks
    assert row.growth_bytes_per_call == pytest.approx(MB, rel=0.15)
    assert row.waiting == 0


def test_a_plugin_that_gives_back_what_it_takes_is_not_accused(make: Callable[..., Instance]) -> None:
    """Up to 60 MB in a call, nothing after it."""
    instance = make("np.ones(131072 * int(inputs['x'])).sum()\nreturn {'y': 0}")
    rng = random.Random(3)
    for _ in range(200):
        instance.execute({"x": rng.randrange(1, 60)})
        assert not instance.leaks


def _nothing() -> dict[str, object]:
    return {"type": "probe", "label": "Probe"}


def grown(memory: Callable[[int], float], *, calls: int, every: int = 1) -> Growth:
    growth = Growth()
    for call in range(0, calls, every):
        growth.add(call, int(memory(call)))
    return growth


@pytest.mark.parametrize("bytes_per_call", [4_000, 100_000, MB, 10 * MB])
def test_leaks_of_any_pace_are_found(bytes_per_call: int) -> None:
    """Some after thirty calls, some after some thousand; the figure is right either way."""
    calls = 60 + 40 * MB // bytes_per_call
    growth = grown(lambda call: 50 * MB + bytes_per_call * call, calls=calls)
    assert growth.leaks
    assert growth.bytes_per_call == pytest.approx(bytes_per_call, rel=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_what_comes_and_goes_is_no_leak(seed: int) -> None:
    """Whatever is seen in the middle of calls, in whatever order."""
    rng = random.Random(seed)
    growth = Growth()
    for call in range(3000):
        growth.add(call, rng.randrange(1, 200) * MB)
        assert not growth.leaks


def test_a_cache_that_fills_up_is_no_leak() -> None:
    """When it has been full for as long as it took to fill."""
    growth = grown(lambda call: min(call, 500) * MB // 10, calls=2000)
    assert not growth.leaks


def test_a_cache_that_has_filled_up_within_the_window_is_no_leak() -> None:
    """However much that was: it is flat since."""
    growth = grown(lambda call: min(call, 41) * MB, calls=81)
    assert growth.bytes_per_call > 0
    assert not growth.leaks


def test_what_grows_little_is_no_leak_yet() -> None:
    """Steadily, but less than 16 MB in all: told as a figure, and as a leak once it is more."""
    growth = grown(lambda call: 50 * MB + 100_000 * call, calls=150)
    assert growth.bytes_per_call == pytest.approx(100_000, rel=0.01)
    assert not growth.leaks
    assert grown(lambda call: 50 * MB + 100_000 * call, calls=400).leaks


def test_the_first_calls_do_not_count() -> None:
    """They import and fill caches."""
    growth = grown(lambda call: min(call, 20) * 10 * MB, calls=100)
    assert growth.bytes_per_call == 0
    assert not growth.leaks


def test_many_calls_leave_memory_flat(make: Callable[..., Instance]) -> None:
    """Of the host and of the worker; no descriptor, no thread, no process more than before."""
    instance = make("return {'y': inputs.get('x')}")
    report = soak(instance, instance.execute, calls=CALLS)
    assert report.host_grew_bytes < 3 * MB, str(report)
    assert report.worker_grew_bytes < 3 * MB, str(report)
    assert not report.left_over, str(report)


def test_many_sleeps_leave_memory_flat(make: Callable[..., Instance]) -> None:
    """Starting and ending workers leaves nothing either."""
    instance = make("return {'y': 1}")

    def sleep_and_wake() -> None:
        instance.rest()
        instance.execute()

    report = soak(instance, sleep_and_wake, calls=40, warm_up=15)
    assert report.host_grew_bytes < 3 * MB, str(report)
    assert not report.left_over, str(report)


def test_a_watchdog_sees_a_leak_of_calls_that_follow_each_other_closely(make: Callable[..., Instance]) -> None:
    """Though no moment is idle: two threads call in turn, so that the worker is always busy when it is looked at."""
    instance = make(
        "self.kept = (self.kept or []) + [np.ones(131072)]\ntime.sleep(0.005)\nreturn {}", definition=_nothing()
    )
    ending = threading.Event()

    def call() -> None:
        while not ending.is_set():
            instance.execute()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert until(lambda: instance.leaks, 20.0)
    finally:
        ending.set()
        for thread in threads:
            thread.join(10)
