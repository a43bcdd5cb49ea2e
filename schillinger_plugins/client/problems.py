"""Problems of a server's, turned back into the errors that they stand for.

Owns the way back; the way there is ``server.problems``. Called by ``client`` and ``remote``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from .. import errors
from ..errors import PluginError, ServerError


def error_of(answer: httpx.Response) -> PluginError:
    """The error that a problem of the server's stands for: of the class that Python here would raise."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    after = answer.headers.get("Retry-After", "")
    wait_s = float(after) if after.isdigit() else None
    return error_from(problem if isinstance(problem, dict) else {}, answer.status_code, wait_s)


def error_from(problem: Mapping[str, Any], status: int, retry_after_s: float | None = None) -> PluginError:
    """The error that a problem stands for which is part of an answer, as of a run."""
    kind = getattr(errors, str(problem.get("title", "")), None)
    message, remedy = str(problem.get("detail", f"HTTP {status}")), problem.get("remedy")
    common: dict[str, Any] = {"plugin_id": problem.get("plugin_id"), "remedy": remedy}
    match kind:
        case errors.PluginExecutionError:
            return errors.PluginExecutionError(
                message,
                exception_type=str(problem.get("exception_type", "")),
                traceback_text=str(problem.get("traceback", "")),
                **common,
            )
        case errors.LimitExceeded:
            return errors.LimitExceeded(message, limit=problem["limit"], setting=problem.get("setting"), **common)
        case errors.WorkerCrashed:
            return errors.WorkerCrashed(message, signal=problem.get("signal"), **common)
        case errors.FlowError:
            nodes = problem.get("nodes")
            failed = {node: error_from(one, status) for node, one in nodes.items()} if isinstance(nodes, dict) else {}
            return errors.FlowError(message, run=None, failed=failed, remedy=remedy)
        case errors.PermissionDenied:
            return errors.PermissionDenied(message, permission=str(problem.get("permission", "")), **common)
        case _ if isinstance(kind, type) and issubclass(kind, PluginError):
            return kind(message, path=problem.get("path"), **common)
        case _:
            return ServerError(message, status=status, retry_after_s=retry_after_s, remedy=remedy)


def unreachable(http: httpx.Client, error: httpx.TransportError) -> ServerError:
    """That nobody answers."""
    return ServerError(f"the server at {http.base_url} doesn't answer: {error}", status=0, remedy="is it running?")
