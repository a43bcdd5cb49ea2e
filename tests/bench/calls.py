"""What a call costs that does nothing: the way there and back alone.

Owns the rows of the no-op call: through both doors, in a row and after silence, free and pinned to one core.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial

from schillinger_plugins import Instance

from .measure import Contender, Figure, repeated
from .peers import ping_pongs, pools
from .plugins import managed
from .row import Chapter, Row, compared
from .run import Run

_SILENCE_S = 0.005
_REACHES = {
    "ping-pong, unpinned": 1.3,
    "ping-pong, one core": 1.3,
    "ping-pong, two cores": 1.3,
    "ProcessPoolExecutor": 1 / 4,
    "loky": 1 / 5,
    "multiprocessing.Pool": 1 / 3,
}
_ONE_CORE = "ping-pong, one core"


def chapter(run: Run) -> Chapter:
    """Measure them."""
    with ExitStack() as stack:
        peers = _peers(stack)
        manager, _ = stack.enter_context(managed("nothing"))
        instance = manager.create_instance("nothing")
        rows = (*_in_a_row(run, instance, peers), *_after_silence(run, instance, peers))
    return Chapter(
        title="A call that does nothing",
        how=f"""\
The plugin's `execute` returns an empty dictionary. Each contender has its turn in each round: {run.pick(100, 20)}
calls that are not measured, then {run.pick(250, 50)} that are, one after another. A *ping-pong* is one byte there
and back through a bare SEQPACKET socket between two Python processes: the least that any call to another process
costs. Where its two ends run decides how fast it is, so it is measured thrice: as the scheduler places them, both
on one core, each on a core of its own. The process pools have one process each and are asked for a function that
returns its argument, None. The calls through asyncio are awaited one after another within one running loop. *Pinned
to one core* is the same call with host and worker bound to one core, as with `taskset`. *After silence* is one call
after {_SILENCE_S * 1e3:g} ms in which nothing was asked.""",
        rows=rows,
    )


def _in_a_row(run: Run, instance: Instance, peers: Mapping[str, Contender]) -> tuple[Row, ...]:
    with ExitStack() as stack:
        with _pinned_to_one_core():
            # What is begun now stays there: the zygote, its workers, the watchdog.
            bound_manager, _ = stack.enter_context(managed("nothing"))
            bound = bound_manager.create_instance("nothing")
        loop = stack.enter_context(asyncio.Runner())
        figures = run.turns(
            "calls that do nothing",
            {
                "blocking": repeated(instance.execute),
                "asyncio": _awaited(loop, instance),
                "pinned": _on_one_core(repeated(bound.execute)),
                **peers,
            },
            rounds=run.pick(24, 2),
            burst=run.pick(250, 50),
            settle=run.pick(100, 20),
        )
    blocking = {"blocking": figures["blocking"]}
    return (
        *compared("no-op call, blocking", figures["blocking"], _of(peers, figures), reaches=_REACHES),
        *compared("no-op call, asyncio", figures["asyncio"], blocking, reaches={"blocking": 1.6}),
        *compared("no-op call, pinned to one core", figures["pinned"], {_ONE_CORE: figures[_ONE_CORE]}),
    )


def _after_silence(run: Run, instance: Instance, peers: Mapping[str, Contender]) -> tuple[Row, ...]:
    figures = run.turns(
        "calls after silence",
        {
            "blocking": _silent_before(repeated(instance.execute)),
            **{name: _silent_before(peer) for name, peer in peers.items()},
        },
        rounds=run.pick(10, 2),
        burst=run.pick(20, 4),
    )
    return compared("no-op call, after silence", figures["blocking"], _of(peers, figures))


def _of(peers: Mapping[str, Contender], figures: Mapping[str, Figure]) -> dict[str, Figure]:
    return {name: figures[name] for name in peers}


def _peers(stack: ExitStack) -> dict[str, Contender]:
    pongs = stack.enter_context(ping_pongs())
    sends = stack.enter_context(pools())
    return {**pongs, **{name: repeated(partial(send, None)) for name, send in sends.items()}}


def _awaited(runner: asyncio.Runner, instance: Instance) -> Contender:
    async def many(times: int) -> list[float]:
        taken = []
        for _ in range(times):
            begun_s = time.perf_counter()
            await instance.aexecute()
            taken.append(time.perf_counter() - begun_s)
        return taken

    return lambda times: runner.run(many(times))


def _silent_before(contender: Contender) -> Contender:
    def contend(times: int) -> list[float]:
        taken: list[float] = []
        for _ in range(times):
            time.sleep(_SILENCE_S)
            taken += contender(1)
        return taken

    return contend


@contextmanager
def _pinned_to_one_core() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _on_one_core(contender: Contender) -> Contender:
    def contend(times: int) -> list[float]:
        with _pinned_to_one_core():
            return list(contender(times))

    return contend
