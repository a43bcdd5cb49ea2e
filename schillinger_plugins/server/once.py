"""Once: what is made for a key is made once, however often it is asked for.

Owns the keys of the last thousand requests that created something, for clients that repeat a request because its answer
was lost. Refuses a key that comes again with something else; a request that failed may be repeated. Called by ``instances``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from ..instance import Instance

MAX_KEYS = 1000


class Once:
    """Keys and what was made for them. Used from one event loop alone."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[Any, asyncio.Future[Instance]]] = {}

    async def make(self, key: Hashable | None, asked: Any, make: Callable[[], Awaitable[Instance]]) -> Instance:
        """What `make` gives, or what it gave for this key before, unless that was destroyed since.

        Raises
        ------
        InputError
            If something else was asked for under that key, of an instance that is still there.
        """
        if key is None:
            return await make()
        before, known = self._made.get(key, (None, None))
        if known is not None and not known.cancelled() and not (known.done() and known.exception()):
            instance = await asyncio.shield(known)
            if instance.state != "destroyed" and before != asked:
                raise InputError(
                    f"this Idempotency-Key has made {instance.id}, with another configuration",
                    plugin_id=instance.plugin_id,
                    path="$.header.idempotency-key",
                    remedy="send another key for another instance",
                )
            if instance.state != "destroyed":
                return instance
        task = asyncio.ensure_future(make())
        self._made.pop(key, None)
        self._made[key] = asked, task
        while len(self._made) > MAX_KEYS:
            self._made.pop(next(iter(self._made)))
        return await asyncio.shield(task)
