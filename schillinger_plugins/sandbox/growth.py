"""Whether the memory of a worker grows from call to call.

Owns the figures over a window of calls and the verdict. Fed by the watchdog, read by whoever shows the status.
"""

from __future__ import annotations

WINDOW = 32
"""Looks at a worker before anything is said, each after more calls than the one before; up to twice as many are kept."""

_WARM_UP_CALLS = 20
_SUSPICIOUS_BYTES = 16 * 1024 * 1024


class Growth:
    """Memory over the calls of one worker.

    The window begins dense. When it is full, looks are merged in pairs and from then on taken half as often: it spans twice
    the calls, so that a leak of a few kilobytes a call is found as well as one of megabytes, only later. Of looks that are
    merged the lowest stands: what a call uses and gives back is not what it keeps.
    """

    def __init__(self) -> None:
        self._seen: list[tuple[int, int]] = []
        self._spacing = 1
        self._lowest = 0
        self._began = 0

    def add(self, calls: int, memory_bytes: int) -> None:
        """A look after `calls` calls. The first ones fill caches and don't count."""
        if calls <= _WARM_UP_CALLS or (self._seen and calls <= self._seen[-1][0]):
            return
        if not self._began:
            self._began, self._lowest = calls, memory_bytes
        self._lowest = min(self._lowest, memory_bytes)
        if calls < self._began + self._spacing - 1:
            return
        seen = [*self._seen, (calls, self._lowest)]  # a new list: readers in other threads keep theirs
        if len(seen) == 2 * WINDOW:
            pairs = zip(seen[::2], seen[1::2], strict=True)
            seen = [(last, min(memory, before)) for (_, before), (last, memory) in pairs]
            self._spacing *= 2
        self._seen, self._began = seen, 0

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

        The least that was seen in the last third of the window must be more than the most in the first, which what comes
        and goes brings about once in a hundred thousand looks; and a good part of the growth must be in the last third,
        which a cache that has filled up doesn't.
        """
        seen = [memory for _, memory in self._seen]
        if len(seen) < WINDOW:
            return False
        third = len(seen) // 3
        first, middle, last = min(seen[:third]), min(seen[third:-third]), min(seen[-third:])
        grown = last - first
        return grown > _SUSPICIOUS_BYTES and last > max(seen[:third]) and last - middle > grown / 5
