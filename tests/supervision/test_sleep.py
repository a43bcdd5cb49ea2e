"""Idle instances are put to sleep, and wake with their state."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.caretaker import Caretaker
from schillinger_plugins.errors import LimitExceeded, WorkerCrashed

from .census import gone, until

COUNT = "self.count = getattr(self, 'count', 0) + 1\nreturn {'y': [self.count, os.getpid()]}"
WITH_STATE = """
import os, threading, time
import numpy as np
from schillinger_plugins.types import *

class Probe(NodePlugin):
    async def initialize(self):
        self._count = 0
        {initialize}
    def get_state(self):
        {get_state}
    def set_state(self, state):
        {set_state}
    async def execute(self, inputs, parameters):
        self._count += 1
        {execute}
        return {{'y': self._count}}
    def get_node_definition(self):
        return {{"type": "probe", "label": "Probe", "inputs": [{{"name": "x", "type": "any", "required": False}}],
                "outputs": [{{"name": "y", "type": "any"}}]}}
"""


def with_state(
    *,
    get_state: str = "return self._count",
    set_state: str = "self._count = state",
    initialize: str = "pass",
    execute: str = "pass",
) -> str:
    return WITH_STATE.format(get_state=get_state, set_state=set_state, initialize=initialize, execute=execute)


@pytest.fixture
def look(manager: PluginManager) -> Callable[[], int]:
    """Put everything idle to sleep now."""
    return Caretaker(manager._instances, idle_s=0.0).look


def test_an_idle_instance_sleeps_and_wakes_with_its_state(
    make: Callable[..., Instance], look: Callable[[], int]
) -> None:
    """Its process is gone, its plain attributes are not."""
    instance = make(COUNT)
    first = instance.execute()["y"]
    assert look() == 1
    assert gone(first[1])
    assert instance.state == "resting"
    assert instance.stats.sleeps == 1
    count, pid = instance.execute()["y"]
    assert count == 2
    assert pid != first[1]


def test_the_caretaker_looks_by_itself(write_plugin: Callable[..., Path]) -> None:
    """An instance sleeps soon after the time that a manager was given."""
    with PluginManager(idle_s=0.05) as manager:
        instance = manager.create_instance(manager.load(write_plugin(body=COUNT)).id)
        instance.execute()
        assert until(lambda: instance.stats.sleeps == 1)
        assert instance.execute()["y"][0] == 2


def test_memory_is_returned(make: Callable[..., Instance], look: Callable[[], int]) -> None:
    """What a sleeping instance used is zero; its large state comes back."""
    instance = make("self.kept = np.ones(8_000_000) if self.kept is None else self.kept\nreturn {'y': self.kept.sum()}")
    assert instance.execute()["y"] == 8e6
    assert until(lambda: instance.memory_bytes > 50e6)
    look()
    assert instance.memory_bytes == 0
    assert instance.execute()["y"] == 8e6


def test_an_instance_in_a_call_does_not_sleep(make: Callable[..., Instance], look: Callable[[], int]) -> None:
    """However long it takes."""
    instance = make("if inputs.get('x'): await asyncio.sleep(0.3)\nreturn {'y': os.getpid()}")
    pid = instance.execute()["y"]
    said: list[int] = []
    call = threading.Thread(target=lambda: said.append(instance.execute({"x": True})["y"]))
    call.start()
    assert until(lambda: instance.state == "running")
    assert look() == 0
    call.join(10)
    assert said == [pid]


def test_an_instance_with_waiting_callers_does_not_sleep(
    make: Callable[..., Instance], look: Callable[[], int]
) -> None:
    """From the first of ten waiting calls to the last, one worker serves them all, whenever the caretaker looks."""
    instance = make("time.sleep(0.01)\nreturn {'y': os.getpid()}")
    said: list[int] = []
    calls = [threading.Thread(target=lambda: said.append(instance.execute()["y"])) for _ in range(10)]
    for call in calls:
        call.start()
    while instance.waiting:
        assert look() == 0
    for call in calls:
        call.join(10)
    assert len(set(said)) == 1


def test_a_call_and_sleep_at_the_same_time(make: Callable[..., Instance], look: Callable[[], int]) -> None:
    """A caretaker that looks all the time costs calls their worker, never their count."""
    instance = make(COUNT)
    ending = threading.Event()

    def tire() -> None:
        while not ending.is_set():
            look()

    caretaker = threading.Thread(target=tire)
    caretaker.start()
    try:
        counts = [instance.execute()["y"][0] for _ in range(40)]
    finally:
        ending.set()
        caretaker.join(10)
    assert counts == list(range(1, 41))
    assert instance.stats.sleeps > 0


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), 9)", "time.sleep(60)", "os._exit(3)"])
def test_a_crash_costs_the_state_of_that_call_alone(make: Callable[..., Instance], ending: str) -> None:
    """After a worker that ended in a call, the state is what it was after the last call that returned."""
    instance = make(
        f"self.count = getattr(self, 'count', 0) + 1\nif inputs.get('x'): {ending}\nreturn {{'y': self.count}}",
        manifest={"limits": {"wall_s": 0.3}},
    )
    assert [instance.execute()["y"] for _ in range(3)] == [1, 2, 3]
    with pytest.raises((WorkerCrashed, LimitExceeded)):
        instance.execute({"x": True})
    assert instance.execute()["y"] == 4


def test_a_worker_killed_while_idle_costs_no_state(make: Callable[..., Instance]) -> None:
    """The next call finds what the last one left."""
    instance = make(COUNT)
    _, pid = instance.execute()["y"]
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: instance.state == "resting")
    assert instance.execute()["y"][0] == 2


def test_arrays_of_megabytes_survive(make: Callable[..., Instance], look: Callable[[], int]) -> None:
    """To the last sample."""
    instance = make("if inputs.get('x') is not None: self.kept = inputs['x'].copy()\nreturn {'y': self.kept}")
    sound = np.random.default_rng(7).standard_normal((2, 1_000_000)).astype(np.float32)
    instance.execute({"x": sound})
    look()
    assert np.array_equal(instance.execute()["y"], sound)


@pytest.mark.parametrize(
    "stranger", ["threading.Lock()", "open(self.context.scratch / 'f', 'w')", "lambda: 1", "self", "object()"]
)
def test_what_is_no_data_is_left_out(make: Callable[..., Instance], look: Callable[[], int], stranger: str) -> None:
    """A lock, a file, a function: the instance sleeps and wakes without it, with everything else."""
    instance = make(f"self.strange = {stranger}\n" + COUNT)
    instance.execute()
    assert look() == 1
    assert instance.execute()["y"][0] == 2


def test_what_a_plugin_says_its_state_is(make: Callable[..., Instance], look: Callable[[], int]) -> None:
    """get_state and set_state are asked, where there are any."""
    instance = make(main=with_state())
    assert [instance.execute()["y"] for _ in range(3)] == [1, 2, 3]
    look()
    assert instance.execute()["y"] == 4


BAD_GET_STATE = {
    "raises": "raise RuntimeError('no')",
    "exits": "raise SystemExit(3)",
    "nonsense": "return {1: object()}",
    "hangs": "time.sleep(60)",
    "huge": "return np.zeros(40_000_000)",
    "dies": "os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("bad", BAD_GET_STATE)
def test_a_get_state_that_fails_costs_the_state_not_the_instance(
    make: Callable[..., Instance], look: Callable[[], int], bad: str
) -> None:
    """When it is put to sleep, whatever it does then: the next call has a worker, and what was told before that."""
    instance = make(
        main=with_state(
            initialize="self._bad = False",
            execute="self._bad = bool(inputs.get('x'))",
            get_state=f"if self._bad:\n            {BAD_GET_STATE[bad]}\n        return self._count",
        ),
        manifest={"limits": {"start_s": 0.5, "wall_s": 1, "output_mb": 16}},
    )
    assert [instance.execute()["y"] for _ in range(2)] == [1, 2]
    # A small state is told with each answer: a call whose get_state() ends the worker fails as any other that does.
    with pytest.raises((LimitExceeded, WorkerCrashed)) if bad in ("hangs", "dies") else contextlib.nullcontext():
        instance.execute({"x": True})
    look()
    assert instance.execute()["y"] == 3


BAD_SET_STATE = {
    "raises": "raise RuntimeError('no')",
    "exits": "raise SystemExit(3)",
    "hangs": "time.sleep(60)",
    "dies": "os.kill(os.getpid(), 9)",
}


@pytest.mark.parametrize("bad", BAD_SET_STATE)
def test_a_set_state_that_fails_costs_the_state_not_the_instance(
    make: Callable[..., Instance], look: Callable[[], int], bad: str
) -> None:
    """The call that woke it may fail, and the one after it; then it goes on without, and the log says so."""
    instance = make(main=with_state(set_state=BAD_SET_STATE[bad]), manifest={"limits": {"start_s": 0.3}})
    instance.execute()
    look()
    said: list[object] = []
    for _ in range(3):
        try:
            said.append(instance.execute()["y"])
            break
        except (LimitExceeded, WorkerCrashed) as error:
            said.append(type(error))
    assert said[-1] == 1
    assert len(said) == {"raises": 1, "exits": 1, "hangs": 2, "dies": 3}[bad]
    assert any("without its state" in line.text for line in instance.log.lines())


GARBAGE = """
class Round: pass
one = Round()
one.itself, one.held = one, np.ones(4_000_000)
self.count = getattr(self, 'count', 0) + 1
return {'y': [self.count, os.getpid()]}
"""


def test_an_idle_worker_collects_its_garbage_once(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """What it keeps in circles is given back and counted; it goes on with its state, and falls asleep in its time."""
    told: list[int] = []
    undo = manager.events.subscribe("collected", lambda event: told.append(event.data["given_back_bytes"]))
    instance = make(GARBAGE)
    _, pid = instance.execute({})["y"]
    assert not instance.collect_if_idle(3600)
    used_s = instance.used_s
    assert instance.collect_if_idle(0.0)
    assert instance.used_s == used_s
    assert instance.stats.given_back_bytes > 25e6
    assert told == [instance.stats.given_back_bytes]
    assert not instance.collect_if_idle(0.0)
    assert instance.stats.collections == 1
    assert instance.execute({})["y"] == [2, pid]
    undo()


def test_who_looks_after_idle_instances_has_them_collect_first(make: Callable[..., Instance]) -> None:
    """Long before they are put to sleep."""
    instance = make(GARBAGE)
    instance.execute({})
    instance.used_s -= 200
    caretaker = Caretaker({instance.id: instance}, idle_s=600.0)
    assert caretaker.look() == 0
    assert (instance.stats.collections, instance.state) == (1, "ready")
    instance.used_s -= 500
    assert caretaker.look() == 1
    assert instance.state == "resting"


def test_what_sleep_gives_back_is_told(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """By itself or by hand: the memory of the worker that has gone, as an event and in the figures."""
    told: list[tuple[bool, int]] = []
    undo = manager.events.subscribe(
        "slept", lambda event: told.append((event.data["idle"], event.data["given_back_bytes"]))
    )
    instance = make("self.kept = np.ones(4_000_000)\nreturn {'y': 1}")
    instance.execute({})
    until(lambda: instance.memory_bytes > 25e6)
    assert instance.rest_if_idle(0.0)
    instance.execute({})
    until(lambda: instance.memory_bytes > 25e6)
    instance.rest()
    instance.rest()  # there is nothing more to give back
    assert [idle for idle, _ in told] == [True, False]
    assert min(size for _, size in told) > 25e6
    assert instance.stats.given_back_bytes == sum(size for _, size in told)
    assert instance.stats.sleeps == 1
    assert instance.peak_memory_bytes >= max(size for _, size in told)
    undo()


def test_a_restart_is_told_with_its_reason(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """A worker that was killed, and one whose limits don't fit the next call."""
    told: list[str] = []
    undo = manager.events.subscribe("restarted", lambda event: told.append(event.data["why"]))
    instance = make(COUNT)
    _, pid = instance.execute({})["y"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid))
    instance.execute({})
    instance.execute({}, limits={"memory_mb": 700})
    assert told == ["its worker had ended", "other limits"]
    assert instance.stats.restarts == 2
    undo()
