"""StatusWidget, with real workers and no page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import PluginError
from schillinger_plugins.instance import Instance
from schillinger_plugins.widgets.pulse import Pulse
from schillinger_plugins.widgets.status import StatusWidget

DEADLINE_S = 20.0


class _Page:
    """Stands for a view: keeps what it is sent, and says when something that is waited for has come."""

    def __init__(self, widget: Any) -> None:
        self.widget = widget
        self.messages: list[dict[str, Any]] = []
        self._came = threading.Condition()
        widget.send = self._take

    def say(self, **content: Any) -> None:
        self.widget.on_request(content)

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with self._came:
            assert self._came.wait_for(lambda: any(map(wanted, self.messages)), DEADLINE_S), self.messages[-3:]
            return next(message for message in self.messages if wanted(message))

    def _take(self, content: dict[str, Any], buffers: Any = None) -> None:
        with self._came:
            self.messages.append(content)
            self._came.notify_all()


@pytest.fixture
def widget(manager: PluginManager) -> Iterator[StatusWidget]:
    widget = StatusWidget(manager)
    yield widget
    widget.close()
    widget._pulse.end(wait_s=DEADLINE_S)


@pytest.fixture
def page(widget: StatusWidget) -> _Page:
    return _Page(widget)


def _row(message: dict[str, Any], instance: Instance) -> dict[str, Any] | None:
    return next((row for row in message.get("rows", ()) if row["instance"] == instance.id), None)


def test_calls_are_seen_as_they_come(page: _Page, make: Callable[..., Instance]) -> None:
    """A view gets all rows, then those that change, with calls a second, failures, memory and the level."""
    instance = make("return {'y': 1 / inputs['x']}")
    page.say(kind="look", view="one", new=True)
    table = page.wait(lambda message: message["kind"] == "table")
    row = _row(table, instance)
    assert row is not None
    assert (row["plugin"], row["calls"], row["state"]) == ("probe", 0, "ready")
    assert row["level"] == str(instance.plugin.level)
    for _ in range(3):
        instance.execute({"x": 1})
    with pytest.raises(Exception, match="division"):
        instance.execute({"x": 0})
    tick = page.wait(
        lambda message: message["kind"] == "tick" and ((_row(message, instance) or {}).get("failures") == 1)
    )
    row = _row(tick, instance)
    assert row is not None
    assert row["calls"] == 3
    assert "division" in row["last_error"]
    assert (row["p50_s"], row["p99_s"]) == (instance.pace.p50_s, instance.pace.p99_s)
    assert 0 < row["p50_s"] <= row["p99_s"]
    assert row["peak_memory_bytes"] >= row["memory_bytes"]
    assert (row["restarts"], row["given_back_bytes"], row["growth_bytes_per_call"]) == (0, 0, 0)
    assert any((_row(message, instance) or {}).get("calls_per_s", 0) > 0 for message in page.messages)


def test_nothing_is_measured_for_nobody(page: _Page, widget: StatusWidget) -> None:
    """The thread begins with the first view and ends with the last one, or with the widget."""
    assert not widget.is_live
    for view in ("one", "two"):
        page.say(kind="look", view=view, new=True)
    thread = widget._pulse._thread
    assert thread is not None
    page.say(kind="leave", view="one")
    assert widget.is_live
    page.say(kind="leave", view="two")
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    page.say(kind="look", view="one", new=True)
    thread = widget._pulse._thread
    assert thread is not None
    widget.close()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


def test_it_ends_with_its_manager(tmp_path: Path) -> None:
    """A manager that is closed ends the thread, and the page is told."""
    with PluginManager() as manager:
        widget = StatusWidget(manager)
        page = _Page(widget)
        page.say(kind="look", view="one", new=True)
        thread = widget._pulse._thread
        assert thread is not None
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert widget.ended
    page.say(kind="act", action="reload", row="plugin:probe")
    assert "closed" in widget.said["text"]


def test_an_instance_sleeps_reloads_and_goes(
    page: _Page, widget: StatusWidget, make: Callable[..., Instance], manager: PluginManager
) -> None:
    """Each action happens, says so, and frees its row."""
    instance = make()
    row = f"instance:{instance.id}"
    page.say(kind="look", view="one", new=True)
    page.say(kind="act", action="sleep", row=row)
    widget.wait()
    assert instance.state == "resting"
    assert "sleeps" in widget.said["text"]
    page.say(kind="act", action="reload", row=row)
    widget.wait()
    assert widget.said["text"] == "probe is reloaded", widget.said
    page.say(kind="act", action="destroy", row=row)
    widget.wait()
    assert instance.id not in manager.instances
    assert widget.busy == []
    page.wait(lambda message: message["kind"] == "tick" and row in message["gone"])
    page.say(kind="act", action="sleep", row=row)
    assert "any more" in widget.said["text"]
    assert not widget.said["ok"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": "act", "action": "explode", "row": "instance:x"},
        {"kind": "act", "action": "destroy"},
        {"kind": "act", "action": "destroy", "row": ["x"]},
        {"kind": "look", "view": 7},
        {"kind": "look", "view": "x" * 10_000},
        {"kind": ["look"]},
        {"kind": "tail", "row": None},
    ],
)
def test_nonsense_from_the_page_does_nothing(page: _Page, widget: StatusWidget, content: dict[str, Any]) -> None:
    """What is no message is dropped: no answer, no thread, no action."""
    page.say(**content)
    assert page.messages == []
    assert not widget.is_live
    assert widget.said == {}


def test_the_last_lines_of_an_instance_come_when_asked_for(
    page: _Page, make: Callable[..., Instance], manager: PluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own last lines and nobody else's; of an instance that there is not, a sentence."""
    monkeypatch.setattr("schillinger_plugins.widgets.status.TAIL_LINES", 1)
    instance = make("print(inputs['x']); return {'y': 1}")
    other = manager.create_instance("probe")
    for one, said in ((instance, "before"), (instance, "<b>here</b>"), (other, "elsewhere")):
        one.execute({"x": said})
    page.say(kind="look", view="one", new=True)
    page.say(kind="tail", row=f"instance:{instance.id}")
    tail = page.wait(lambda message: message["kind"] == "tail")
    assert tail["lines"] == ["<b>here</b>"]
    page.say(kind="tail", row="instance:gone-1")
    assert page.widget.said["text"] == "there is no gone-1 any more"


