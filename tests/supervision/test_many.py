"""Many instances and many callers at once: turns are fair, and a queue has an end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import Busy, UnknownPlugin
from schillinger_plugins.instance import QUEUE_PLACES

from .census import until
from .probe import write_probe

INSTANCES = 50
SECONDS = 1.5
FAIR = 100
"""How many times more calls the luckiest of fifty may get than the unluckiest."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Instance]]:
    """Fifty instances of one plugin."""
    with PluginManager() as manager:
        manager.load(write_probe(tmp_path_factory.mktemp("crowd")))
        yield [manager.create_instance("probe") for _ in range(INSTANCES)]


def judge(counts: list[int], longest_s: float) -> None:
    """Everybody was called, nobody much more than anybody else, and nobody waited long."""
    assert min(counts) > 0, counts
    assert max(counts) <= FAIR * min(counts), sorted(counts)
    assert longest_s < 1.0


def together(count: int, seconds: float, call: Callable[[int], None]) -> None:
    """Have so many threads call again and again. They begin when all are there: starting the last of them takes its time."""
    ends_s: list[float] = []
    begun = threading.Barrier(count, action=lambda: ends_s.append(time.monotonic() + seconds))

    def work(index: int) -> None:
        begun.wait(30)
        while time.monotonic() < ends_s[0]:
            call(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_fifty_threads_are_served_alike(crowd: list[Instance]) -> None:
    """Each calls an instance of its own as fast as it can."""
    counts, slowest = [0] * INSTANCES, [0.0] * INSTANCES

    def call(index: int) -> None:
        began_s = time.monotonic()
        assert crowd[index].execute({"x": index})["y"] == index
        slowest[index] = max(slowest[index], time.monotonic() - began_s)
        counts[index] += 1

    together(INSTANCES, SECONDS, call)
    judge(counts, max(slowest))


def test_fifty_tasks_are_served_alike(crowd: list[Instance]) -> None:
    """The same, from one event loop, which stays responsive."""
    counts, slowest, ticks = [0] * INSTANCES, [0.0] * INSTANCES, [0.0]

    async def call(index: int, end_s: float) -> None:
        while (began_s := time.monotonic()) < end_s:
            assert (await crowd[index].aexecute({"x": index}))["y"] == index
            slowest[index] = max(slowest[index], time.monotonic() - began_s)
            counts[index] += 1

    async def tick(end_s: float) -> None:
        while (before_s := time.monotonic()) < end_s:
            await asyncio.sleep(0)
            ticks.append(time.monotonic() - before_s)

    async def scene() -> None:
        end_s = time.monotonic() + SECONDS
        await asyncio.gather(tick(end_s), *(call(index, end_s) for index in range(INSTANCES)))

    asyncio.run(scene())
    judge(counts, max(slowest))
    assert max(ticks) < 0.3


def test_ten_threads_at_one_instance_are_served_alike(crowd: list[Instance]) -> None:
    """Nobody overtakes: the counts are almost the same."""
    counts = [0] * 10

    def call(index: int) -> None:
        crowd[0].execute({"x": index})
        counts[index] += 1

    together(10, 1.0, call)
    judge(counts, 0.0)
    assert max(counts) <= 2 * min(counts) + 10, counts


HELD = """
self.order = [*getattr(self, 'order', []), inputs['x']]
while inputs['x'] == 'hold' and not (self.context.scratch / 'gate').exists(): time.sleep(0.005)
return {'y': [inputs['x'], self.order]}
"""


@dataclass(frozen=True)
class Held:
    """An instance in a call that goes on until it is let go."""

    instance: Instance
    gate: Path

    def let_go(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # the worker has been ended
            self.gate.touch()


@pytest.fixture
def held(make: Callable[..., Instance]) -> Iterator[Held]:
    instance = make(HELD)
    instance.execute({"x": 0})
    assert instance._worker is not None
    held = Held(instance, instance._worker.scratch / "gate")

    def hold() -> None:
        with contextlib.suppress(UnknownPlugin):
            instance.execute({"x": "hold"})

    holder = threading.Thread(target=hold)
    holder.start()
    assert until(lambda: instance.state == "running")
    yield held
    held.let_go()
    holder.join(10)


def test_first_come_first_served(held: Held) -> None:
    """Twenty callers, threads and tasks in turn, reach the plugin in the order in which they came."""
    instance = held.instance
    threads: list[threading.Thread] = []

    async def scene() -> None:
        tasks = []
        for number in range(20):
            if number % 2:
                threads.append(threading.Thread(target=instance.execute, args=({"x": number},)))
                threads[-1].start()
            else:
                tasks.append(asyncio.ensure_future(instance.aexecute({"x": number})))
                await asyncio.sleep(0)
            assert await asyncio.to_thread(until, lambda number=number: instance.waiting == number + 1)
        held.let_go()
        await asyncio.gather(*tasks)

    asyncio.run(scene())
    for thread in threads:
        thread.join(10)
    assert instance.execute({"x": 99})["y"][1] == [0, "hold", *range(20), 99]


def test_the_sixty_fifth_that_waits_is_refused(held: Held) -> None:
    """Through both doors, with a message that says so; those that wait are served all the same."""
    instance = held.instance
    served: list[int] = []
    threads = [
        threading.Thread(target=lambda number=number: served.append(instance.execute({"x": number})["y"][0]))
        for number in range(QUEUE_PLACES)
    ]
    for thread in threads:
        thread.start()
    assert until(lambda: instance.waiting == QUEUE_PLACES)
    with pytest.raises(Busy, match=f"{QUEUE_PLACES} calls wait for {instance.id} already"):
        instance.execute({"x": -1})
    with pytest.raises(Busy, match="create more instances"):
        asyncio.run(instance.aexecute({"x": -1}))
    held.let_go()
    for thread in threads:
        thread.join(10)
    assert sorted(served) == list(range(QUEUE_PLACES))


def test_who_is_destroyed_serves_nobody_any_more(held: Held, manager: PluginManager) -> None:
    """Callers that wait for an instance are told that it is gone, and no worker is started for them."""
    instance = held.instance
    said: list[str] = []

    def call() -> None:
        try:
            instance.execute({"x": 1})
        except Exception as error:
            said.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert until(lambda: instance.waiting == 5)
    manager.destroy_instance(instance.id)
    for thread in threads:
        thread.join(10)
    assert len(said) == 5
    assert all("destroyed" in text for text in said)
    assert instance._worker is None
    assert instance.state == "destroyed"
