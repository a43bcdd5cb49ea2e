"""A call over HTTP: our server against a bare FastAPI route that calls the function in its own process.

Owns the load, which wrk makes: one client that asks again as soon as it is answered, and sixteen at once. The servers are
``serving``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .measure import Contender
from .row import Chapter, compared
from .run import Run

PEER = "a bare FastAPI route"
_CLIENTS = 16
_SCRIPT = Path(__file__).with_name("post.lua")
_ROOT = Path(__file__).parents[2]


def chapter(run: Run) -> Chapter:
    """Measure it."""
    with ExitStack() as stack:
        places = {name: stack.enter_context(_served(kind)) for name, kind in (("ours", "ours"), (PEER, "bare"))}
        one = {name: _loaded(*place, clients=1) for name, place in places.items()}
        single = run.turns("a request at a time", one, rounds=run.pick(15, 2))
        many = {name: _loaded(*place, clients=_CLIENTS) for name, place in places.items()}
        crowd = run.turns(f"{_CLIENTS} clients at once", many, rounds=run.pick(15, 2))
    return Chapter(
        title="Over HTTP",
        how="""\
`POST …/execute` of a plugin that does nothing, with token, guard, checks, run and worker, against a FastAPI route that
parses the same body and calls the function in its own process. Each server is a process of its own under uvicorn; wrk asks
them in turns, a second each, over connections that are kept. A figure is such a second divided by the requests that were
answered in it, none of which may fail.""",
        rows=(
            *compared("one request after the other", single["ours"], {PEER: single[PEER]}),
            *compared(f"{_CLIENTS} clients at once, a request", crowd["ours"], {PEER: crowd[PEER]}),
        ),
    )


@contextmanager
def _served(kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A server's address, and the headers that it wants."""
    command = [sys.executable, "-m", "tests.bench.serving", kind]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            yield said["url"], {"Authorization": f"Bearer {said['token']}"} if said["token"] else {}
        finally:
            process.stdin.close()
            process.wait(30)


def _loaded(url: str, headers: dict[str, str], *, clients: int) -> Contender:
    """A contender that has `wrk` ask for a second, and gives the time of a request."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is missing, which asks the servers → apt-get install wrk")
    given = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    command = [
        wrk,
        "--threads",
        "1",
        "--connections",
        str(clients),
        "--duration",
        "1s",
        "--script",
        str(_SCRIPT),
        *given,
        url,
    ]

    def ask() -> float:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        told = json.loads(said.stdout.splitlines()[-1])
        if told["failed"] or not told["requests"]:
            raise RuntimeError(f"{url} answered {told['requests']} requests, and failed in {told['failed']}")
        return float(told["duration_us"] / told["requests"] / 1e6)

    return lambda times: [ask() for _ in range(times)]
