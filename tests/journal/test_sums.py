"""What is told together: calls of one instance, added up until they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.journal import Journal, Retention, Sums
from schillinger_plugins.journal import writer as room

from .conftest import ran

WritePlugin = Callable[..., Path]
KEY = "probe-1", "execute"


@pytest.fixture
def kept(own_places: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginManager]:
    """A manager that writes a journal of its own, in which all calls but the first of a second are summed up."""
    monkeypatch.setattr("schillinger_plugins.recorder.ONE_BY_ONE_PER_S", 1)
    with PluginManager(retention=Retention()) as manager:
        yield manager


def test_what_has_grown_is_told_as_it_is_by_then() -> None:
    """Once for each time that it has, and not before somebody has it kept; written, another one begins."""
    sums = Sums()
    assert not sums.add(KEY, 1.0, 0.5)
    assert sums.grown() == []
    sums.keep(KEY, lambda: ran(1))
    assert sums.add(KEY, 2.0, 0.25)
    (record,) = sums.grown()
    assert (record.run_id, record.calls, record.wall_s, record.cpu_s) == ("s-1", 2, 3.0, 0.75)
    assert sums.grown() == []
    assert sums.add(KEY, 1.0, 0.25)
    assert [one.calls for one in sums.grown()] == [3]
    assert sums.close(KEY, lambda: ran(1)).calls == 3
    assert not sums.add(KEY, 1.0, 0.5)


def test_calls_are_counted_again_when_there_is_room_again(
    kept: PluginManager, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sum that found none in the queue is lost, and told as lost; those after it go into another one."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    monkeypatch.setattr(room, "MAX_WAITING", 0)
    for _ in range(5):
        instance.execute({"x": 1})
    assert kept.recorder.dropped > 0
    monkeypatch.setattr(room, "MAX_WAITING", 100)
    for _ in range(20):
        instance.execute({"x": 1})
    assert kept.recorder.flush(30)
    assert sum(one.calls for one in Journal().runs()) == 20
