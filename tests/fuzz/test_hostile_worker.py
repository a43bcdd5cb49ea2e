"""Plugins that have taken over their worker: they speak to the host themselves, and die where they like.

Each call of such a plugin ends in a result that was meant for it or in a typed error, in time, and the next call works.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schillinger_plugins import Instance
from schillinger_plugins.errors import LimitExceeded, PluginError, ProtocolViolation, WorkerCrashed
from schillinger_plugins.protocol import frames

from .strategies import from_worker

IN_CHARGE = """
import ctypes, gc, random, signal
import msgspec
from schillinger_plugins.protocol import frames, values

def serving():
    frame = sys._getframe()
    while not (frame.f_code.co_name == '_serve_calls' and frame.f_code.co_filename.endswith('serve.py')):
        frame = frame.f_back
    return frame.f_locals

turn, channel = serving()['frame'].turn, serving()['self']._channel
what, *rest = inputs.get('x') or ['']

def returned(outputs, turn=turn):
    return frames.encode(frames.Returned(frames.Body(values.pack(outputs, '').structure), 0.0, 0, turn=turn))
"""

DOORS = ["execute", "aexecute"]


def call(instance: Instance, door: str, x: Any = None, **options: Any) -> Any:
    """The output ``y``, through one door or the other."""
    if door == "execute":
        return instance.execute({"x": x}, **options)["y"]

    async def through() -> Any:
        return (await instance.aexecute({"x": x}, **options))["y"]

    return asyncio.run(through())


def host_cpu_s(action: Callable[[], Any]) -> tuple[float, float]:
    """CPU time of this process, and time by the clock, that a failing action takes."""
    cpu_s, wall_s = time.process_time(), time.monotonic()
    with pytest.raises(PluginError):
        action()
    return time.process_time() - cpu_s, time.monotonic() - wall_s


DIES = (
    IN_CHARGE
    + """
seen = 0

def die():
    if rest[1] == 'exit':
        os._exit(3)
    if rest[1] == 'kill':
        os.kill(os.getpid(), signal.SIGKILL)
    ctypes.string_at(0)

def trace(frame, event, argument):
    nonlocal seen
    if event == 'line' and 'schillinger_plugins' in frame.f_code.co_filename:
        seen += 1
        if seen == rest[0]:
            die()
    return trace

sys.settrace(None)
if what == 'die':
    frame = sys._getframe()
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
return {'y': [what, np.full(20_000, len(what), np.float32)]}
"""
)


def test_it_may_die_at_any_line(make: Callable[..., Instance]) -> None:
    """Whichever line of its code is the last, the call ends well or in a typed error, and a later one is answered."""
    instance = make(DIES)
    died, answered = 0, 0
    for number in range(1, 400):
        try:
            y = call(instance, DOORS[number % 2], ["die", number, ("exit", "kill", "crash")[number % 3]])
        except (WorkerCrashed, ProtocolViolation):
            died += 1
        else:
            answered += 1
            assert y[0] == "die"
            assert (y[1] == 3).all()
            if answered == 20:  # from here on it would die while it waits for the next call
                break
        with contextlib.suppress(WorkerCrashed):  # it died only after its answer: the host could not know
            assert call(instance, "execute", ["well"])[0] == "well"
            continue
        assert call(instance, "execute", ["well"])[0] == "well"
    assert died > 50
    assert answered == 20


FORGES = (
    IN_CHARGE
    + """
for kind in rest[1]:
    meant = {'before': turn, 'previous': turn - 1, 'ahead': turn + 1, 'far': turn + 7, 'minus': -turn}[kind]
    os.write(3, returned({'y': [-1, meant]}, meant))
if rest[2]:
    threading.Timer(rest[2], os.write, (3, returned({'y': [-1, turn]}))).start()
return {'y': [rest[0], turn]}
"""
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["before", "previous", "ahead", "far", "minus", "after", "much"])
def test_each_call_gets_an_answer_to_itself(make: Callable[..., Instance], door: str, kind: str) -> None:
    """Forged ahead, sent twice, late, or for another turn: no call is given what was said for another."""
    instance = make(FORGES)
    right = 0
    for number in range(12):
        forges = number % 3 == 0
        kinds = ["ahead", "before", "before"] if kind == "much" else [kind] if kind != "after" else []
        x = ["", number, kinds if forges else [], 0.005 if forges and kind == "after" else 0]
        try:
            given_number, turn = call(instance, door, x)
        except (ProtocolViolation, WorkerCrashed):
            continue
        assert given_number in (number, -1)
        worker = instance._worker
        assert worker is not None
        assert turn == worker.turns
        right += given_number == number
    assert right >= 3
    instance.rest()  # what was forged last may lie in the channel still
    assert call(instance, door, ["", 99, [], 0])[0] == 99


@pytest.mark.parametrize("door", DOORS)
def test_a_late_answer_is_not_the_next_ones(make: Callable[..., Instance], door: str) -> None:
    """A call that ran out of time is answered by nobody; the next one gets its own answer."""
    instance = make("time.sleep(inputs['x'][1]); return {'y': inputs['x'][0]}")
    for number in range(3):
        with pytest.raises(LimitExceeded):
            call(instance, door, [number, 5], limits={"wall_s": 0.1})
        assert call(instance, door, [number + 100, 0]) == number + 100


SCRIBBLES = (
    IN_CHARGE
    + """
