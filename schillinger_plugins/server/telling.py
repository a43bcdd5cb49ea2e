"""Telling: what happens to plugins, as Server-Sent Events.

Owns the listeners and what each still has to be told. A slow one loses the oldest events and is told how many; while
nobody listens, nothing is done. Refuses more listeners than it may have. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from ..errors import Busy
from ..events import EVENT_NAMES, Event
from .scopes import READ

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins")

MAX_LISTENERS = 64
MAX_WAITING = 256
"""Events of one listener that wait to be sent."""

HEARTBEAT_S = 15.0
"""How often a listener hears something, so that both ends find out when the other has gone."""


class Listener:
    """One client and the events that wait for it."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self._waiting: deque[tuple[int, Event]] = deque(maxlen=MAX_WAITING)
        self._lost = 0
        self._ended = False
        self._news = asyncio.Event()

    def hear(self, number: int, event: Event) -> None:
        """Called in the event loop."""
        if self.names and event.name not in self.names:
            return
        self._lost += len(self._waiting) == MAX_WAITING
        self._waiting.append((number, event))
        self._news.set()

    def end(self) -> None:
        """Let `messages` end."""
        self._ended = True
        self._news.set()

    async def messages(self) -> AsyncIterator[str]:
        """What is sent, until it is ended."""
        yield ": listening\n\n"
        while not self._ended:
            try:
                await asyncio.wait_for(self._news.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield ": \n\n"
            self._news.clear()
            if self._lost:
                lost, self._lost = self._lost, 0
                yield f"event: lost\ndata: {json.dumps({'events': lost})}\n\n"
            while self._waiting:
                number, event = self._waiting.popleft()
                yield f"id: {number}\nevent: {event.name}\ndata: {json.dumps(_plain(event))}\n\n"


class Telling:
    """The listeners of one server. Used from its event loop, but for what the manager's events call."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._numbers = itertools.count(1)
        self._listeners: set[Listener] = set()
        self._undo: Callable[[], None] | None = None

    def enter(self, names: frozenset[str]) -> Listener:
        """One more listener, until `leave`. Raises `Busy` if too many listen."""
        if len(self._listeners) >= MAX_LISTENERS:
            raise Busy(f"{MAX_LISTENERS} clients listen already", remedy="try again when one has gone")
        if self._undo is None:
            loop = asyncio.get_running_loop()
            self._undo = self._manager.events.subscribe(
                None, lambda event: loop.call_soon_threadsafe(self._tell, event)
            )
        listener = Listener(names)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """A listener has gone."""
        listener.end()
        self._listeners.discard(listener)
        if not self._listeners and self._undo is not None:
            self._undo()
            self._undo = None

    def end(self) -> None:
        """The server ends, and so does every stream."""
        for listener in list(self._listeners):
            self.leave(listener)

    def _tell(self, event: Event) -> None:
        number = next(self._numbers)
        for listener in self._listeners:
            listener.hear(number, event)


class _Stream(StreamingResponse):
    """Whatever ends it, its listener leaves: the generator alone may be left where it waits."""

    def __init__(self, telling: Telling, listener: Listener) -> None:
        super().__init__(listener.messages(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._leave = partial(telling.leave, listener)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@router.get("/events", dependencies=[Depends(READ)], tags=["system"], response_class=StreamingResponse)
async def events(
    request: Request,
    name: Annotated[list[str] | None, Query(max_length=32, description=f"only these: {', '.join(EVENT_NAMES)}")] = None,
) -> StreamingResponse:
    """What happens to plugins and instances, as it happens (text/event-stream)."""
    telling: Telling = request.app.state.telling
    return _Stream(telling, telling.enter(frozenset(name or ())))


def _plain(event: Event) -> dict[str, Any]:
    """An event's data that JSON has a word for; what else it has is for Python."""
    data = {key: value for key, value in event.data.items() if isinstance(value, (str, int, float, bool))}
    return {"plugin_id": event.plugin_id, "instance_id": event.instance_id, **data}
