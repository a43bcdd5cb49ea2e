"""Checks of parameters at the ends of their ranges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...definition import Parameter
from ...types import File
from ..check import Check, Failed, Refused, Skipped
from ..subject import Case, Subject

GROUP = "parameters"
_ALL_WALL_S = 10.0
_SEED = 0


def values_of(parameter: Parameter) -> list[Any]:
    """What a parameter can be at the utmost: its ends, each option, both booleans; a file of nothing, one of noise.

    >>> values_of(Parameter(name="gain_db", type="number", min=-96, max=24))
    [-96.0, 24.0]
    """
    low, high = parameter.min, parameter.max
    ends: list[Any] = [end for end in (low, high) if end is not None]
    match parameter.type:
        case "number":
            return [float(end) for end in ends]
        case "integer":
            return [int(end) for end in ends]
        case "boolean":
            return [False, True]
        case "choice":
            return list(parameter.options)
        case "breakpoints":
            return [[], *([[0.0, end]] for end in ends), *([[[0.0, low], [0.1, high]]] if len(ends) == 2 else [])]
        case "channels":
            return [[], [0]]
        case "string":
            return [""]
        case "file":
            ending = parameter.accept[0] if parameter.accept else ".bin"
            noise = np.random.default_rng(_SEED).bytes(parameter.most_bytes)
            return [None, File(f"empty{ending}", b""), File(f"noise{ending}", noise)]
    return []


def _one_at_a_time(subject: Subject) -> str | None:
    with subject.instance() as instance:

        def attempt(case: Case) -> None:
            subject.demand_finite(subject.call(instance, case), case, arrays=False)

        return subject.each(_single(subject), attempt)


def _single(subject: Subject) -> Iterator[Case]:
    found = [(parameter, value) for parameter in subject.definition.parameters for value in values_of(parameter)]
    if not found:
        raise Skipped("it has no parameter with ends")
    plain = subject.case().parameters
    for parameter, value in found:
        if value != plain.get(parameter.name, parameter.default):  # else it is the call that every other check makes
            yield subject.case(**{parameter.name: value})


def _all_at_once(subject: Subject) -> str | None:
    """Everything at its first extreme, and everything at its last. That may be more work than a plugin is allowed."""
    # Not the empty text, nor a file of noise: a plugin that refuses those would never get to the others.
    every = [p for p in subject.definition.parameters if p.type not in ("string", "file") and values_of(p)]
    if not every:
        raise Skipped("it has no parameter with ends")
    remarks = []
    with subject.instance() as instance:
        for index, said in ((0, "lowest"), (-1, "highest")):
            case = subject.case(**{parameter.name: values_of(parameter)[index] for parameter in every})
            try:
                outputs = subject.call(
                    instance, case, limits={"wall_s": min(_ALL_WALL_S, instance.plugin.limits.wall_s)}
                )
            except Refused as refusal:
                remarks.append(f"everything at its {said} is refused: {refusal.message}")
            except Failed as failure:
                if not failure.message.startswith("LimitExceeded"):
                    raise
                remarks.append(f"everything at its {said} is too much work: {failure.message}")
            else:
                subject.demand_finite(outputs, case, arrays=False)
    return "; ".join(remarks) or None


CHECKS = (
    Check(id="extremes", group=GROUP, title="each parameter at its ends, each option", run=_one_at_a_time),
    Check(id="all-extremes", group=GROUP, title="all parameters at their ends at once", run=_all_at_once),
)
