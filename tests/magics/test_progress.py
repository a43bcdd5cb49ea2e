"""Progress: when it appears, what it says, and that it leaves nothing behind."""

from __future__ import annotations

import threading

import pytest

from schillinger_plugins.magics import progress as module
from schillinger_plugins.magics.progress import NotebookDisplay, Progress, duration, remaining_s


class Screen:
    """A display that remembers."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.removed = 0
        self.seen = threading.Event()

    def draw(self, progress: Progress) -> None:
        self.drawn.append(progress.text(elapsed_s=2.0))
        self.seen.set()

    def remove(self) -> None:
        self.removed += 1


def test_a_short_call_shows_nothing() -> None:
    """What ends before 0.4 s never draws, and has nothing to remove."""
    screen = Screen()
    with Progress("p", display=screen) as progress:
        progress.update(0.5, "x")
    assert screen.drawn == []
    assert screen.removed == 0


def test_a_long_call_shows_that_it_runs_and_is_tidied_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first report it says "running"; then percent, message and times; at the end it is removed."""
    monkeypatch.setattr(module, "APPEARS_AFTER_S", 0.0)
    monkeypatch.setattr(module, "_TICK_S", 0.001)
    screen = Screen()
    with Progress("p", display=screen) as progress:
        assert screen.seen.wait(5)
        progress.update(0.25, "beats")
        screen.seen.clear()
        assert screen.seen.wait(5)
        screen.seen.clear()
        assert screen.seen.wait(5)
    assert screen.drawn[0] == "p  running  2.0 s"
    assert screen.drawn[-1] == "p  25 %  beats  2.0 s, about 6.0 s left"
    assert screen.removed == 1


def test_a_display_that_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A front-end that has gone does not fail the call."""
    monkeypatch.setattr(module, "APPEARS_AFTER_S", 0.0)

    class Gone(Screen):
        def draw(self, progress: Progress) -> None:
            self.seen.set()
            raise OSError("gone")

    screen = Gone()
    with Progress("p", display=screen):
        assert screen.seen.wait(5)


def test_progress_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the environment variable set, outputs are the same at every run."""
    monkeypatch.setattr(module, "APPEARS_AFTER_S", 0.0)
    monkeypatch.setenv("SCHILLINGER_NO_PROGRESS", "1")
    screen = Screen()
    with Progress("p", display=screen) as progress:
        assert progress._ticker is None
    assert screen.drawn == []


def test_hostile_messages_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plugin says about its progress is text, in the bar's HTML, too."""
    shown: list[dict[str, str]] = []
    display = NotebookDisplay()
    monkeypatch.setattr(display, "_show", shown.append)
    progress = Progress("p", display=None)
    progress.update(0.5, '"><script>alert(1)</script>')
    display.draw(progress)
    assert "<script" not in shown[0]["text/html"]
    assert '""' not in shown[0]["text/html"]


def test_the_bar_is_updated_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first drawing is displayed, the next ones and the removal update it."""
    import IPython.display

    calls: list[tuple[dict[str, str], bool, str]] = []

    def publish(data: dict[str, str], *, transient: dict[str, str], update: bool) -> None:
        calls.append((data, update, transient["display_id"]))

    monkeypatch.setattr(IPython.display, "publish_display_data", publish)
    display, progress = NotebookDisplay(), Progress("p", display=None)
    display.draw(progress)
    display.draw(progress)
    display.remove()
    assert [update for _, update, _ in calls] == [False, True, True]
    assert len({display_id for _, _, display_id in calls}) == 1
    assert calls[-1][0] == {"text/plain": ""}


def test_the_time_left_is_that_of_the_step_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the fraction begins anew, the time before it no longer counts."""
    progress = Progress("p", display=None)
    now_s = progress.started_s
    monkeypatch.setattr(module.time, "monotonic", lambda: now_s)
    progress.update(1.0, "ready")
    now_s += 30.0
    progress.update(0.0, "beats")
    now_s += 2.0
    progress.update(0.5, "beats")
    assert progress.text(elapsed_s=progress.elapsed_s) == "p  50 %  beats  32 s, about 2.0 s left"


@pytest.mark.parametrize(("fraction", "left"), [(0.0, None), (0.01, None), (0.5, 2.0), (1.0, None)])
def test_the_time_left_is_told_when_it_can_be(fraction: float, left: float | None) -> None:
    """At the very beginning it would be guessing, and at the end there is none."""
    assert remaining_s(fraction, 2.0) == left


@pytest.mark.parametrize(("seconds", "text"), [(0.31, "0.3 s"), (9.0, "9.0 s"), (42.4, "42 s"), (200, "3 min 20 s")])
def test_durations_read_well(seconds: float, text: str) -> None:
    """Seconds, then minutes and seconds."""
    assert duration(seconds) == text
