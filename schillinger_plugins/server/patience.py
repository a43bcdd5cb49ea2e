"""Patience: how long the server waits for a client, and with how many it deals at once.

Owns the deadlines: until a request's head is there, for its body as a whole and between two pieces of it, until a piece of
an answer finds room, and until who has vanished without a word is missed. A client that keeps none of them is hung up on,
and what it held is free again. What is no HTTP is answered with a problem, too. Called by ``access`` and ``serving``.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from starlette.types import Message, Receive

HEAD_S = 20.0
BODY_S = 30.0
SLOWEST_BYTES_PER_S = 10_000
"""A body may take `BODY_S`, and longer by what has come of it at that rate."""

UNREAD_S = 60.0
VANISHED_S = 60, 15, 4
"""After how many seconds of silence the other end is asked whether it is there, how often then, and how many times."""

MAX_REQUESTS = 1000
"""That are dealt with at once; whoever comes then is told to come again."""


class TooSlow(Exception):
    """A body that doesn't come."""


class Hearing:
    """A body that comes piece by piece."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._until_s = time.monotonic() + BODY_S

    async def next(self) -> Message:
        """The next piece of a body that hasn't ended. Raises `TooSlow`."""
        now_s = time.monotonic()
        try:
            async with asyncio.timeout(min(BODY_S, self._until_s - now_s)):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlow from error
        self._until_s += len(message.get("body", b"")) / SLOWEST_BYTES_PER_S
        return message


def miss_who_vanishes(listening: socket.socket) -> None:
    """Have the system find out when a client has gone without having said so. Its connections have it from this one."""
    idle_s, every_s, times = VANISHED_S
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle_s)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, every_s)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, times)


class Patient(H11Protocol):
    """A connection that is given up if no request comes over it, or nobody reads what is sent."""

    _giving_up: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        for timer in (self._giving_up, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Called by asyncio."""
        super().pause_writing()
        # Closing would wait for what isn't read.
        self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Called by asyncio."""
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Called by uvicorn, which gives up a connection that rests, but not one with half of the next head."""
        super().on_response_complete()
        self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is no HTTP."""
        problem = Problem(400, "NoHttp", "this is no HTTP request", "send what RFC 9112 describes")
        body = json.dumps(problem.as_dict()).encode()
        headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
        head = h11.Response(status_code=400, headers=list(headers.items()), reason=b"Bad Request")
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait_for_head(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._giving_up = self.loop.call_later(HEAD_S, self._give_up)

    def _give_up(self) -> None:
        is_asked = self.cycle is not None and not self.cycle.response_complete
        if not is_asked and self.transport.get_protocol() is self:
            self.transport.close()
