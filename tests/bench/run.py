"""One run of the benchmarks: how thorough it is, and how far.

Owns the choice between the full run and the quick one, and the line that shows progress. Made by ``__main__``, handed to every
module that measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rich.progress import Progress

from .measure import Contender, Figure, in_turns

T = TypeVar("T")


class Run:
    """What every module is handed.

    Parameters
    ----------
    quick : bool
        Take few figures: to see that everything works, not to trust them.
    """

    def __init__(self, progress: Progress, *, quick: bool) -> None:
        self.progress = progress
        self.quick = quick

    def pick(self, full: T, quick: T) -> T:
        """The one that fits this run."""
        return quick if self.quick else full

    def turns(
        self, what: str, contenders: Mapping[str, Contender], *, rounds: int, burst: int = 1, settle: int = 1
    ) -> dict[str, Figure]:
        """`in_turns`, with a line that shows how far it is."""
        task = self.progress.add_task(what, total=rounds * len(contenders))
        try:
            return in_turns(
                contenders, rounds=rounds, burst=burst, settle=settle, tick=lambda: self.progress.advance(task)
            )
        finally:
            self.progress.remove_task(task)
