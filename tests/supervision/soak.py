"""Many calls in a row, and what they left in memory.

    python -m tests.supervision.soak --calls 20000

Called by a test with fewer calls.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from schillinger_plugins import Instance, PluginManager

from .census import Census, rss_bytes, until
from .probe import write_probe

WARM_UP = 1_000


@dataclass(frozen=True)
class Soaked:
    """What was left."""

    calls: int
    seconds: float
    host_grew_bytes: int
    worker_grew_bytes: int
    left_over: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.calls} calls in {self.seconds:.1f} s: the host grew by {self.host_grew_bytes / 1e6:.2f} MB, "
            f"the worker by {self.worker_grew_bytes / 1e6:.2f} MB; left over: {', '.join(self.left_over) or 'nothing'}"
        )


def soak(instance: Instance, call: Callable[[], object], *, calls: int, warm_up: int = WARM_UP) -> Soaked:
    """Call that often, after some calls to fill what is filled once."""
    for _ in range(warm_up):
        call()
    gc.collect()
    assert instance._worker is not None
    first = instance._worker
    before, host, worker = Census.take(), rss_bytes(), rss_bytes(first.pid)
    started_s = time.monotonic()
    for _ in range(calls):
        call()
    seconds = time.monotonic() - started_s
    gc.collect()

    def left_over() -> list[str]:
        after = Census.take()
        if instance._worker is not first:  # other processes than before: what counts is how many there are
            same = len(after.processes) == len(before.processes)
            after = replace(after, processes=before.processes if same else after.processes)
        return before.left_over(after)

    left: list[str] = []

    def nothing_left() -> bool:
        left[:] = left_over()
        return not left

    until(nothing_left)  # the watchdog may be reading about a worker at this moment
    return Soaked(
        calls,
        seconds,
        rss_bytes() - host,
        rss_bytes(first.pid) - worker if instance._worker is first else 0,
        tuple(left),
    )


def main() -> int:
    """Soak a plugin that does nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.supervision.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, PluginManager() as manager:
        instance = manager.create_instance(manager.load(write_probe(Path(folder))).id)
        report = soak(instance, instance.execute, calls=asked.calls)
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
