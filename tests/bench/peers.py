"""Whom we compare ourselves with: what people would otherwise use, and the least that each thing can cost.

Owns their processes; each is a context manager that ends what it began. Called by the modules that measure.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import loky  # type: ignore[import-untyped]  # it has no types
import numpy as np

from schillinger_plugins.sandbox.zygote import cache_dir

from .measure import Action, Contender

_PING = """
import os, socket, subprocess, sys, time
from tests.bench.peers import take_orders
mine, other = sys.argv[1:]
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
pong = f"import os, socket\\ns = socket.socket(fileno={theirs.fileno()})\\n"
if other != "any":
    pong += f"os.sched_setaffinity(0, {{{other}}})\\n"
pong += "while d := s.recv(65536): s.send(d)"
child = subprocess.Popen([sys.executable, "-I", "-c", pong], pass_fds=(theirs.fileno(),))
theirs.close()
if mine != "any":
    os.sched_setaffinity(0, {int(mine)})
def ping():
    ours.send(b"x")
    ours.recv(65536)
take_orders(ping)
"""

DEADLINE_S = 300.0
"""How long a peer in a process of its own may take for one turn."""

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""As a worker has it."""


def given_back(value: Any) -> Any:
    """What a pool's process is asked to do: return what it was given."""
    return value


@contextmanager
def pools(*, others: bool = True) -> Iterator[dict[str, Callable[[Any], Any]]]:
    """Process pools with one process each, as what sends a value there and back.

    Parameters
    ----------
    others : bool
        False for `ProcessPoolExecutor` and loky alone.
    """
    with ExitStack() as stack:
        standard = stack.enter_context(ProcessPoolExecutor(1))
        robust = loky.ProcessPoolExecutor(1, timeout=None)
        stack.callback(robust.shutdown, wait=True, kill_workers=True)
        found: dict[str, Callable[[Any], Any]] = {
            "ProcessPoolExecutor": lambda value: standard.submit(given_back, value).result(DEADLINE_S),
            "loky": lambda value: robust.submit(given_back, value).result(DEADLINE_S),
        }
        if others:
            pool = stack.enter_context(multiprocessing.Pool(1))
            found["multiprocessing.Pool"] = lambda value: pool.apply_async(given_back, (value,)).get(DEADLINE_S)
        for send in found.values():
            send(None)
        yield found


@contextmanager
def ping_pongs() -> Iterator[dict[str, Contender]]:
    """One byte there and back through a bare socket between two Python processes: the least that any call costs.

    Where the two run is the scheduler's choice, and makes most of the difference: so there is one pair that it places as it
    likes, one pinned to the same core, and one pinned to two.
    """
    cores = sorted(os.sched_getaffinity(0))
    places = {"ping-pong, unpinned": ("any", "any"), "ping-pong, one core": (cores[0], cores[0])}
    if len(cores) > 1:
        places["ping-pong, two cores"] = (cores[0], cores[1])
    with ExitStack() as stack:
        yield {name: stack.enter_context(apart(_PING, *map(str, pair))) for name, pair in places.items()}


@contextmanager
def apart(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Contender]:
    """A contender in a Python process of its own, which takes its own time: the script ends with `take_orders`."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    orders, answers = process.stdin, process.stdout

    def contend(times: int) -> list[float]:
        print(times, file=orders, flush=True)
        if not select.select([answers], [], [], DEADLINE_S)[0]:
            raise TimeoutError(f"a peer gave no answer for {DEADLINE_S:g} s: {arguments}")
        taken: list[float] = json.loads(answers.readline())
        return taken

    try:
        yield contend
    finally:
        orders.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        answers.close()


def take_orders(action: Action) -> None:
    """In such a process: do it as often as each line of standard input says, and say how long each took."""
    from .measure import repeated

    contend = repeated(action)
    for line in sys.stdin:
        print(json.dumps(contend(int(line))), flush=True)


def as_a_worker() -> dict[str, str]:
    """The environment of an interpreter that is to compute as a worker does: one thread, and the kernels compiled."""
    return {**ONE_THREAD, "NUMBA_CACHE_DIR": str(cache_dir())}


def fresh_interpreter(code: str) -> Action:
    """Start an interpreter that runs `code` and ends: what a plugin in a process of its own would cost with no zygote."""
    environment = {**os.environ, **as_a_worker()}

    def start() -> None:
        subprocess.run(
            [sys.executable, "-I", "-W", "ignore", "-c", code], check=True, env=environment, timeout=DEADLINE_S
        )

    return start


def copies_into(value: np.ndarray[Any, Any]) -> Action:
    """One memcpy each way, into memory that is there already: the least that a copy in and a copy out cost."""
    there, back = np.empty_like(value), np.empty_like(value)

    def copy() -> None:
        np.copyto(there, value)
        np.copyto(back, there)

    return copy


def fresh_copies(value: np.ndarray[Any, Any]) -> Action:
    """Two copies into fresh memory, as ``array.copy()`` makes them: with the page faults of new memory."""
    return lambda: value.copy().copy()
