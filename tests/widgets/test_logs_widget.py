"""LogsWidget and the lines that it keeps."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.instance import Instance
from schillinger_plugins.sandbox.log import LogLine
from schillinger_plugins.widgets import logs
from schillinger_plugins.widgets.logs import LogsWidget, Tailing

DEADLINE_S = 20.0


def _line(text: str, time_s: float) -> LogLine:
    return LogLine(time_s, "probe", "probe-1", text)


def test_a_line_is_seen_once_and_late_ones_are_seen() -> None:
    """Lines that come between two looks are new, in their order, also one that is timed a little before another."""
    tailing = Tailing()
    first, second = _line("a", 10.0), _line("b", 10.0)
    assert [line.text for line in tailing.take([first])] == ["a"]
    assert [line.text for line in tailing.take([first, second])] == ["b"]
    late = _line("late", 9.5)
    assert [line.text for line in tailing.take([late, first, second])] == ["late"]
    assert tailing.take([late, first, second]) == []
    assert [line.number for line in tailing.lines] == [1, 2, 3]


def test_a_flood_costs_its_older_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too fast or is too much is dropped, oldest first, and counted."""
    monkeypatch.setattr(logs, "MAX_LINES", 50)
    monkeypatch.setattr(logs, "MAX_AT_ONCE", 20)
    tailing = Tailing()
    for time_s in (10.0, 20.0, 30.0, 40.0):
        tailing.take([_line(f"{time_s} {number}", time_s) for number in range(40)])
    assert tailing.lines[-1].text == "40.0 39"
    told = 40 + 3 * 20
    assert tailing.dropped == 160 - told + told - 50


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("INFO it runs", "info"),
        ("CRITICAL it fails", "error"),
        ("Traceback (most recent call last):", "error"),
        ("[host] it leaks memory", "host"),
        ("an ERROR is told of", ""),
        ("INFORMATION", ""),
    ],
)
def test_the_level_is_what_the_line_begins_with(text: str, level: str) -> None:
    """A level is read where the worker's logging writes it and nowhere else."""
    assert LogLine(0.0, "probe", "probe-1", text).level == level


def test_lines_come_as_they_are_printed(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """A view gets the lines so far, then new ones as they come, plain text; none is in the state; leaving ends it."""
    instance = make("print('<i>' + str(inputs['x'])); return {'y': 1}")
    instance.execute({"x": "before"})
    widget = LogsWidget(manager, "probe")
    came = threading.Condition()
    texts: list[str] = []

    def send(content: dict[str, Any], buffers: Any = None) -> None:
        with came:
            texts.extend(line["text"] for line in content["lines"])
            came.notify_all()

    widget.send = send
    widget.on_request({"kind": "look", "view": "one", "new": True})
    assert "<i>before" in texts
    instance.execute({"x": "after"})
    with came:
        assert came.wait_for(lambda: "<i>after" in texts, DEADLINE_S)
    assert "<i>before" not in repr(widget.get_state())
    thread = widget._pulse._thread
    widget.on_request({"kind": "look", "view": 1})
    widget.on_request({"kind": "leave", "view": "one"})
    assert thread is not None
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    widget.on_request({"kind": "look", "view": "two", "new": True, "after": 10**9})
    assert texts.count("<i>before") == 1
    widget.close()


class _Page:
    """Stands for a view: keeps the messages that it is sent."""

    def __init__(self, widget: LogsWidget) -> None:
        self.messages: list[dict[str, Any]] = []
        self.widget = widget
        widget.send = lambda content, buffers=None: self.messages.append(content)

    def look(self, after: int = 0) -> list[list[str]]:
        """The texts of each message that brings some to a new look."""
        self.messages.clear()
        self.widget.on_request({"kind": "look", "view": "one", "new": True, "after": after})
        self.widget.close()
        return [[line["text"] for line in message["lines"]] for message in self.messages if message["lines"]]


@pytest.fixture
def run_once(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[[str, str], None]:
    """A function that runs a plugin of that name, which nobody else has run, once."""

    def run(name: str, body: str) -> None:
        manager.load(write_plugin(name, body=f"{body}; return {{'y': 1}}"))
        manager.create_instance(name).execute({})

    return run


def test_the_log_of_a_plugin_has_its_lines_alone(manager: PluginManager, run_once: Callable[[str, str], None]) -> None:
    """That of nobody in particular has everybody's, in the order of their times."""
    run_once("first", "print('of the first')")
    run_once("second", "print('of the second')")
    assert _Page(LogsWidget(manager, "first")).look() == [["of the first"]]
    everybody = [text for texts in _Page(LogsWidget(manager)).look() for text in texts]
    assert everybody[-2:] == ["of the first", "of the second"]


def test_many_lines_come_in_several_messages_with_what_was_lost(
    manager: PluginManager, run_once: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that none is too long for a page; each says how many lines had to make room."""
    monkeypatch.setattr(logs, "LINES_PER_MESSAGE", 2)
    monkeypatch.setattr(logs, "MAX_LINES", 5)
    run_once("counter", "print(*range(8), sep='\\n')")
    widget = LogsWidget(manager, "counter")
    widget._tailing.lines = deque(maxlen=5)
    page = _Page(widget)
    assert page.look() == [["3", "4"], ["5", "6"], ["7"]]
    assert {message["dropped"] for message in page.messages} == {3}


def test_it_says_that_its_manager_is_closed() -> None:
    """Who looks then waits for nothing."""
    with PluginManager() as manager:
        widget = LogsWidget(manager)
        assert not widget.ended
    page = _Page(widget)
    assert page.look() == []
    assert widget.ended
