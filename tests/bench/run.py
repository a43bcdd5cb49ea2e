"""One run of the benchmarks: how thorough it is, and how far.

Owns the choice between the full run and the quick one, and the line that shows progress. Made by ``__main__``, handed to
every module that measures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from rich.progress import Progress

from .measure import Contender, Figure, Tick, in_turns

T = TypeVar("T")


class Run:
    """What every module is handed.

    Parameters
    ----------
    quick : bool
        Take few figures: to see that everything works, not to trust them.

    Attributes
    ----------
    begun : datetime
    load_at_begin : float
        How many processes wanted a core, averaged over the minute before.
    """

    def __init__(self, progress: Progress, *, quick: bool) -> None:
        self.progress = progress
        self.quick = quick
        self.begun = datetime.now(UTC)
        self.load_at_begin = os.getloadavg()[0]

    def pick(self, full: T, quick: T) -> T:
        """The one that fits this run."""
        return quick if self.quick else full

    def turns(
        self, what: str, contenders: Mapping[str, Contender], *, rounds: int, burst: int = 1, settle: int = 1
    ) -> dict[str, Figure]:
        """`in_turns`, with a line that shows how far it is."""
        with self.shown(what, steps=rounds * len(contenders)) as tick:
            return in_turns(contenders, rounds=rounds, burst=burst, settle=settle, tick=tick)

    @contextmanager
    def shown(self, what: str, *, steps: int) -> Iterator[Tick]:
        """A line that says what is being done; what is given is called after each step."""
        task = self.progress.add_task(what, total=steps)
        self.progress.refresh()

        def tick() -> None:
            self.progress.advance(task)
            self.progress.refresh()

        try:
            yield tick
        finally:
            self.progress.remove_task(task)
