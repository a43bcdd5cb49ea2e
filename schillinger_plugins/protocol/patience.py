"""How often to look for the next frame before going to sleep.

Owns one decision, for both ends of a channel: whether to spin. Waking a process that sleeps on another core costs ten times
what a call costs; looking again some dozens of times costs a core for that long. So an end spins only where a core is to
spare, and only as long as answers do come within that time: the first one that takes longer ends the spinning, and the first
that would have come in time begins it again.
"""

from __future__ import annotations

import os

LOOKS = 120
"""About 150 µs: one look is a system call that finds nothing."""

WORTH_S = 400e-6
"""Spinning would have caught a frame that came, after a sleep, within this time: the wake-up is part of it."""


class Patience:
    """How many times one end of a channel looks before it sleeps.

    Attributes
    ----------
    looks : int
        0 or `LOOKS`.
    """

    __slots__ = ("_spare_core", "looks")

    def __init__(self, *, spare_core: bool) -> None:
        self._spare_core = spare_core
        self.looks = 0

    def slept(self, seconds: float) -> None:
        """Learn from a wait that ended in sleep after `looks` looks: how long it took in all."""
        self.looks = LOOKS if self._spare_core and seconds < WORTH_S else 0


def has_spare_core() -> bool:
    """Whether this process may run on more than one core."""
    return len(os.sched_getaffinity(0)) > 1
