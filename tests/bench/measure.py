"""How time is measured: in turns, after a warm-up, as medians and 99th percentiles.

Owns the turns. The speed of a machine drifts, and one that others use drifts more; so ours and its peers take turns within
one run, a ratio is taken within each round, and the median of those is what is told. Called by every module that measures.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")

Action = Callable[[], object]
Contender = Callable[[int], Sequence[float]]
"""Does its thing so many times in a row, and gives the seconds that each took."""

Tick = Callable[[], object]

Unit = Literal["s", "B"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured of one contender, round by round.

    Attributes
    ----------
    rounds : tuple of tuple of float
        In each round the values, in the order they came; in `unit`.
    unit : str
        ``s`` or ``B`` (bytes).
    """

    rounds: tuple[tuple[float, ...], ...]
    unit: Unit = "s"

    @property
    def values(self) -> list[float]:
        """All of them, sorted."""
        return sorted(value for taken in self.rounds for value in taken)

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def p99(self) -> float:
        """The 99th percentile; the largest where there are fewer than a hundred."""
        values = self.values
        return values[-1 - len(values) // 100]

    @property
    def p90(self) -> float:
        """The 90th percentile; the largest where there are fewer than ten."""
        values = self.values
        return values[-1 - len(values) // 10]

    @property
    def largest(self) -> float:
        """The worst that was seen."""
        return self.values[-1]

    @property
    def number(self) -> int:
        """How many values there are."""
        return sum(map(len, self.rounds))

    def over(self, other: Figure) -> float:
        """This divided by another: the median over the rounds of the ratio of the medians within a round."""
        if len(self.rounds) != len(other.rounds):
            return self.median / other.median
        pairs = zip(self.rounds, other.rounds, strict=True)
        return statistics.median(statistics.median(own) / statistics.median(theirs) for own, theirs in pairs)


def repeated(action: Callable[[], T], *, after: Callable[[T], object] | None = None) -> Contender:
    """A contender that calls `action`; `after` is called with what each gave, and not measured."""

    def contend(times: int) -> list[float]:
        taken = []
        for _ in range(times):
            begun_s = time.perf_counter()
            given = action()
            taken.append(time.perf_counter() - begun_s)
            if after is not None:
                after(given)
            del given
        return taken

    return contend


def in_turns(
    contenders: Mapping[str, Contender], *, rounds: int, burst: int = 1, settle: int = 1, tick: Tick | None = None
) -> dict[str, Figure]:
    """Let the contenders take turns.

    Parameters
    ----------
    rounds : int
        How often each has its turn. Who follows whom changes from round to round.
    burst : int
        How many times in a row it does its thing in a turn.
    settle : int
        How many times before, not measured, so that nobody pays for the caches that the one before him has filled.
    tick : callable, optional
        Called after each turn.
    """
    names = list(contenders)
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for contender in contenders.values():
        contender(max(settle, 1))  # what is done only once, imports and first touches of memory, is done now
    order = random.Random(0)  # who follows whom must not always be the same, but may be in every run
    for _ in range(rounds):
        for name in order.sample(names, len(names)):
            if settle:
                contenders[name](settle)
            taken[name].append(tuple(contenders[name](burst)))
            if tick is not None:
                tick()
    return {name: Figure(tuple(figures)) for name, figures in taken.items()}
