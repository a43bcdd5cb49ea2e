"""Following a run: how far it is, told whenever that changes, until it has ended.

Owns the streams of single runs. Refuses more of them than it may have. What a run gave isn't told here, but at its own
address. Called by ``app``; whoever wants to know what happens to all plugins asks ``telling``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from ..errors import Busy
from . import said
from .instances import run_of
from .runs import Run, Runs
from .scopes import READ, sight_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

router = APIRouter(prefix="/api/plugins")

MAX_FOLLOWERS = 64
PERIOD_S = 0.1
"""No more often than anybody can look."""

HEARTBEAT_S = 15.0
"""How often a follower hears something, so that both ends find out when the other has gone."""


@router.get("/runs/{run_id}/events", dependencies=[Depends(READ)], tags=["runs"], response_class=StreamingResponse)
async def follow_run(request: Request, run_id: said.RunId) -> StreamingResponse:
    """A run, each time that it is further, as Server-Sent Events (``run``); the last one says how it has ended."""
    runs: Runs = request.app.state.runs
    run = runs.get(run_id, sight_of(request))
    if runs.followers >= MAX_FOLLOWERS:
        raise Busy(f"{MAX_FOLLOWERS} clients follow runs already", remedy="ask for the run itself now and then")
    return _Stream(runs, run)


async def _told(run: Run) -> AsyncIterator[str]:
    last, quiet_s = "", 0.0
    while True:
        now = run_of(run, with_outputs=False).model_dump_json(exclude={"outputs", "stats", "provenance"})
        if now != last or quiet_s >= HEARTBEAT_S:
            yield f"event: run\ndata: {now}\n\n" if now != last else ": \n\n"
            last, quiet_s = now, 0.0
        if run.task is None:
            return
        await asyncio.wait([run.task], timeout=PERIOD_S)
        quiet_s += PERIOD_S


class _Stream(StreamingResponse):
    """Counted for as long as somebody reads it, whatever ends that."""

    def __init__(self, runs: Runs, run: Run) -> None:
        super().__init__(_told(run), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._runs = runs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._runs.followers += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._runs.followers -= 1
