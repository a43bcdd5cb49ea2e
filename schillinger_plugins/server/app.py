"""The application: the routes behind the guard, and what becomes of errors.

Owns how the parts are put together. Made by ``serving``, and by tests.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from ..errors import PluginError
from . import asks, flows, following, instances, metrics, page, plugins, readiness, said, telling, uploads
from .access import Access, Guard
from .described import describe
from .once import Once
from .plugins import NotModified
from .problems import MEDIA_TYPE, UNFORESEEN, Problem, problem_of, problem_of_any, response_of
from .readiness import Readiness
from .runs import Runs
from .scopes import Refused
from .shelf import Shelf
from .telling import Telling
from .tracing import Carried
from .uploads import Uploads

if TYPE_CHECKING:
    from ..manager import PluginManager

GRACE_S = 10.0
"""How long running calls may go on when the server ends."""

TELLING_S = 2.0
"""How long it may take to tell who listens that it has ended."""

_log = logging.getLogger(__name__)

_DESCRIBED = "GET /openapi.json describes every address"

_PROBLEM: dict[str, Any] = {"model": said.ProblemDetails, "content": {MEDIA_TYPE: {}}}


def create_app(manager: PluginManager, access: Access, *, allow_upload: bool = False) -> FastAPI:
    """The server's application over a manager, which stays the caller's to close.

    Parameters
    ----------
    manager : PluginManager
        May be used by others, a notebook for example, at the same time.
    access : Access
    allow_upload : bool
        Whether plugins may be sent, from this machine alone.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        ready: Readiness = app.state.readiness
        warming = asyncio.create_task(ready.warm())
        yield
        warming.cancel()
        await end(app)

    app = FastAPI(
        title="schillinger_plugins",
        version=metadata.version("schillinger_plugins"),
        description="Music and audio plugins, run in confined processes.",
        lifespan=lifespan,
        responses={"4XX": _PROBLEM, "503": _PROBLEM},
        docs_url=None,  # its page takes its scripts from other hosts
        redoc_url=None,
    )
    app.state.manager, app.state.runs, app.state.once = manager, Runs(lambda: manager.recorder.new_run()), Once()
    app.state.telling, app.state.readiness = Telling(manager), Readiness(manager)
    app.state.shelf, app.state.asks = Shelf(), {}
    app.state.uploads = Uploads(are_allowed=allow_upload)
    app.add_middleware(Carried, manager=manager)
    # Added last, it stands first.
    app.add_middleware(Guard, access=access, is_ending=lambda: app.state.readiness.is_ending)
    app.include_router(instances.router)
    app.include_router(following.router)
    app.include_router(telling.router)  # before the plugins, one of which would be called `events` otherwise
    app.include_router(page.router)
    app.include_router(metrics.router)
    app.include_router(readiness.router)
    app.include_router(flows.router)
    app.include_router(asks.router)
    app.include_router(uploads.router)
    app.include_router(plugins.router)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    describe(app)
    return app


async def end(app: FastAPI) -> None:
    """Begin nothing any more, let what goes on end or cut it off, and tell who listens: first of that, then the end."""
    app.state.readiness.end()
    await app.state.runs.close(GRACE_S)
    await app.state.telling.end(TELLING_S)


def _plugin_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, PluginError)
    return response_of(problem_of(error))


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return response_of(error.problem)


def _not_modified(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers={"ETag": error.tag})


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    path = ".".join(["$", *map(str, first["loc"])])
    return response_of(Problem(422, "InputError", str(first["msg"])[:300], _DESCRIBED, {"path": path[:300]}))


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    titles = {404: "NoSuchAddress", 405: "MethodNotAllowed"}
    title = titles.get(error.status_code, "BadRequest")
    return response_of(Problem(error.status_code, title, str(error.detail)[:300], _DESCRIBED, {}, error.headers or {}))


def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # for nobody: the client went away before all that it had to send was there


def _scarce(_: Request, error: Exception) -> Response:
    problem = problem_of_any(error)
    if problem is None:
        raise error
    return response_of(problem)


def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return response_of(UNFORESEEN)


_ANSWERS: dict[type[Exception], Any] = {
    PluginError: _plugin_error,
    Refused: _refused,
    NotModified: _not_modified,
    RequestValidationError: _invalid,
    HTTPException: _http,
    ClientDisconnect: _gone,
    OSError: _scarce,
    MemoryError: _scarce,
    Exception: _unforeseen,
}
