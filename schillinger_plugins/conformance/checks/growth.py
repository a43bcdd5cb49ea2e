"""The check that memory doesn't grow from call to call.

First a short look, which what doesn't grow at all passes; what might grow is called hundreds of times before it is blamed.
"""

from __future__ import annotations

import time

from ...manager import Instance
from ..check import Check, Failed
from ..subject import Case, Subject
from .endurance import GROUP

_LOOK_CALLS = 60
_LOOK_LEAST_CALLS = 6
_LOOK_S = 0.7
_FLAT_BYTES = 64 * 1024
"""Of growth over the last third of a short look: what a good plugin keeps is less than 4 kB a call, and mostly nothing."""

_CALLS = 300
_S = 4.0
_GROWN_BYTES = 4 * 1024 * 1024


def _memory(subject: Subject) -> str | None:
    """What is used after many calls, compared with what was used after the first ones."""
    case = subject.case()
    with subject.instance() as instance:
        seen = _called(subject, instance, case, calls=_LOOK_CALLS, most_s=_LOOK_S, least_calls=_LOOK_LEAST_CALLS)
        first, middle, last = _thirds(seen)
        if min(last) - min(middle) < _FLAT_BYTES and max(last) - max(middle) < _FLAT_BYTES:
            return None
        seen = _called(subject, instance, case, calls=_CALLS, most_s=_S, least_calls=_LOOK_LEAST_CALLS)
        first, middle, last = _thirds(seen)
        grown = min(last) - min(first)
        steady = min(middle) > max(first[: len(first) // 2]) and min(last) > max(middle[: len(middle) // 2])
        if instance.leaks or (steady and grown > _GROWN_BYTES):
            each = max(instance.growth_bytes_per_call, grown / (2 * len(first)))
            raise Failed(
                f"it used {grown / 1e6:.1f} MB more after {len(seen)} calls, {each / 1e3:.0f} kB with each: keep less from "
                "call to call",
                case,
            )
    return None


def _called(
    subject: Subject, instance: Instance, case: Case, *, calls: int, most_s: float, least_calls: int
) -> list[int]:
    """So many calls, or fewer if that takes too long; the memory after each, in bytes."""
    began_s = time.monotonic()
    seen: list[int] = []
    while len(seen) < least_calls or (len(seen) < calls and time.monotonic() - began_s < most_s):
        try:
            subject.call(instance, case)
        except Failed as failure:
            raise Failed(
                f"it answered the same call {instance.stats.calls} times, then failed: {failure.message}. It may keep what "
                "it is given",
                case,
            ) from failure
        seen.append(instance.measured_memory_bytes())
    return seen


def _thirds(seen: list[int]) -> tuple[list[int], list[int], list[int]]:
    third = len(seen) // 3
    return seen[:third], seen[third : 2 * third], seen[2 * third :]


CHECKS = (Check(id="memory", group=GROUP, title="memory doesn't grow from call to call", run=_memory, often=True),)
