"""What the line that tells what is watched shares with Python. Nothing is said beside it."""

from __future__ import annotations

from .words import State


class WatchState(State):
    """The traits of the line."""

    text: str
    """What is watched, as long as its kernel lives."""
