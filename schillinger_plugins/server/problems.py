"""Problems: what went wrong, as RFC 9457 has it.

Owns the HTTP status of each error and the words that a client gets: the same message, remedy and path as in a notebook.
Refuses to tell what isn't the client's: an error that nobody foresaw says only where to look. Called by the rest of the
room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import (
    AlreadyThere,
    Busy,
    ConfinementUnavailable,
    DefinitionError,
    FlowError,
    InputError,
    LimitExceeded,
    LoadError,
    ManifestError,
    PackageError,
    PermissionDenied,
    PluginError,
    PluginExecutionError,
    ProtocolViolation,
    ScanError,
    UnknownPlugin,
    WorkerCrashed,
)
from ..sandbox.scarcity import remedy_of

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
TYPES = "https://schillinger-plugins.github.io/errors/"

_STATUS: tuple[tuple[type[PluginError], int], ...] = (
    (UnknownPlugin, 404),
    (InputError, 422),
    (PermissionDenied, 403),
    (Busy, 503),
    (ConfinementUnavailable, 503),
    (LimitExceeded, 422),
    (PluginExecutionError, 422),
    (WorkerCrashed, 422),
    (ProtocolViolation, 422),
    (ManifestError, 422),
    (DefinitionError, 422),
    (LoadError, 422),
    (ScanError, 422),
    (AlreadyThere, 409),
    (PackageError, 422),
    (PluginError, 422),
)
RETRY_AFTER_S = 1


@dataclass(frozen=True)
class Problem:
    """A problem as a client sees it.

    Attributes
    ----------
    status : int
    title : str
        The error's class, which a client can tell apart.
    detail : str
    remedy : str
        What to do next.
    more : Mapping
        What else is known: ``plugin_id``, ``path``, ``limit``, ``traceback``; of a flow the problems of its ``nodes``.
    """

    status: int
    title: str
    detail: str
    remedy: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As the body of a response."""
        known = {"status": self.status, "title": self.title, "detail": self.detail, **self.more}
        return {"type": f"{TYPES}{self.title}", **known, **({"remedy": self.remedy} if self.remedy else {})}


SERVER_ENDS = Problem(
    503,
    "ServerEnds",
    "the server ends",
    "ask again when it is there again",
    headers={"Retry-After": str(RETRY_AFTER_S)},
)
UNFORESEEN = Problem(500, "InternalError", "the server failed", "its log says why")


def problem_of(error: PluginError) -> Problem:
    """The problem that an error of this package is.

    What a plugin does wrong is no fault of the server's: it is 422, as is what a client does. What this machine has run out
    of is neither's: 503.
    """
    status = 503 if _is_scarce(error) else next(status for kind, status in _STATUS if isinstance(error, kind))
    more: dict[str, Any] = {}
    for name in ("plugin_id", "path", "limit", "setting", "signal", "permission", "exception_type"):
        value = getattr(error, name, None)
        if value is not None:
            more[name] = value
    if isinstance(error, FlowError):
        more["nodes"] = {node: problem_of(failure).as_dict() for node, failure in error.failed.items()}
    if isinstance(error, PluginExecutionError):
        more["traceback"] = error.traceback_text
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
    return Problem(status, type(error).__name__, error.message, error.remedy or "", more, headers)


def problem_of_any(error: BaseException) -> Problem | None:
    """The same of an error that may be another program's; None for one that nobody foresaw."""
    if isinstance(error, PluginError):
        return problem_of(error)
    remedy = remedy_of(error)
    if remedy is None:
        return None
    what = getattr(error, "strerror", None) or "memory"
    return Problem(
        503, "NoRoom", f"the server has run out: {what}", remedy, headers={"Retry-After": str(RETRY_AFTER_S)}
    )


def _is_scarce(error: PluginError) -> bool:
    if isinstance(error, FlowError):
        return bool(error.failed) and all(map(_is_scarce, error.failed.values()))
    # Memory that an error is about is what a client has asked for.
    return isinstance(error.__cause__, OSError) and remedy_of(error.__cause__) is not None


def response_of(problem: Problem) -> Response:
    """As Starlette sends it."""
    from starlette.responses import JSONResponse

    return JSONResponse(
        problem.as_dict(), status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers)
    )


async def respond(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that never reached a route."""
    await response_of(problem)(scope, receive, send)


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a WebSocket that isn't opened: as HTTP where the server knows how, by closing it elsewhere."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.title})
        return

    async def by_socket(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await response_of(problem)({**scope, "type": "http"}, receive, by_socket)
