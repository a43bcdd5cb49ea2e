"""Sampling: the figures of real workers, by a clock that a test turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.instance import Instance
from schillinger_plugins.widgets import sampling
from schillinger_plugins.widgets.contract.status import Row
from schillinger_plugins.widgets.sampling import Sampling


class _Looking:
    """Looks at a manager, so many seconds after the look before."""

    def __init__(self, manager: PluginManager, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sampling = Sampling()
        self._manager = manager
        self._now_s = 100.0
        monkeypatch.setattr(sampling, "time", SimpleNamespace(monotonic=lambda: self._now_s))

    def after(self, seconds: float) -> tuple[list[Row], list[str]]:
        self._now_s += seconds
        return self.sampling.take(self._manager)

    def row(self, instance: Instance) -> Row:
        return self.sampling.rows[f"instance:{instance.id}"]


@pytest.fixture
def looking(manager: PluginManager, monkeypatch: pytest.MonkeyPatch) -> _Looking:
    return _Looking(manager, monkeypatch)


def test_a_rate_is_of_all_calls_since_the_look_before(looking: _Looking, make: Callable[..., Instance]) -> None:
    """Those that failed, too, by the time that passed; and how long it is kept."""
    instance = make("return {'y': 1 / inputs['x']}")
    looking.after(0)
    for _ in range(3):
        instance.execute({"x": 1})
    with pytest.raises(Exception, match="division"):
        instance.execute({"x": 0})
    looking.after(2)
    assert looking.row(instance).calls_per_s == 2.0
    looking.after(2)
    assert looking.row(instance).calls_per_s == 0.0
    past = looking.sampling.past()[f"instance:{instance.id}"]
    assert past.calls_per_s == [0.0, 2.0, 0.0]
    assert len(past.cpu_share) == len(past.memory_bytes) == 3


def test_the_share_of_a_core_is_of_what_was_computed_since(looking: _Looking, make: Callable[..., Instance]) -> None:
    """Not of all that was ever computed."""
    instance = make("sum(n * n for n in range(1_000_000)); return {'y': 1}")
    looking.after(0)
    began_s = instance.cpu_s
    instance.execute()
    took_s = instance.cpu_s - began_s
    looking.after(0.5)
    assert looking.row(instance).cpu_share == pytest.approx(took_s / 0.5, rel=0.2)
    looking.after(0.5)
    assert looking.row(instance).cpu_share < took_s / 2


def test_what_has_not_changed_is_not_told_again(
    looking: _Looking, make: Callable[..., Instance], write_plugin: Callable[..., Path], manager: PluginManager
) -> None:
    """Nor is a plugin that has been found and never loaded; what is gone is told once, and its past forgotten."""
    manager.load(write_plugin("idle"))
    instance = make()
    changed, _ = looking.after(0)
    assert {"plugin:idle", f"instance:{instance.id}"} <= {row.id for row in changed}
    assert all(row.state != "discovered" for row in changed)
    instance.execute()
    changed, _ = looking.after(1)
    assert [row.id for row in changed if row.id == "plugin:idle"] == []
    assert f"instance:{instance.id}" in {row.id for row in changed}
    manager.destroy_instance(instance.id)
    assert looking.after(1)[1] == [f"instance:{instance.id}"]
    assert looking.after(1)[1] == []
    assert looking.sampling.past() == {}


def test_plugins_that_were_only_found_have_no_row(
    looking: _Looking, write_plugin: Callable[..., Path], manager: PluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may have many."""
    monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", str(write_plugin("found").parent))
    manager.discover()
    assert manager.plugins["found"].state == "discovered"
    looking.after(0)
    assert "plugin:found" not in looking.sampling.rows


def test_more_rows_than_a_page_draws_are_counted(
    looking: _Looking,
    make: Callable[..., Instance],
    write_plugin: Callable[..., Path],
    manager: PluginManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And left out: instances as plugins that have none."""
    make()
    for _ in range(2):
        manager.create_instance("probe")
    manager.load(write_plugin("idle"))
    looking.after(0)
    there = len(looking.sampling.rows)
    monkeypatch.setattr(sampling, "MAX_ROWS", 2)
    looking.after(1)
    assert (len(looking.sampling.rows), looking.sampling.cut) == (2, there - 2)


def test_a_long_error_is_cut_and_a_peak_is_no_less_than_now(
    looking: _Looking, make: Callable[..., Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is sent each second."""
    instance = make("raise ValueError('x' * 1000)")
    with pytest.raises(Exception, match="xxx"):
        instance.execute()
    monkeypatch.setattr(type(instance), "memory_bytes", 2**40)
    looking.after(0)
    row = looking.row(instance)
    assert len(row.last_error) == sampling.MAX_TEXT_CHARS
    assert row.peak_memory_bytes == row.memory_bytes == 2**40
