"""Coroutines of plugins: whatever one does to its task or to the event loop, the next call is served like any other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schillinger_plugins import Instance
from schillinger_plugins.errors import PluginError, PluginExecutionError

BODY = """
import asyncio
what = inputs['x']
if what == 'waits':
    await asyncio.sleep(0.01)
elif what == 'cancels itself and returns':
    asyncio.current_task().cancel()
elif what == 'cancels itself and waits':
    asyncio.current_task().cancel()
    await asyncio.sleep(5)
elif what == 'exits in a task':
    async def leave(): raise SystemExit(3)
    await asyncio.gather(leave(), asyncio.sleep(5))
elif what == 'raises in a group':
    async def fail(): raise ValueError('in a group')
    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        group.create_task(asyncio.sleep(5))
elif what == 'times out':
    async with asyncio.timeout(0.01): await asyncio.sleep(5)
elif what == 'leaves a task that raises':
    async def later():
        await asyncio.sleep(0)
        raise SystemExit(4)
    self.kept = asyncio.create_task(later())
elif what == 'fails and leaves a task':
    async def count():
        while True:
            self.count = getattr(self, 'count', 0) + 1
            await asyncio.sleep(0)
    asyncio.create_task(count())
    await asyncio.sleep(0.01)
    raise ValueError('left')
return {'y': [what, len(asyncio.all_tasks())]}
"""


@pytest.fixture
def instance(make: Callable[..., Instance]) -> Instance:
    return make(BODY)


def well(instance: Instance) -> None:
    """The next calls, which wait and which don't, are what they should be, and no task is there but their own."""
    worker = instance._worker
    assert instance.execute({"x": "waits"})["y"] == ["waits", 1]
    assert instance.execute({"x": ""})["y"] == ["", 1]
    assert instance._worker is worker


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("cancels itself and waits", "CancelledError"),
        ("exits in a task", "SystemExit: 3"),
        ("raises in a group", "in a group"),
        ("times out", "TimeoutError"),
        ("fails and leaves a task", "left"),
    ],
)
def test_a_coroutine_that_fails_is_told_and_leaves_nothing(instance: Instance, what: str, says: str) -> None:
    """The exception is the plugin's own, with its traceback; the worker is the same afterwards."""
    instance.execute({"x": ""})
    with pytest.raises(PluginExecutionError) as failed:
        instance.execute({"x": what})
    assert says in f"{failed.value} {failed.value.traceback_text}"
    well(instance)


def test_a_cancellation_that_comes_too_late_is_not_for_the_next_call(instance: Instance) -> None:
    """A plugin that cancels its own task and returns has returned."""
    assert instance.execute({"x": "cancels itself and returns"})["y"][0] == "cancels itself and returns"
    well(instance)


def test_a_task_that_is_left_and_ends_the_loop_fails_the_call_that_it_breaks_into(instance: Instance) -> None:
    """It goes on when the next call waits; that one is told of it, and those after are served."""
    instance.execute({"x": "leaves a task that raises"})
    with pytest.raises(PluginError, match="SystemExit"):
        instance.execute({"x": "waits"})
    well(instance)
