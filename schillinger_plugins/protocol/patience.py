"""How often to look for the next frame before going to sleep.

Owns one decision, for both ends of a channel: whether to spin. Waking a process that sleeps on another core costs ten
times what a call costs; looking again some dozens of times costs a core for that long. So an end spins only where a core
is to spare, and only as long as frames do come within that time: the first one that takes longer ends the spinning, and
one that would have come in time begins it again.
"""

from __future__ import annotations

import time

LOOKS = 4000
"""About 150 µs: one look is a system call that finds nothing."""

WORTH_S = 400e-6
"""Spinning would have caught a frame that came, after a sleep, within this time: the wake-up is part of it."""

STREAM_LOOKS = 20 * LOOKS
STREAM_WORTH_S = 4e-3
"""In a stream the next block is known to come: a worker looks for as long as a block of 128 frames at 44.1 kHz takes."""

_SOON_S = 0.02
_MOST_ROUNDS = 256


class Patience:
    """How many times one end of a channel looks before it sleeps.

    On a busy machine the other end may not get a core while this one spins, and who spins is given less of his own. So
    looking that was in vain soon after it was begun is begun again only after twice as many frames as the time before.

    Attributes
    ----------
    looks : int
        0 or `most_looks`.

    Parameters
    ----------
    spare_core : bool
        Whether it may look at all.
    most_looks : int
        How often it looks.
    worth_s : float
        A frame that came after a sleep of at most so long would have come in time.
    """

    __slots__ = ("_begun_s", "_most_looks", "_rounds", "_spare_core", "_to_wait", "_worth_s", "looks")

    def __init__(self, *, spare_core: bool, most_looks: int = LOOKS, worth_s: float = WORTH_S) -> None:
        self._spare_core = spare_core
        self._most_looks = most_looks
        self._worth_s = worth_s
        self._rounds = 1
        self._to_wait = 0
        self._begun_s = 0.0
        self.looks = 0

    def slept(self, seconds: float) -> bool:
        """Learn from a wait that ended in sleep after `looks` looks: how long it took in all.

        Returns
        -------
        bool
            Whether looking begins now.
        """
        if self.looks:
            in_vain = time.monotonic() - self._begun_s < _SOON_S
            self._rounds = min(2 * self._rounds, _MOST_ROUNDS) if in_vain else 1
            self._to_wait = self._rounds
            self.looks = 0
        elif self._spare_core and seconds < self._worth_s:
            self._to_wait -= 1
            if self._to_wait <= 0:
                self.looks = self._most_looks
                self._begun_s = time.monotonic()
                return True
        return False
