"""Readiness: whether the server answers, and whether it would be of use to ask it.

Owns both questions, for whoever starts servers and shares requests out among them: they need no token and say nothing
else. Warms the sandbox when the server begins, so that the first call isn't the slow one. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from ..errors import PluginError
from .problems import Problem
from .scopes import Refused

if TYPE_CHECKING:
    from ..manager import PluginManager

router = APIRouter(tags=["system"])

RETRY_AFTER_S = 2

_log = logging.getLogger(__name__)


class Readiness:
    """Of one server."""

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager
        self._ending = False
        self._flaw = ""

    async def warm(self) -> None:
        """Start what workers are forked from. What keeps it from starting is the log's, and told by `why_not`."""
        try:
            await asyncio.to_thread(self._manager.warm, "base")
        except PluginError as error:
            self._flaw = type(error).__name__
            _log.error("the sandbox can't be warmed: %s", error)

    def end(self) -> None:
        """The server ends: nobody should ask it any more."""
        self._ending = True

    @property
    def is_ending(self) -> bool:
        """Whether the server ends: what goes on is waited for, and nothing is begun any more."""
        return self._ending

    def why_not(self) -> str:
        """Why requests had better wait; empty if they had not."""
        if self._ending:
            return "the server ends"
        if "base" in self._manager.status().warm:
            return ""
        return f"the sandbox can't be warmed: {self._flaw}" if self._flaw else "the sandbox is being warmed"


@router.get("/health")
def health() -> dict[str, str]:
    """Whether the server answers. Needs no token."""
    return {"status": "ok"}


@router.get("/ready")
def ready(request: Request) -> dict[str, str]:
    """Whether calls are answered at once: the sandbox is warm, and the server doesn't end. Needs no token."""
    readiness: Readiness = request.app.state.readiness
    why_not = readiness.why_not()
    if why_not:
        wait = {"Retry-After": str(RETRY_AFTER_S)}
        raise Refused(Problem(503, "NotReady", why_not, f"ask again in {RETRY_AFTER_S} s", headers=wait))
    return {"status": "ready"}
