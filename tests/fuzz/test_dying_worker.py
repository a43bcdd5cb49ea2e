"""A worker that dies at any line of its own code, or says more than it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from schillinger_plugins import Instance
from schillinger_plugins.errors import PluginError, ProtocolViolation, WorkerCrashed

DIES_AT = """
sys.settrace(None)
self.count = getattr(self, 'count', 0) + 1
number, way = inputs.get('x') or (0, '')
seen = 0

def trace(frame, event, argument):
    nonlocal seen
    if event == 'line' and 'schillinger_plugins' in frame.f_code.co_filename:
        seen += 1
        if seen == number:
            os._exit(3) if way == 'exit' else os.kill(os.getpid(), 9)
    return trace

if number:
    frame = sys._getframe()
    while frame is not None:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
return {'y': {'count': self.count, 'sound': np.full(20_000, self.count, np.float32)}}
"""


@pytest.mark.parametrize("way", ["exit", "kill"])
def test_it_may_die_at_any_line(make: Callable[..., Instance], way: str) -> None:
    """Each death ends its call with a typed error or a whole result; the next call has the state of the last good one."""
    instance = make(DIES_AT)
    good = instance.execute()["y"]["count"]
    died = 0
    for number in range(1, 160, 5):
        for asked in ({"x": [number, way]}, {}):  # it may also die after its answer, in the next call's time
            try:
                outcome = instance.execute(asked)["y"]
            except WorkerCrashed:
                died += 1
            else:
                assert (outcome["sound"] == outcome["count"]).all()
                assert outcome["count"] in (good + 1, good + 2)  # the state told before it died, or that before
                good = outcome["count"]
        assert instance.execute()["y"]["count"] == good + 1
        good += 1
    assert died > 10


FORGES = """
from schillinger_plugins.protocol import frames, values
number, how = inputs['x']
forged = frames.encode(frames.Returned(frames.Body(values.pack({'y': 'forged'}, '').structure), 0.0, 0))
if how == 'before':
    os.write(3, forged)
if how == 'twice':
    threading.Timer(0.05, os.write, (3, forged)).start()
return {'y': number}
"""


@pytest.mark.parametrize("how", ["before", "twice"])
@pytest.mark.parametrize("door", ["execute", "aexecute"])
def test_an_answer_too_many_is_never_taken_for_the_next(make: Callable[..., Instance], how: str, door: str) -> None:
    """Calls are numbered; each gets its own number, the forgery that came with it, or an error, but no other call's."""
    instance = make(FORGES)

    def call(number: int, how: str) -> object:
        asked = {"x": [number, how]}
        return (instance.execute(asked) if door == "execute" else asyncio.run(instance.aexecute(asked)))["y"]

    for number in range(12):
        try:
            got = call(number, how if number % 3 == 0 else "")
        except (ProtocolViolation, WorkerCrashed):
            continue
        assert got == number or (got == "forged" and number % 3 == 0), f"call {number} got {got!r}"
    assert call(99, "") == 99


def test_a_late_answer_is_not_the_next_ones(make: Callable[..., Instance]) -> None:
    """A call that ran out of time is answered by nobody; the next one gets its own answer."""
    instance = make("time.sleep(inputs['x'][1]); return {'y': inputs['x'][0]}")
    for number in range(4):
        with pytest.raises(PluginError):
            instance.execute({"x": [number, 5]}, limits={"wall_s": 0.1})
        assert instance.execute({"x": [number + 100, 0]})["y"] == number + 100


def test_what_is_changed_after_the_answer_stays_unchanged(make: Callable[..., Instance]) -> None:
    """A thread that goes on writing into the shared memory doesn't reach what the caller holds."""
    instance = make(
        """
        import gc, mmap
        maps = [one for one in gc.get_objects() if isinstance(one, memoryview) and not one.readonly and len(one) > 1e5]
        def write():
            for _ in range(200):
                for one in maps:
                    one[:100_000] = b'\\xff' * 100_000
        threading.Thread(target=write).start()
        return {'y': np.zeros(50_000, np.uint8)}
        """
    )
    for _ in range(5):
        held = instance.execute()["y"]
        first = held.copy()
        instance.execute()
        np.testing.assert_array_equal(held, first)
