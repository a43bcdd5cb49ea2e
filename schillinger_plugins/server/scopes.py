"""Scopes: what a route asks of the token. FastAPI's dependencies; the guard has put the token's scope into the request."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from .access import Scope
from .problems import Problem


class Refused(Exception):
    """A request that is answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def _demands(needed: Scope) -> Callable[[Request], None]:
    def demand(request: Request) -> None:
        granted: Scope = request.scope["schillinger.scope"]
        if granted < needed:
            detail = f"this token is good for {granted.name.lower()}, and this needs {needed.name.lower()}"
            raise Refused(Problem(403, "ScopeTooNarrow", detail, "ask whoever runs the server for another token"))

    return demand


READ, RUN, MANAGE = map(_demands, Scope)


def GRANT(request: Request) -> None:  # noqa: N802
    """That the user was made one who grants: no scope has it."""
    if not request.scope["schillinger.may_grant"]:
        detail = f"{user_of(request)} may not grant"
        raise Refused(
            Problem(403, "MayNotGrant", detail, "ask whoever runs the server: schillinger token new NAME --grant")
        )


def user_of(request: Request) -> str:
    """Whose token it is."""
    return str(request.scope["schillinger.user"])