if channel.output is not None and not hasattr(self, 'scribbler'):
    def scribble(view=channel.output, chance=random.Random(1)):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            place = chance.randrange(len(view) - 64)
            view[place : place + 64] = chance.randbytes(64)
            view[300_000 : 400_000] = b'\\xff' * 100_000
            time.sleep(0)
    self.scribbler = threading.Thread(target=scribble, daemon=True)
    self.scribbler.start()
return {'y': [np.zeros(50_000), ['text', {'key': 1.5}] * 10_000]}
"""
)


@pytest.mark.parametrize("door", DOORS)
def test_shared_memory_that_changes_under_the_hands(make: Callable[..., Instance], door: str) -> None:
    """A thread that never ceases to overwrite structure and arrays: what the host read is checked, and stays as it was."""
    instance = make(SCRIBBLES)
    read = 0
    for _ in range(6):
        try:
            outputs = call(instance, door)
        except ProtocolViolation:
            continue
        array = outputs[0] if isinstance(outputs, list) and outputs else None
        if isinstance(array, np.ndarray):  # anything lawful may have become of it
            read += 1
            before = array.copy()
            with contextlib.suppress(ProtocolViolation):
                call(instance, door)
            np.testing.assert_array_equal(array, before)
    assert read > 0


FLOODS = (
    IN_CHARGE
    + """
frame = {
    'progress': frames.Progress(0.5, 'x' * 200),
    'nonsense': frames.Progress(float('nan'), '\\x1b[2J' * 10_000),
    'segments': frames.NeedSegment(1000),
    'more': frames.More(),
    'started': frames.Started(b'', turn),
}
while what in frame:
    os.write(3, frames.encode(frame[what]))
return {'y': 'well'}
"""
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", ["progress", "nonsense", "segments", "more", "started"])
def test_a_flood_is_stopped(make: Callable[..., Instance], door: str, what: str) -> None:
    """However much it says, the host spends less than a second on it, and the next call works."""
    instance = make(FLOODS)
    call(instance, door)
    cpu_s, wall_s = host_cpu_s(lambda: call(instance, door, [what], limits={"wall_s": 5, "cpu_s": 5}))
    assert cpu_s < 1
    assert wall_s < 8
    assert call(instance, door) == "well"


SULKS = (
    IN_CHARGE
    + """
if what == 'closed':
    os.close(3)
if what == 'other':
    os.dup2(os.pipe()[0], 3)
if what == 'empty':
    socket.socket(fileno=os.dup(3)).send(b'')
if what == 'deaf':
    for _ in range(3000):  # the answers fill the socket's buffer
        os.write(3, frames.encode(frames.Fetch('GET', 'http://a.example/', {}, frames.Body(b''), 1.0)))
if what == 'half':
    os.write(3, frames.encode(frames.NeedSegment(1_000_000)))
if what:
    time.sleep(60)
return {'y': 'well'}
"""
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("what", "wall_s", "ends"),
    [
        ("closed", 3, ProtocolViolation),
        ("other", 3, ProtocolViolation),
        ("empty", 3, ProtocolViolation),
        ("deaf", 0.5, (LimitExceeded, ProtocolViolation)),
        ("half", 0.5, LimitExceeded),
    ],
)
def test_one_that_says_no_more_is_ended(
    make: Callable[..., Instance], door: str, what: str, wall_s: float, ends: type[PluginError]
) -> None:
    """It closes the channel and lives on, reads no more, or stops in the middle of a question."""
    instance = make(SULKS)
    call(instance, door)
    began_s = time.monotonic()
    with pytest.raises(ends):
        call(instance, door, [what], limits={"wall_s": wall_s})
    assert time.monotonic() - began_s < 4
    assert call(instance, door) == "well"


RAISES = IN_CHARGE + (
    "if what == 'no': os.write(3, frames.encode(frames.Raised(*rest, False, turn))); time.sleep(0.05)\n"
    "return {'y': 'well'}"
)


@pytest.mark.parametrize("door", DOORS)
def test_what_is_raised_is_a_plugins_error(make: Callable[..., Instance], door: str) -> None:
    """A forger can't interrupt the host, drive its terminal, or have an error of another kind raised."""
    instance = make(RAISES)
    told = "\x1b[2J\u202e'/etc/passwd'"
    for kind in ("cancelled", "load", "cannot_cross", "memory", "processes", "denied", "plugin", "", "\0", "k" * 9000):
        with pytest.raises(PluginError) as raised:
            call(instance, door, ["no", kind, "KeyboardInterrupt" + told, told, told * 500])
        shown = str(raised.value) + getattr(raised.value, "traceback_text", "")
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        instance.rest()  # its own answer comes after the forged one, and would end it in one of the next calls
        assert call(instance, door) == "well"


