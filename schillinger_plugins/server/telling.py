"""Telling: what happens to plugins, as Server-Sent Events or through a WebSocket.

Owns the listeners and what each still has to be told. A slow one loses the oldest events and is told how many; while
nobody listens, nothing is done. Refuses more listeners than it may have, and whatever a listener says through a WebSocket.
Called by ``app``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from fastapi.responses import StreamingResponse
from starlette.status import WS_1001_GOING_AWAY, WS_1003_UNSUPPORTED_DATA

from ..errors import Busy
from ..events import Event, EventName
from .problems import problem_of, refuse
from .scopes import READ, Sight, sight_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins")

MAX_LISTENERS = 64
MAX_WAITING = 256
"""Events of one listener that wait to be sent."""

SUBPROTOCOL = "schillinger"

UNREAD_S = 30.0
"""How long a message may find no room, since the one who listens doesn't read."""

HEARTBEAT_S = 15.0
"""How often a listener hears something, so that both ends find out when the other has gone."""


class Listener:
    """One client and the events that wait for it: those of the names it asked for, of plugins and its user's instances."""

    def __init__(self, names: frozenset[str], sight: Sight) -> None:
        self.names = names
        self._sight = sight
        self._waiting: deque[tuple[int, Event]] = deque(maxlen=MAX_WAITING)
        self._lost = 0
        self._ended = False
        self._news = asyncio.Event()

    def hear(self, number: int, event: Event) -> None:
        """Called in the event loop."""
        if self.names and event.name not in self.names:
            return
        if event.instance_id is not None and not self._sight(event.user):
            return
        self._lost += len(self._waiting) == MAX_WAITING
        self._waiting.append((number, event))
        self._news.set()

    def end(self) -> None:
        """Let `messages` end."""
        self._ended = True
        self._news.set()

    async def messages(self) -> AsyncIterator[Message | None]:
        """What is told, until it is ended; None if there is nothing to tell but that the server is there."""
        yield None
        while not self._ended:
            try:
                await asyncio.wait_for(self._news.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield None
            self._news.clear()
            while self._waiting:
                if self._lost:
                    lost, self._lost = self._lost, 0
                    yield Message("lost", {"events": lost})
                    continue  # more may have been lost while that was sent
                number, event = self._waiting.popleft()
                yield Message(event.name, _plain(event), number)
        yield Message("ending", {})


@dataclass(frozen=True)
class Message:
    """What a listener is told: an event; how many it has lost; or that the server ends."""

    name: str
    data: dict[str, Any]
    number: int | None = None

    def as_text(self) -> str:
        """For a stream of Server-Sent Events."""
        head = f"id: {self.number}\n" if self.number is not None else ""
        return f"{head}event: {self.name}\ndata: {json.dumps(self.data)}\n\n"

    def as_json(self) -> str:
        """For a WebSocket."""
        number = {"id": self.number} if self.number is not None else {}
        return json.dumps({"event": self.name, **number, **self.data})


async def _stream(messages: AsyncIterator[Message | None]) -> AsyncIterator[str]:
    yield ": listening\n\n"
    await anext(messages)
    async for message in messages:
        yield message.as_text() if message is not None else ": \n\n"


class Telling:
    """The listeners of one server. Used from its event loop, but for what the manager's events call."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._numbers = itertools.count(1)
        self._listeners: set[Listener] = set()
        self._left = asyncio.Event()
        self._ended = False
        self._undo: Callable[[], None] | None = None

    def enter(self, names: frozenset[str], sight: Sight) -> Listener:
        """One more listener, until `leave`. Raises `Busy` if too many listen, or the server ends."""
        if self._ended:
            raise Busy("the server ends", remedy="listen again when it is there again")
        if len(self._listeners) >= MAX_LISTENERS:
            raise Busy(f"{MAX_LISTENERS} clients listen already", remedy="try again when one has gone")
        if self._undo is None:
            loop = asyncio.get_running_loop()
            self._undo = self._manager.events.subscribe(
                None, lambda event: loop.call_soon_threadsafe(self._tell, event)
            )
        listener = Listener(names, sight)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """A listener has gone."""
        listener.end()
        self._listeners.discard(listener)
        self._left.set()
        if not self._listeners and self._undo is not None:
            self._undo()
            self._undo = None

    async def end(self, deadline_s: float) -> None:
        """The server ends, and so does every stream; returns when all who listen have been told, or at the deadline."""
        self._ended = True
        for listener in self._listeners:
            listener.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while self._listeners:
                    self._left.clear()
                    await self._left.wait()

    def _tell(self, event: Event) -> None:
        number = next(self._numbers)
        for listener in self._listeners:
            listener.hear(number, event)


class _Stream(StreamingResponse):
    """Whatever ends it, its listener leaves: the generator alone may be left where it waits."""

    def __init__(self, telling: Telling, listener: Listener) -> None:
        super().__init__(
            _stream(listener.messages()), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )
        self._leave = partial(telling.leave, listener)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@router.get("/events", dependencies=[Depends(READ)], tags=["system"], response_class=StreamingResponse)
async def events(
    request: Request,
    name: Annotated[list[EventName] | None, Query(max_length=32, description="only these")] = None,
) -> StreamingResponse:
    """What happens to plugins and instances, as it happens (text/event-stream)."""
    telling: Telling = request.app.state.telling
    return _Stream(telling, telling.enter(frozenset(name or ()), sight_of(request)))


@router.websocket("/events")
async def events_by_socket(
    socket: WebSocket, name: Annotated[list[EventName] | None, Query(max_length=32)] = None
) -> None:
    """What happens, as JSON: ``{"event": "executed", "id": 7, "plugin_id": …}``. The guard has looked at who asks."""
    telling: Telling = socket.app.state.telling
    try:
        listener = telling.enter(frozenset(name or ()), sight_of(socket))
    except Busy as error:
        await refuse(problem_of(error), socket.scope, socket.receive, socket.send)
        return
    both: set[asyncio.Future[None]] = set()
    try:
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
        both = {asyncio.ensure_future(_tell(socket, listener)), asyncio.ensure_future(_hear(socket))}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        telling.leave(listener)
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _tell(socket: WebSocket, listener: Listener) -> None:
    async for message in listener.messages():
        if message is not None:  # the protocol has pings of its own
            await asyncio.wait_for(socket.send_text(message.as_json()), UNREAD_S)
    await socket.close(WS_1001_GOING_AWAY, "the server ends")


async def _hear(socket: WebSocket) -> None:
    message = await socket.receive()
    if message["type"] == "websocket.receive":
        await socket.close(WS_1003_UNSUPPORTED_DATA, "nothing is heard here")


def _plain(event: Event) -> dict[str, Any]:
    """An event's data that JSON has a word for; what else it has is for Python."""
    data = {key: value for key, value in event.data.items() if isinstance(value, (str, int, float, bool))}
    return {"plugin_id": event.plugin_id, "instance_id": event.instance_id, **data}
