"""Events: who hears what, and what a bad subscriber can't do."""

from __future__ import annotations

import logging

import pytest

from schillinger_plugins.events import Event, Events


def test_a_subscriber_hears_its_event_only() -> None:
    """A subscription is to one name."""
    events, heard = Events(), []
    events.subscribe("loaded", heard.append)
    events.emit(Event("loaded", "a"))
    events.emit(Event("unloaded", "a"))
    assert heard == [Event("loaded", "a")]


def test_none_subscribes_to_everything() -> None:
    """A subscription to None hears every event, in order."""
    events, heard = Events(), []
    events.subscribe(None, lambda event: heard.append(event.name))
    events.emit(Event("registered", "a"))
    events.emit(Event("executed", "a", "a-1", {"wall_s": 1.0}))
    assert heard == ["registered", "executed"]


def test_subscribe_returns_its_undo() -> None:
    """After the undo nothing is heard; a second undo does nothing; another subscription of the same function stays."""
    events, heard = Events(), []
    undo = events.subscribe("loaded", heard.append)
    events.subscribe("loaded", heard.append)
    undo()
    undo()
    events.emit(Event("loaded", "a"))
    assert len(heard) == 1


def test_a_raising_subscriber_breaks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The emitter goes on, the next subscriber hears, and the failure is in the log."""
    events, heard = Events(), []
    events.subscribe("loaded", lambda event: 1 / 0)
    events.subscribe("loaded", heard.append)
    with caplog.at_level(logging.ERROR):
        events.emit(Event("loaded", "gain_node"))
    assert len(heard) == 1
    assert "gain_node" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_subscriber_may_subscribe_and_undo_while_it_hears() -> None:
    """Delivery holds no lock, and goes to those who had subscribed when the event was emitted."""
    events, heard = Events(), []

    def once(event: Event) -> None:
        undo()
        events.subscribe("loaded", heard.append)

    undo = events.subscribe("loaded", once)
    events.emit(Event("loaded", "a"))
    assert heard == []
    events.emit(Event("loaded", "b"))
    assert [event.plugin_id for event in heard] == ["b"]


def test_an_unknown_event_is_refused() -> None:
    """A misspelt name would wait for ever; the nearest is suggested."""
    with pytest.raises(ValueError, match="did you mean 'reloaded'"):
        Events().subscribe("relaoded", print)  # type: ignore[arg-type]  # the mistake under test
