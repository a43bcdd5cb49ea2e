"""Patience: how long the server waits for a client, and with how many it deals at once.

Owns the deadlines: until a request's head is there, between two pieces of its body, and until a piece of an answer finds
room. A client that keeps none of them is hung up on, and what it held is free again. Called by ``access`` and ``serving``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Message, Receive

HEAD_S = 20.0
BODY_S = 30.0
UNREAD_S = 60.0
MAX_REQUESTS = 1000
"""That are dealt with at once; whoever comes then is told to come again."""


class TooSlow(Exception):
    """A body that doesn't come."""


async def hear(receive: Receive) -> Message:
    """The next piece of a body that hasn't ended. Raises `TooSlow`."""
    try:
        async with asyncio.timeout(BODY_S):
            return await receive()
    except TimeoutError as error:
        raise TooSlow from error


class Patient(H11Protocol):
    """A connection that is given up if no request comes over it, or nobody reads what is sent."""

    _giving_up: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        super().connection_made(transport)
        self._giving_up = self.loop.call_later(HEAD_S, self._give_up)

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

    def _give_up(self) -> None:
        if self.cycle is None and self.transport.get_protocol() is self:
            self.transport.close()
