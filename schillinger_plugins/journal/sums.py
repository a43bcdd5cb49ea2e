"""Sums: calls that come faster than they can be told one by one, told together.

Owns what the calls of each instance and method have come to since that was last written, safe to use from several threads.
What is open is kept from time to time as well, so that a process that is killed has told of all but the last of it. Called
by ``recorder``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import msgspec

from .records import Ran

Key = tuple[str, str]
"""An instance and a method."""


class _Sum(msgspec.Struct):
    calls: int
    wall_s: float
    cpu_s: float
    first: Callable[[], Ran] | None = None
    kept: int = 0


class Sums:
    """Those of one process."""

    def __init__(self) -> None:
        self._open: dict[Key, _Sum] = {}
        self._lock = threading.Lock()

    def add(self, key: Key, wall_s: float, cpu_s: float) -> bool:
        """Count a call; whether to a sum that is open. Else one is begun, and whoever asks has it written."""
        with self._lock:
            summed = self._open.get(key)
            if summed is None:
                self._open[key] = _Sum(1, wall_s, cpu_s)
                return False
            summed.calls += 1
            summed.wall_s += wall_s
            summed.cpu_s += cpu_s
            return True

    def keep(self, key: Key, first: Callable[[], Ran]) -> None:
        """Have `grown` tell of it. `first` makes the record of its first call, at any time and again."""
        with self._lock:
            self._open[key].first = first

    def close(self, key: Key, first: Callable[[], Ran]) -> Ran:
        """What it came to; the next call begins another one."""
        record = first()
        with self._lock:
            summed = self._open.pop(key)
        return _told(record, summed.calls, summed.wall_s, summed.cpu_s)

    def drop(self, key: Key) -> None:
        """Forget it: it won't be written."""
        with self._lock:
            self._open.pop(key, None)

    def grown(self) -> list[Ran]:
        """What those have come to by now that are kept and have had calls since this was last asked."""
        found = []
        with self._lock:
            for summed in self._open.values():
                if summed.first is not None and summed.calls > summed.kept:
                    summed.kept = summed.calls
                    found.append((summed.first, summed.calls, summed.wall_s, summed.cpu_s))
        return [_told(first(), calls, wall_s, cpu_s) for first, calls, wall_s, cpu_s in found]


def _told(first: Ran, calls: int, wall_s: float, cpu_s: float) -> Ran:
    return replace(first, calls=calls, wall_s=wall_s, cpu_s=cpu_s)