def test_what_is_known_of_all_is_told_at_once(
    page: _Page, widget: StatusWidget, make: Callable[..., Instance], manager: PluginManager
) -> None:
    """The level, and how many plugins are in each state."""
    make()
    page.say(kind="look", view="one", new=True)
    assert widget.level == str(manager.status().level)
    assert widget.plugins["loaded"] == list(manager.status().plugins.values()).count("loaded")


class _Doing:
    """Stands for what an action does: waits, and fails as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.error: Exception | None = None
        monkeypatch.setattr("schillinger_plugins.widgets.status._do", self._do)

    def _do(self, *_: Any) -> str:
        assert self.gate.wait(DEADLINE_S)
        if self.error is not None:
            raise self.error
        return "done"


def test_actions_wait_for_their_turn(
    page: _Page,
    widget: StatusWidget,
    make: Callable[..., Instance],
    manager: PluginManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One at a time on a row, and not many at once; meanwhile the page knows which go on, and who is refused why."""
    monkeypatch.setattr("schillinger_plugins.widgets.status.MAX_ACTIONS", 1)
    doing = _Doing(monkeypatch)
    rows = [f"instance:{instance.id}" for instance in (make(), manager.create_instance("probe"))]
    page.say(kind="look", view="one", new=True)
    page.say(kind="act", action="reload", row=rows[0])
    assert widget.busy == rows[:1]
    page.say(kind="act", action="sleep", row=rows[0])
    assert "the action before still goes on" in widget.said["text"]
    page.say(kind="act", action="sleep", row=rows[1])
    assert "1 actions go on already" in widget.said["text"]
    with pytest.raises(TimeoutError):
        widget.wait(0.01)
    doing.gate.set()
    widget.wait()
    assert (widget.said, widget.busy) == ({"text": "done", "number": 3}, [])


@pytest.mark.parametrize(
    ("error", "said"),
    [(PluginError("it won't", remedy="try later"), "it won't → try later"), (RuntimeError("no"), "RuntimeError: no")],
)
def test_an_action_that_fails_says_why_each_time(
    page: _Page,
    widget: StatusWidget,
    make: Callable[..., Instance],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    said: str,
) -> None:
    """The same words twice are two."""
    doing = _Doing(monkeypatch)
    doing.error = error
    doing.gate.set()
    row = f"instance:{make().id}"
    page.say(kind="look", view="one", new=True)
    for number in (1, 2):
        page.say(kind="act", action="reload", row=row)
        widget.wait()
        assert widget.said == {"text": said, "ok": False, "number": number}


def test_a_plugin_without_an_instance_is_reloaded_and_nothing_else(
    page: _Page, widget: StatusWidget, write_plugin: Callable[..., Path], manager: PluginManager
) -> None:
    """There is nothing to let sleep or destroy."""
    manager.load(write_plugin())
    page.say(kind="look", view="one", new=True)
    for action in ("sleep", "destroy"):
        page.say(kind="act", action=action, row="plugin:probe")
        assert widget.said["text"] == f"probe has no instance to {action}"
    page.say(kind="act", action="reload", row="plugin:probe")
    widget.wait()
    assert widget.said["text"] == "probe is reloaded"


def test_rows_never_enter_the_state(page: _Page, widget: StatusWidget, make: Callable[..., Instance]) -> None:
    """What a notebook would store is small and names no instance."""
    instance = make()
    page.say(kind="look", view="one", new=True)
    page.wait(lambda message: _row(message, instance) is not None)
    state = {name: value for name, value in widget.get_state().items() if name not in ("code", "_esm")}
    assert instance.id not in repr(state)
    assert len(repr(state)) < 4_000


class Beating:
    """Goes on for ever."""

    def beat(self) -> bool:
        return True


def test_a_page_that_never_leaves_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that isn't heard of any more lapses, and the thread with it."""
    monkeypatch.setattr("schillinger_plugins.widgets.pulse.LAPSE_S", 0.01)
    beating = Beating()
    pulse = Pulse(beating.beat, name="test", period_s=0.02)
    pulse.look("one")
    thread = pulse._thread
    assert thread is None or thread.join(DEADLINE_S) is None
    assert not pulse.is_beating


@pytest.mark.parametrize(("most", "views"), [(32, ["one"]), (1, ["one", "two"])], ids=["displayed", "too many"])
def test_a_pulse_ends_with_the_last_of_the_views_it_knows(
    monkeypatch: pytest.MonkeyPatch, most: int, views: list[str]
) -> None:
    """What a cell displayed is the view that says so; of too many the one that was heard of longest ago is none."""
    monkeypatch.setattr("schillinger_plugins.widgets.pulse.MAX_VIEWS", most)
    beating = Beating()
    pulse = Pulse(beating.beat, name="test", period_s=0.02)
    pulse.display()
    for view in views:
        pulse.look(view)
    thread = pulse._thread
    assert thread is not None
    pulse.leave(views[-1])
    thread.join(DEADLINE_S)
    assert not pulse.is_beating
