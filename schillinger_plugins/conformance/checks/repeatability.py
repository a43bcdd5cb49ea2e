"""Checks that a result can be had again: by the seed, by the state."""

from __future__ import annotations

from ..check import Check, Failed
from ..comparison import difference
from ..subject import SEED, Subject

GROUP = "repeatability"
_CALLS = 4


def _seed(subject: Subject) -> str | None:
    case = subject.case()
    one, other = subject.fresh(case), subject.fresh(case)
    found = difference(dict(one), dict(other))
    if found:
        raise Failed(
            f"two fresh instances under the seed {SEED} differ: {found}. "
            "Take random numbers from self.context.random, and nothing from the clock",
            case,
        )
    return None


def _generator(subject: Subject) -> None:
    case = subject.case()
    with subject.instance() as instance:
        found = difference(dict(subject.call(instance, case)), dict(subject.call(instance, case)))
    if found:
        raise Failed(f"the second call of an instance under the same seed differs from the first: {found}", case)


def _state(subject: Subject) -> None:
    """An instance that is put to sleep between its calls, beside one that is not."""
    case = subject.case()
    with subject.instance() as awake, subject.instance() as sleeper:
        for number in range(1, _CALLS + 1):
            expected = subject.call(awake, case)
            found = difference(dict(expected), dict(subject.call(sleeper, case)))
            if found:
                raise Failed(
                    f"call {number}, after the state was saved and given to a new process, differs from that of an instance "
                    f"that went on without a break: {found}. Write get_state() and set_state(), or keep what must last in "
                    "attributes that are plain data",
                    case,
                )
            sleeper.rest()


CHECKS = (
    Check(id="seed", group=GROUP, title="the same seed gives the same result", run=_seed),
    Check(
        id="generator",
        group=GROUP,
        title="a generator repeats itself under a seed",
        run=_generator,
        types=("GENERATOR",),
    ),
    Check(id="state", group=GROUP, title="its state outlives its process", run=_state),
)
