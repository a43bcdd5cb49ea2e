"""What the table of instances and Python tell each other.

The state is a few words. Rows come in messages, only those that have changed, about once a second while somebody looks; a
view that begins to look gets all of them with what they did before.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .words import Message, State

Action = Literal["sleep", "reload", "destroy"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An instance; or a plugin that has none, then `instance` is empty."""

    id: str
    plugin: str
    instance: str = ""
    version: str = ""
    state: str
    level: str = ""
    """The sandbox level that its worker runs at."""
    waiting: int = 0
    calls: int = 0
    failures: int = 0
    cancelled: int = 0
    restarts: int = 0
    """Workers that had to be replaced."""
    p50_s: float = 0.0
    p99_s: float = 0.0
    """Percentiles of the time of the last calls."""
    calls_per_s: float = 0.0
    cpu_share: float = 0.0
    """Of one core: 1 is a core at full."""
    memory_bytes: int = 0
    peak_memory_bytes: int = 0
    growth_bytes_per_call: float = 0.0
    given_back_bytes: int = 0
    """By sleeping and by collecting garbage."""
    leaks: bool = False
    last_error: str = ""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What a row's figures were, oldest first, a second apart."""

    calls_per_s: list[float]
    cpu_share: list[float]
    memory_bytes: list[int]


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of an action; empty as long as there was none."""

    text: str = ""
    ok: bool = True
    number: int = 0
    """Counts up: the same words may be said twice."""


class StatusState(State):
    """The traits of the table."""

    level: str
    plugins: dict[str, int]
    """How many there are in each state."""
    busy: list[str]
    """Rows for which an action goes on."""
    said: Said
    ended: bool
    """Whether the manager is closed: nothing comes any more."""


class Look(Message, tag="look"):
    """A view is shown; said again now and then. Answered by `Table` if it is `new`."""

    view: str
    new: bool = False


class Leave(Message, tag="leave"):
    """A view isn't shown any more."""

    view: str


class Act(Message, tag="act"):
    """Do something with a row; `Said` tells what became of it."""

    action: Action
    row: str


class AskTail(Message, tag="tail"):
    """The last lines of a row; answered by `Tail`."""

    row: str


class Table(Message, tag="table"):
    """All rows, and their past by row."""

    rows: list[Row]
    past: dict[str, Past]
    cut: int = 0
    """Rows beyond what is shown."""


class Tick(Message, tag="tick"):
    """Another second: the rows that have changed, and the ids of those that are gone."""

    rows: list[Row]
    gone: list[str]
    cut: int = 0


class Tail(Message, tag="tail"):
    """The last lines that a row printed."""

    row: str
    lines: list[str]


ToKernel = Look | Leave | Act | AskTail
ToPage = Table | Tick | Tail
