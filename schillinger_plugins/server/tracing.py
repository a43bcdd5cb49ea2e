"""Tracing: spans of this server's calls are children of the client's, if its request names them.

Owns the reading of the headers of W3C Trace Context (``traceparent``) and of whatever else the process's propagators know.
Does nothing unless spans are switched on. Called by ``app``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ..manager import PluginManager


class Carried:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, *, manager: PluginManager) -> None:
        self._app = app
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tasks that are begun meanwhile have a copy of the context, so a run that outlives its request keeps its parent."""
        if (spans := self._manager.spans) is None:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
        with spans.carried(headers):
            await self._app(scope, receive, send)
