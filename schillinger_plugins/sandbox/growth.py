"""Whether the memory of a worker grows from call to call.

Owns the figures over a window of calls and the verdict. Fed by the watchdog, read by whoever shows the status.
"""

from __future__ import annotations

from collections import deque

WINDOW = 32
"""Looks at a worker, each after at least one more call than the one before."""

_WARM_UP_CALLS = 20
_SUSPICIOUS_BYTES = 16 * 1024 * 1024


class Growth:
    """Memory over calls of one worker."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque(maxlen=WINDOW)

    def add(self, calls: int, memory_bytes: int) -> None:
        """A look after `calls` calls. The first ones fill caches and don't count."""
        if calls > _WARM_UP_CALLS and (not self._seen or self._seen[-1][0] < calls):
            self._seen.append((calls, memory_bytes))

    @property
    def bytes_per_call(self) -> float:
        """The slope of a line through the looks (least squares); 0 while there are too few."""
        if len(self._seen) < WINDOW // 2:
            return 0.0
        mean_calls = sum(calls for calls, _ in self._seen) / len(self._seen)
        mean_bytes = sum(memory for _, memory in self._seen) / len(self._seen)
        spread = sum((calls - mean_calls) ** 2 for calls, _ in self._seen)
        return sum((calls - mean_calls) * (memory - mean_bytes) for calls, memory in self._seen) / spread

    @property
    def leaks(self) -> bool:
        """Whether it grew by more than 16 MB over the window, and in both halves of it."""
        if len(self._seen) < WINDOW:
            return False
        first, middle, last = self._seen[0][1], self._seen[WINDOW // 2][1], self._seen[-1][1]
        return last - first > _SUSPICIOUS_BYTES and first < middle < last
