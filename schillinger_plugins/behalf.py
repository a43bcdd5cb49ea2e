"""Behalf: in whose name something is done, what for, and what the run is called that it is part of.

Owns the context that says so. It follows a request into its tasks and threads, so that nothing on the way has to hand it on.
The server sets it, and runs that have parts; where nobody has, things are done in the name of whoever runs this process. It
says who, and from where, not whether they may. Read by ``recorder``, for the journal, by ``reading``, and by whatever is
made for somebody.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Literal

Purpose = Literal["", "test"]
"""What something is done for: to try a plugin out with much that nobody wants to have, or for its own sake."""


@dataclass(frozen=True)
class Behalf:
    """Who asks, and for which run.

    Attributes
    ----------
    user : str
        Empty: whoever runs this process.
    run_id : str
        Of the run that was asked for; empty outside of one.
    instance_id : str
        Whose call has that very id; calls of others are parts of the run.
    is_remote : bool
        Whether a request over HTTP asks, for which no file is read here.
    is_awaited : bool
        Whether somebody has been told of the run by its id, and may ask for it in another process.
    purpose : str
    """

    user: str = ""
    run_id: str = ""
    instance_id: str = ""
    is_remote: bool = False
    is_awaited: bool = False
    purpose: Purpose = ""
    _parts: itertools.count[int] = field(default_factory=lambda: itertools.count(1), repr=False, compare=False)

    def call_of(self, instance_id: str) -> str:
        """What a call of this instance is called, within a run: as the run, or ``RUN.1``, ``RUN.2``, … for its parts."""
        return self.run_id if instance_id == self.instance_id else f"{self.run_id}.{next(self._parts)}"

    def within(self, run_id: str, instance_id: str = "") -> Behalf:
        """For what is done in the course of a run: its calls are that run's parts."""
        return replace(self, run_id=run_id, instance_id=instance_id, _parts=itertools.count(1))


_current: ContextVar[Behalf] = ContextVar("schillinger_behalf", default=Behalf())  # noqa: B039 - it is frozen


def current() -> Behalf:
    """In whose name this is done."""
    return _current.get()


@contextlib.contextmanager
def acting(behalf: Behalf) -> Iterator[None]:
    """Do what is in the block, and what that begins, in somebody's name.

    Examples
    --------
    >>> with acting(Behalf(user="ada")):
    ...     current().user
    'ada'
    """
    before = _current.set(behalf)
    try:
        yield
    finally:
        _current.reset(before)
