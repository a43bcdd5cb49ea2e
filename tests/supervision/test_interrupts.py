"""Ctrl-C, and cancelled tasks, at any moment of a call."""

from __future__ import annotations

import asyncio
import gc
import random
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from schillinger_plugins import Instance
from schillinger_plugins.errors import PluginError
from schillinger_plugins.sandbox import interrupts

TIMES = 150
BODY = """
self.calls = getattr(self, 'calls', 0) + 1
until = time.perf_counter() + inputs['x'][1]
while time.perf_counter() < until: pass
return {'y': [inputs['x'][0], self.calls, os.getpid()]}
"""


class Alarm:
    """Interrupts the main thread after a while, as Ctrl-C does."""

    def __init__(self) -> None:
        self.rang = False

    def ring(self, number: int, frame: object) -> None:
        self.rang = True
        signal.raise_signal(signal.SIGINT)

    def __enter__(self) -> Alarm:
        self._before = signal.signal(signal.SIGALRM, self.ring)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    with Alarm() as alarm:
        yield alarm


def interrupted_calls(
    instance: Instance, alarm: Alarm, *, seed: int, latest_s: float, asked: Callable[[int], object], times: int = TIMES
) -> tuple[int, list[object]]:
    """Call again and again, interrupted at random; how often it was, and the answers. Nothing else may come out."""
    rng = random.Random(seed)
    interrupted, answers = 0, []
    for number in range(times):
        alarm.rang = False
        began_s = time.monotonic()
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, latest_s))
            try:
                answer = instance.execute({"x": asked(number)})["y"]
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            assert answer[0] == number
            answers.append(answer)
        except KeyboardInterrupt:
            assert alarm.rang
            interrupted += 1
        assert time.monotonic() - began_s < 5
    return interrupted, answers


@pytest.fixture(autouse=True)
def no_callbacks_of_the_collector() -> Iterator[None]:
    """hypothesis has one, and an interrupt that is raised within it is lost: Python ignores what such a callback raises."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks.extend(callbacks)


@pytest.mark.parametrize(("seed", "takes_s", "latest_s"), [(1, 0.0, 0.0004), (2, 0.003, 0.004), (3, 60.0, 0.01)])
def test_an_interrupt_at_any_moment(
    make: Callable[..., Instance], alarm: Alarm, seed: int, takes_s: float, latest_s: float
) -> None:
    """Short calls, calls as long as the moment is late, calls without end: interrupted or answered, and in time."""
    instance = make(BODY)
    pid = instance.execute({"x": [-1, 0.0]})["y"][2]
    interrupted, answers = interrupted_calls(
        instance, alarm, seed=seed, latest_s=latest_s, asked=lambda number: [number, takes_s]
    )
    assert interrupted > 10
    assert interrupted == TIMES or takes_s < 1
    number, calls, last_pid = instance.execute({"x": [7, 0.0]})["y"]
    assert number == 7
    assert len(answers) + 2 <= calls <= TIMES + 2
    assert last_pid == pid  # a plugin that obeys keeps its worker, and all that it holds
    assert instance.stats.restarts == 0


def test_interrupts_while_megabytes_go_both_ways(make: Callable[..., Instance], alarm: Alarm) -> None:
    """Segments are given free again, replaced and grown: no call waits for ever, none gets another's sound."""
    instance = make(
        """
        sound = inputs['x']
        if (sound != sound[0]).any(): raise ValueError('mixed')
        return {'y': np.concatenate([sound] * int(1 + sound[0] % 3))}
        """
    )
    rng = random.Random(5)
    answered = 0
    for number in range(TIMES):
        sound = np.full(rng.choice((3, 3_000, 30_000, 100_000)), number, np.float64)
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 0.01))
            try:
                answer = instance.execute({"x": sound})["y"]
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            continue
        assert len(answer) == len(sound) * (1 + number % 3)
        assert (answer == number).all()
        answered += 1
    assert 0 < answered < TIMES
    assert instance.stats.restarts == 0


def test_who_keeps_the_interrupts_keeps_no_segments(make: Callable[..., Instance], alarm: Alarm) -> None:
    """As a notebook does with the last exception, its traceback and all that is in its frames: calls go on at once."""
    instance = make("return {'y': inputs['x'][0]}")
    rng = random.Random(8)
    kept: list[BaseException] = []
    for number in range(TIMES):
        began_s = time.monotonic()
        try:
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 0.003))
            try:
                assert instance.execute({"x": np.full(50_000, number, np.float64)})["y"] == number
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt as error:
            kept.append(error)
        assert time.monotonic() - began_s < 3
    assert kept


def test_an_interrupt_that_waited_keeps_nothing_of_what_it_interrupted() -> None:
    """Its traceback would lead there, and the last traceback is kept for as long as a notebook runs."""
    remains: list[weakref.ref[np.ndarray]] = []

    def work() -> None:
        array = np.zeros(3)
        remains.append(weakref.ref(array))
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as kept, interrupts.held():
        work()
    gc.collect()
    assert kept.value.__traceback__ is not None
    assert remains[0]() is None


