"""Audio in real time: blocks that come when they come, and must have been through every effect before the next one does.

Owns the pacing, and the rows of one effect and of eight in series. A block that comes late counts from when it was due, so
that a slow one can't hide those that waited behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from schillinger_plugins import Audio, Instance

from .measure import Figure
from .plugins import managed
from .row import Chapter, Row
from .run import Run

FRAMES = 128
SAMPLE_RATE = 48_000
PERIOD_S = FRAMES / SAMPLE_RATE
_PERIOD = f"{PERIOD_S * 1e3:.3f} ms"
_AWAKE_S = 300e-6
"""Before a block is due, the loop wakes up so much earlier and spins: a sleep ends when the kernel likes."""

_WARM_UP_S = 2.0

Effect = Callable[[Audio], Audio]


def chapter(run: Run) -> Chapter:
    """Measure them."""
    duration_s = run.pick(60.0, 10.0)
    with managed("halve") as (manager, _), ExitStack() as streams:
        instances = [manager.create_instance("halve") for _ in range(9)]
        called = _through(instances.pop())
        chain: list[Effect] = [streams.enter_context(instance.stream()).process for instance in instances]
        rows = [
            *_rows("in-process", [_halved], run, duration_s / 6, reach=False, none_late=False),
            *_rows("1 confined effect", chain[:1], run, duration_s, reach=True, none_late=True),
            *_rows("8 confined effects", chain, run, duration_s, reach=True, none_late=False),
            *_rows("1 effect by execute()", [called], run, duration_s / 6, reach=False, none_late=False),
        ]
    return Chapter(
        title="Blocks in real time",
        how=f"""\
A block is stereo, {FRAMES} frames at {SAMPLE_RATE // 1000} kHz: {_PERIOD}. One comes every {_PERIOD} for {duration_s:g} s
by an absolute clock (a sleep until shortly before, then a spin), and goes through the effects one after another, each of
which halves it and gives it back, through an open `stream` of each. The time is from when the block goes into the
first effect to when it is out of the last. The slowest block is counted from when it was due, whatever had held up
the loop before, and a block is late if that is longer than a block. *In-process* is the same loop with the same effect
as a plain function, for a sixth of the time: it shows what the machine itself makes late. *By execute()* is a call for
each block, as one would make without a stream.""",
        rows=tuple(rows),
    )


def _rows(what: str, chain: list[Effect], run: Run, duration_s: float, *, reach: bool, none_late: bool) -> list[Row]:
    with run.shown(f"blocks, {what}", steps=1):
        _paced(chain, _WARM_UP_S)
        taken_s, since_due_s = _paced(chain, duration_s)
    figure, worst = Figure((tuple(taken_s),)), Figure(((max(since_due_s),),))
    late = sum(seconds > PERIOD_S for seconds in since_due_s)
    block = f"the block's {_PERIOD}"
    return [
        Row(
            what=f"a block through {what}",
            against=block,
            ours=figure,
            ratio=figure.p99 / PERIOD_S,
            reach=1.0 if reach else None,
            note="the ratio is of the 99th percentile",
        ),
        Row(
            what=f"the slowest block through {what}",
            against=block,
            ours=worst,
            ratio=worst.largest / PERIOD_S,
            reach=1.0 if none_late else None,
            note=f"{late} of {len(since_due_s)} blocks were late",
        ),
    ]


def _paced(chain: list[Effect], duration_s: float) -> tuple[list[float], list[float]]:
    """How long each block took, and how long after it was due it was through."""
    samples = np.random.default_rng(1).standard_normal((2, FRAMES), np.float32)
    taken_s, since_due_s = [], []
    first_s = time.perf_counter() + 0.01
    for number in range(round(duration_s / PERIOD_S)):
        due_s = first_s + number * PERIOD_S
        ahead_s = due_s - time.perf_counter() - _AWAKE_S
        if ahead_s > 0:
            time.sleep(ahead_s)
        while (begun_s := time.perf_counter()) < due_s:
            pass
        block = Audio(samples, SAMPLE_RATE)
        for effect in chain:
            block = effect(block)
        through_s = time.perf_counter()
        taken_s.append(through_s - begun_s)
        since_due_s.append(through_s - due_s)
    return taken_s, since_due_s


def _through(instance: Instance) -> Effect:
    execute = instance.execute

    def effect(block: Audio) -> Audio:
        result: Audio = execute({"audio": block})["audio"]
        return result

    return effect


def _halved(block: Audio) -> Audio:
    return Audio(block.samples * np.float32(0.5), block.sample_rate)
