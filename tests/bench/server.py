"""A call over HTTP: our server against a bare FastAPI route that calls the function in its own process.

Owns the clients: one that asks again as soon as it is answered, and sixteen at once, over connections that are kept. The
servers are ``serving``.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from .measure import Contender, repeated
from .row import Chapter, compared
from .run import Run

PEER = "a bare FastAPI route"
_CLIENTS = 16
_BODY = {"inputs": {}, "parameters": {}}
_ROOT = Path(__file__).parents[2]


def chapter(run: Run) -> Chapter:
    """Measure it."""
    with ExitStack() as stack:
        places = {name: stack.enter_context(_served(kind)) for name, kind in (("ours", "ours"), (PEER, "bare"))}
        one = {name: _one(stack, *place) for name, place in places.items()}
        single = run.turns("a request at a time", one, rounds=run.pick(15, 2), burst=run.pick(100, 10), settle=10)
        many = {name: _at_once(*place) for name, place in places.items()}
        crowd = run.turns(f"{_CLIENTS} clients at once", many, rounds=run.pick(11, 2), burst=run.pick(5, 1))
    return Chapter(
        title="Over HTTP",
        how=f"""\
`POST …/execute` of a plugin that does nothing, with token, guard, checks, run and worker, against a FastAPI route that
parses the same body and calls the function in its own process. Each server is a process of its own under uvicorn; the
client is httpx over connections that are kept. *At once* is the time of {_CLIENTS} clients with 20 requests each, divided by
the requests: the client's own time is in it, on both sides.""",
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


def _one(stack: ExitStack, url: str, headers: dict[str, str]) -> Contender:
    client = stack.enter_context(httpx.Client(headers=headers))

    def ask() -> object:
        answer = client.post(url, json=_BODY)
        answer.raise_for_status()
        return answer

    return repeated(ask)


def _at_once(url: str, headers: dict[str, str]) -> Contender:
    each = 20

    async def ask(client: httpx.AsyncClient) -> None:
        for _ in range(each):
            (await client.post(url, json=_BODY)).raise_for_status()

    async def crowd(times: int) -> list[float]:
        taken = []
        async with httpx.AsyncClient(headers=headers, limits=httpx.Limits(max_connections=_CLIENTS)) as client:
            for _ in range(times):
                begun_s = time.perf_counter()
                await asyncio.gather(*(ask(client) for _ in range(_CLIENTS)))
                taken.append((time.perf_counter() - begun_s) / (each * _CLIENTS))
        return taken

    return lambda times: asyncio.run(crowd(times))