def test_interrupts_while_workers_are_started(make: Callable[..., Instance], alarm: Alarm) -> None:
    """Put to sleep before each call: waking can be interrupted like any call, and the count goes on."""
    instance = make(BODY)
    instance.execute({"x": [0, 0.0]})

    def asleep(number: int) -> object:
        signal.setitimer(signal.ITIMER_REAL, 0)
        instance.rest()
        signal.setitimer(signal.ITIMER_REAL, random.Random(number).uniform(1e-6, 0.04))
        return [number, 0.0]

    interrupted, answers = interrupted_calls(instance, alarm, seed=6, latest_s=10, asked=asleep, times=40)
    assert interrupted > 3
    counts = [answer[1] for answer in answers]
    assert counts == sorted(counts)
    assert instance.execute({"x": [7, 0.0]})["y"][1] > len(answers)


def test_interrupts_while_waiting_for_a_turn(make: Callable[..., Instance], alarm: Alarm) -> None:
    """Who is interrupted in the queue leaves it, and those behind go on."""
    instance = make(BODY)
    ending = threading.Event()

    def others() -> None:
        while not ending.is_set():
            instance.execute({"x": [0, 0.002]})

    threads = [threading.Thread(target=others) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        interrupted_calls(instance, alarm, seed=7, latest_s=0.006, asked=lambda number: [number, 0.0])
    finally:
        ending.set()
        for thread in threads:
            thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert instance.waiting == 0


def test_an_impatient_hand(make: Callable[..., Instance], alarm: Alarm) -> None:
    """Interrupts that follow each other without end never leave an instance that hangs."""
    instance = make(BODY)
    for number in range(30):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0007)
            try:
                instance.execute({"x": [number, 0.01]})
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            pass
    assert instance.execute({"x": [7, 0.0]})["y"][0] == 7
    assert instance.waiting == 0


def test_a_handler_that_does_not_raise_interrupts_nothing(make: Callable[..., Instance], alarm: Alarm) -> None:
    """Who notes Ctrl-C for later, as servers do, has his calls end in peace."""
    instance = make(BODY)
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        assert instance.execute({"x": [7, 0.1]})["y"][0] == 7
        handler = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert noted == [signal.SIGINT]
    handler(signal.SIGINT, None)  # the one that was there is there again
    assert len(noted) == 2


@pytest.mark.parametrize(("seed", "takes_s", "latest_s"), [(1, 0.0, 0.0004), (2, 0.003, 0.004), (3, 60.0, 0.01)])
def test_a_task_cancelled_at_any_moment(
    make: Callable[..., Instance], seed: int, takes_s: float, latest_s: float
) -> None:
    """As with Ctrl-C: cancelled or answered, each with its own number, by the worker that was there."""
    instance = make(BODY)
    pid = instance.execute({"x": [-1, 0.0]})["y"][2]
    rng = random.Random(seed)

    async def scene() -> int:
        cancelled = 0
        for number in range(TIMES):
            call = asyncio.ensure_future(instance.aexecute({"x": [number, takes_s]}))
            asyncio.get_running_loop().call_later(rng.uniform(0, latest_s), call.cancel)
            async with asyncio.timeout(5):
                try:
                    assert (await call)["y"][0] == number
                except asyncio.CancelledError:
                    assert call.cancelled()
                    cancelled += 1
        return cancelled

    cancelled = asyncio.run(scene())
    assert cancelled > 0 or takes_s < 1
    assert instance.execute({"x": [7, 0.0]})["y"][::2] == [7, pid]


def test_tasks_cancelled_in_the_queue_and_while_workers_start(make: Callable[..., Instance]) -> None:
    """Ten tasks at a time, some cancelled, the worker often gone: those that are left get their own numbers."""
    instance = make(BODY)
    rng = random.Random(9)

    async def scene() -> None:
        for round_number in range(15):
            if round_number % 2:
                await asyncio.to_thread(instance.rest)
            calls = [asyncio.ensure_future(instance.aexecute({"x": [number, 0.001]})) for number in range(10)]
            for call in rng.sample(calls, 5):
                asyncio.get_running_loop().call_later(rng.uniform(0, 0.02), call.cancel)
            async with asyncio.timeout(10):
                answers = await asyncio.gather(*calls, return_exceptions=True)
            for number, answer in enumerate(answers):
                assert isinstance(answer, asyncio.CancelledError) or answer["y"][0] == number
            assert sum(not isinstance(answer, BaseException) for answer in answers) >= 5

    asyncio.run(scene())
    assert instance.waiting == 0
    assert instance.execute({"x": [7, 0.0]})["y"][0] == 7


def test_an_interrupt_ends_a_call_that_was_destroyed_no_differently(make: Callable[..., Instance]) -> None:
    """Destroyed in another thread in mid-call: the call ends at once with an error that says so."""
    instance = make("time.sleep(60)")
    threading.Timer(0.1, instance.destroy).start()
    began_s = time.monotonic()
    with pytest.raises(PluginError, match="destroyed"):
        instance.execute()
    assert time.monotonic() - began_s < 5