SAYS = (
    IN_CHARGE
    + """
for data in rest:
    frame = frames.decode_from_worker(data)
    if hasattr(frame, 'turn') and what == 'now':
        frame = msgspec.structs.replace(frame, turn=turn)
    os.write(3, frames.encode(frame))
return {'y': 'well'}
"""
)


def test_whatever_a_real_worker_says_ends_well(make: Callable[..., Instance]) -> None:
    """Any frames, with the right turn or without, then the right answer: a result or a typed error, then work as usual."""
    instance = make(SAYS)

    @settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(DOORS), st.sampled_from(["now", "then"]), st.lists(from_worker, min_size=1, max_size=4))
    def check(door: str, when: str, said: list[frames.Frame]) -> None:
        with contextlib.suppress(PluginError):
            instance_outputs(instance, door, [when, *map(frames.encode, said)])
        # An answer left over from that call may end the worker in the next one, or lie there still. And who forges frames
        # may have his honest ones overlooked: such a call ends at its limit.
        for _ in range(2):
            with contextlib.suppress(PluginError):
                call(instance, door, limits={"wall_s": 1})
        instance.rest()
        assert call(instance, door) == "well"

    check()


def instance_outputs(instance: Instance, door: str, x: list[Any]) -> None:
    """A call whose outputs, forged or not, fit the definition."""
    began_s = time.monotonic()
    try:
        call(instance, door, x, limits={"wall_s": 5})
    finally:
        assert time.monotonic() - began_s < 8


KEEPS = (
    IN_CHARGE
    + """
server = serving()['self']

def answer(frame, honest=server._answer):
    if not isinstance(frame, frames.Save):
        return honest(frame)
    # Each float takes five bytes here and nine when Python packs it again.
    state = b'\\x92\\xdd' + (199_000).to_bytes(4, 'big') + b'\\xca\\x3f\\x80\\0\\0' * 199_000
    state += b'\\xdb' + (3_000_000).to_bytes(4, 'big') + b'x' * 3_000_000
    channel.room(len(state))[: len(state)] = state
    return frames.Saved(frames.Body(b'', 0, len(state)))

server._answer = answer
return {'y': 'well'}
"""
)


def test_a_state_that_can_be_read_but_not_sent_is_left(make: Callable[..., Instance]) -> None:
    """The next worker is started without it."""
    instance = make(KEEPS)
    for _ in range(2):
        assert call(instance, "execute") == "well"
        instance.rest()


async def standstill_s(instance: Instance, x: Any, **options: Any) -> float:
    """For how long the event loop stood still at worst during a call."""
    worst_s, over = 0.0, asyncio.Event()

    async def tick() -> None:
        nonlocal worst_s
        while not over.is_set():
            began_s = time.monotonic()
            await asyncio.sleep(0.005)
            worst_s = max(worst_s, time.monotonic() - began_s)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    with contextlib.suppress(PluginError):
        await instance.aexecute({"x": x}, **options)
    over.set()
    await ticking
    return worst_s


MANY = IN_CHARGE + "if what: return {'y': [Audio(np.zeros((0, 0), np.float32), 44100)] * 10_000}\nreturn {'y': 0}"


@pytest.mark.parametrize(
    ("body", "x"),
    [
        (SULKS, ["closed"]),
        (SULKS, ["half"]),
        (FLOODS, ["progress"]),
        (FLOODS, ["segments"]),
        (MANY, ["many"]),
    ],
    ids=["closed", "half", "progress", "segments", "many"],
)
def test_the_event_loop_goes_on(make: Callable[..., Instance], body: str, x: list[Any]) -> None:
    """Whatever a worker does, the loop's other tasks wait for less than half a second."""
    instance = make(body)
    call(instance, "aexecute")
    assert asyncio.run(standstill_s(instance, x, limits={"wall_s": 1.5})) < 0.5


@pytest.mark.parametrize("door", DOORS)
def test_requests_without_end_cost_the_host_little(make: Callable[..., Instance], door: str) -> None:
    """A plugin that asks for what it was not granted, again and again, is answered no faster than it does anything else."""
    instance = make(
        IN_CHARGE
        + "request = frames.encode(frames.Fetch('GET', 'http://a.example/', {}, frames.Body(b''), 1.0))\n"
        + "while what:\n    os.write(3, request)\n"
        + "return {'y': 'well'}"
    )
    call(instance, door)
    cpu_s, _ = host_cpu_s(lambda: call(instance, door, ["ask"], limits={"wall_s": 2}))
    assert cpu_s < 1
    assert call(instance, door) == "well"
