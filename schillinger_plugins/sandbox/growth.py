"""Whether the memory of a worker grows from call to call.

Owns the figures over a window of calls and the verdict. Fed by the watchdog, read by whoever shows the status.
"""

from __future__ import annotations

WINDOW = 32
"""Looks at a worker that are remembered, each after more calls than the one before."""

_WARM_UP_CALLS = 20
_SUSPICIOUS_BYTES = 16 * 1024 * 1024


class Growth:
    """Memory over the calls of one worker.

    The window begins dense. When it is full, every second look is forgotten and the next ones are taken half as often: it
    spans twice the calls, so that a leak of a few kilobytes a call is found as well as one of megabytes, only later.
    """

    def __init__(self) -> None:
        self._seen: list[tuple[int, int]] = []
        self._spacing = 1

    def add(self, calls: int, memory_bytes: int) -> None:
        """A look after `calls` calls. The first ones fill caches and don't count."""
        if calls <= _WARM_UP_CALLS or (self._seen and calls < self._seen[-1][0] + self._spacing):
            return
        if len(self._seen) == WINDOW:
            self._seen = self._seen[1::2]  # the last one stays
            self._spacing *= 2
        self._seen = [*self._seen, (calls, memory_bytes)]  # a new list: readers in other threads keep theirs

    @property
    def bytes_per_call(self) -> float:
        """The slope of a line through the looks (least squares); 0 while there are too few."""
        seen = self._seen
        if len(seen) < WINDOW // 2:
            return 0.0
        mean_calls = sum(calls for calls, _ in seen) / len(seen)
        mean_bytes = sum(memory for _, memory in seen) / len(seen)
        spread = sum((calls - mean_calls) ** 2 for calls, _ in seen)
        return sum((calls - mean_calls) * (memory - mean_bytes) for calls, memory in seen) / spread

    @property
    def leaks(self) -> bool:
        """Whether it has grown by more than 16 MB over the window, and steadily.

        What a call uses and gives back doesn't count, since the least that was seen in each third of the window is what is
        compared; nor does a cache that has filled up, since a good part of the growth must be in the last third.
        """
        seen = self._seen
        if len(seen) < WINDOW // 2:
            return False
        third = len(seen) // 3
        first, middle, last = (
            min(memory for _, memory in part) for part in (seen[:third], seen[third:-third], seen[-third:])
        )
        total = last - first
        return total > _SUSPICIOUS_BYTES and middle - first > total / 5 and last - middle > total / 5
