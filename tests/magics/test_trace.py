"""``%plugin trace``: what plugins did, event by event, and who says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError

Cell = Callable[[str], tuple[Any, str, BaseException | None]]
Probe = Callable[..., str]


@pytest.fixture
def traced(cell: Cell, probe: Probe, manager: PluginManager) -> str:
    """The instance of ``tracer``, which has opened a file and whose request the host has seen; another plugin has, too."""
    probe("open('here', 'w').close()\nreturn {'y': 1}", name="tracer")
    cell("%plugin run tracer")
    instance = manager.default_instance("tracer")
    manager.trace("tracer")  # reads what it has told until now
    instance.log.trace.add("fetch", "GET https://example.org 200")
    cell("%plugin run gain_node audio=([0.0, 0.5], 8000)")
    return instance.id


def rows(cell: Cell, line: str) -> list[list[str]]:
    """Each in its columns but the first, the time."""
    return [
        re.split(r"\s{2,}", row)[1:] for row in repr(cell(line)[0]).splitlines() if row[:1].isdigit() and ":" in row[:3]
    ]


def test_each_event_says_who_saw_it(traced: str, cell: Cell) -> None:
    """What its own process tells apart from what the host saw, the last one last; what there is of each kind below."""
    *_, opened, fetched = rows(cell, "%plugin trace tracer")
    assert opened == [traced, "open", "open here to write", "the plugin's own process"]
    assert fetched == [traced, "fetch", "GET https://example.org 200", "the host"]
    assert re.search(r"\b1 fetch\b", repr(cell("%plugin trace tracer")[0]))


def test_what_is_told_is_narrowed(traced: str, cell: Cell) -> None:
    """To one plugin, to a kind, to the last so many."""
    assert {"tracer", "gain_node"} <= {row[0].rpartition("-")[0] for row in rows(cell, "%plugin trace --tail 9999")}
    assert {row[0].rpartition("-")[0] for row in rows(cell, "%plugin trace tracer")} == {"tracer"}
    *others, fetched = rows(cell, "%plugin trace tracer --kind fetch")
    assert {row[1] for row in [*others, fetched]} == {"fetch"}
    assert rows(cell, "%plugin trace tracer --tail 1") == [fetched]
    assert rows(cell, "%plugin trace tracer --tail 0") == []
    assert "nothing was traced" in repr(cell("%plugin trace tracer --kind ctypes")[0])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--kind opne", "there is no kind 'opne' → did you mean open?"),
        ("--kind", "there is no kind ''"),
        ("--tail x", "--tail needs a number, not 'x'"),
        ("probe more", "too much: 'more'"),
    ],
)
def test_a_slip_is_told_with_what_to_write(cell: Cell, line: str, says: str) -> None:
    """An error, no traceback of this package."""
    error = cell(f"%plugin trace {line}")[2]
    assert isinstance(error, InputError)
    assert says in str(error)
