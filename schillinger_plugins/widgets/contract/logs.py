"""What the view of the log and Python tell each other.

The state holds no line. Lines are numbered from 1 as Python came to see them, and come in messages; a view says which it
has and gets what follows.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .words import Message, State

Level = Literal["debug", "info", "warning", "error", "host", ""]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plugin; its text is hostile."""

    number: int
    time_s: float
    plugin: str
    instance: str
    level: Level
    """As far as its text tells; host is what the host says of it."""
    text: str


class LogsState(State):
    """The traits of the log."""

    plugin: str
    """Whose lines they are; empty for everybody's."""
    ended: bool
    """Whether the manager is closed: nothing comes any more."""


class Look(Message, tag="look"):
    """A view is shown; said again now and then. Answered by `Lines` if it is `new`."""

    view: str
    new: bool = False
    after: int = 0
    """The last number that it has."""


class Leave(Message, tag="leave"):
    """A view isn't shown any more."""

    view: str


class Lines(Message, tag="lines"):
    """Lines, oldest first; also none, to say that all is well."""

    lines: list[Line]
    dropped: int = 0
    """Lines so far that had to make room, or came too fast."""


ToKernel = Look | Leave
ToPage = Lines
