"""Scopes: what a route asks of the token, and what its user sees.

Owns FastAPI's dependencies and the rule of whose things are there for whom; the guard has put the token's scope and user
into the request. Called by the routes.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from starlette.requests import HTTPConnection

from .access import OWNER, Scope
from .problems import Problem

Sight = Callable[[str], bool]
"""Whether what belongs to that user is seen; to others it is not there."""


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


def GRANT(request: Request) -> None:  # noqa: N802 - as READ and RUN
    """That the user was made one who grants: no scope has it."""
    if not request.scope["schillinger.may_grant"]:
        detail = f"{user_of(request)} may not grant"
        raise Refused(
            Problem(403, "MayNotGrant", detail, "ask whoever runs the server: schillinger token new NAME --grant")
        )


def user_of(connection: HTTPConnection) -> str:
    """Whose token it is."""
    return str(connection.scope["schillinger.user"])


def sight_of(connection: HTTPConnection) -> Sight:
    """Tells whose things the user of a request sees: their own, and everybody's if they manage."""
    user, manages = user_of(connection), connection.scope["schillinger.scope"] >= Scope.MANAGE
    return lambda owner: manages or (owner or OWNER) == user
