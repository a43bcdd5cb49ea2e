"""Access: who may ask the server what.

Owns the tokens (kept as digests), their scopes, and the guard that every request passes before anything else sees it.
The guard refuses a Host header that isn't this server's (a page that rebinds its name to 127.0.0.1 sends its own), an
Origin that isn't this server's, a request without a token that is known, and a body that is too large, however it is
sent. It sends no CORS headers: pages of other origins can't read what it says. Called by ``app`` and ``serving``.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from ..behalf import Behalf, acting
from ..errors import InputError
from . import patience
from .problems import SERVER_ENDS, Problem, refuse, respond

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

    from .tokens import Kept

MAX_BODY_BYTES = 256 * 1024 * 1024
REQUESTS_PER_S, BURST = 200.0, 1000.0
"""Of one token; a client that asks more often is told when to come back."""

OPEN_PATHS = frozenset({"/health", "/ready", "/", "/page.js", "/page.css", "/vega.js"})
"""Answered without a token: they say nothing."""

OWNER = "owner"
"""Whoever has started the server: what was made without it, in a notebook for example, is theirs, too."""

OFFER = "bearer."
"""Before the token, where it is offered as a subprotocol of a WebSocket."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Scope(IntEnum):
    """What a token is good for. Each has what is before it."""

    READ = 1
    """Look at plugins, instances, runs and their results."""
    RUN = 2
    """Create, execute and destroy instances."""
    MANAGE = 3
    """Reload plugins, save flows, see and end what is others', and send plugins where that is switched on."""


class Access:
    """The tokens that are known, and where the server may be called.

    Parameters
    ----------
    hosts : iterable of str
        Names under which clients reach the server, without a port. Loopback ones, if not given.
    max_body_bytes : int
    requests_per_s, burst : float
        How many requests each token may send, in the long run and at once.
    any_host : bool
        Whether any name will do, since a proxy stands before it.

    Examples
    --------
    >>> access = Access()
    >>> token = access.issue(Scope.READ)
    >>> access.scope_of(token) is Scope.READ
    True
    >>> access.scope_of("guessed") is None
    True
    """

    def __init__(
        self,
        hosts: Iterable[str] = LOOPBACK,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        requests_per_s: float = REQUESTS_PER_S,
        burst: float = BURST,
        any_host: bool = False,
    ) -> None:
        self.hosts = tuple(name.lower() for name in hosts)
        self.any_host = any_host
        self.max_body_bytes = max_body_bytes
        self._rate = requests_per_s, burst
        self._known: dict[bytes, _Known] = {}
        self._users: dict[bytes, _Known] = {}
        self._news: Callable[[], Iterable[Kept] | None] = lambda: None

    def issue(self, scope: Scope = Scope.MANAGE, *, user: str = OWNER, may_grant: bool = False) -> str:
        """A new token of 256 random bits. Only its digest is kept."""
        token = secrets.token_urlsafe(32)
        self.accept(token, scope, user=user, may_grant=may_grant)
        return token

    def accept(self, token: str, scope: Scope, *, user: str = OWNER, may_grant: bool = False) -> None:
        """Know a token that was made elsewhere.

        Raises
        ------
        InputError
            If it is shorter than 32 characters: it could be guessed.
        """
        if len(token) < 32:
            raise InputError(
                f"a token has at least 32 characters, this one {len(token)}",
                remedy='make one: python -c "import secrets; print(secrets.token_urlsafe())"',
            )
        self._known[digest_of(token)] = self._new(scope, user, may_grant)

    def follow(self, news: Callable[[], Iterable[Kept] | None]) -> None:
        """Know users' tokens by what is kept of them, from the next request on.

        Parameters
        ----------
        news : callable
            Asked at each request: all that are kept now, or None if that hasn't changed.
        """
        self._news = news

    def revoke(self, token: str) -> None:
        """Know a token no more."""
        self._known.pop(digest_of(token), None)

    def scope_of(self, token: str) -> Scope | None:
        """What a token is good for; None if it isn't known."""
        known = self._find(token)
        return known.scope if known is not None else None

    def admit(self, token: str) -> tuple[_Known | None, float]:
        """What is known of a token, and how many seconds it has to wait before it may send a request; 0: none."""
        known = self._find(token)
        if known is None:
            return None, 0.0
        now_s = time.monotonic()
        known.left = min(known.burst, known.left + (now_s - known.at_s) * known.per_s)
        known.at_s = now_s
        if known.left < 1.0:
            return known, (1.0 - known.left) / known.per_s
        known.left -= 1.0
        return known, 0.0

    def _new(self, scope: Scope, user: str, may_grant: bool, requests_per_s: float | None = None) -> _Known:
        per_s, burst = self._rate
        if requests_per_s is not None:
            per_s, burst = requests_per_s, max(1.0, 5 * requests_per_s)
        return _Known(scope, user, may_grant, per_s, burst, burst, time.monotonic())

    def _follow(self) -> None:
        kept = self._news()
        if kept is None:
            return
        users: dict[bytes, _Known] = {}
        for one in kept:
            digest = bytes.fromhex(one.digest)
            users[digest] = self._new(Scope[one.scope.upper()], one.user, one.may_grant, one.requests_per_s)
            before = self._users.get(digest)
            if before is not None:  # another's coming or going is no new allowance
                users[digest].left, users[digest].at_s = before.left, before.at_s
        self._users = users

    def _find(self, token: str) -> _Known | None:
        """Takes as long for any wrong one."""
        self._follow()
        asked, found = digest_of(token), None
        for digest, known in (*self._known.items(), *self._users.items()):
            if hmac.compare_digest(digest, asked):
                found = known
        return found


@dataclass
class _Known:
    """A token: whose it is, what they may do, and how many requests it may send now."""

    scope: Scope
    user: str
    may_grant: bool
    per_s: float
    burst: float
    left: float
    at_s: float


class Guard:
    """What every request passes first. An ASGI middleware."""

    def __init__(self, app: ASGIApp, access: Access, is_ending: Callable[[], bool]) -> None:
        self._app = app
        self._is_ending = is_ending
        self._access = access
        self._going_on = 0

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        problem = self._problem(scope)
        if scope["type"] == "websocket":
            if problem is not None:
                await refuse(problem, scope, receive, send)
            else:
                with acting(_behalf(scope)):
                    await self._app(scope, receive, send)
            return
        if problem is not None:
            await respond(problem, scope, receive, send)
            return
        if self._going_on >= patience.MAX_REQUESTS:
            await respond(_BUSY, scope, receive, send)
            return
        body = _Body(receive, self._access.max_body_bytes)
        answer = _Answer(send)
        self._going_on += 1
        try:
            with acting(_behalf(scope)):
                await self._app(scope, body, answer)
        except (TooLarge, patience.TooSlow) as error:
            if answer.begun:
                raise
            late = isinstance(error, patience.TooSlow)
            problem = _TOO_SLOW if late else _too_large(self._access.max_body_bytes)
            await respond(problem, scope, receive, send)
        finally:
            self._going_on -= 1

    def _problem(self, scope: Connection) -> Problem | None:
        headers = _headers(scope)
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not (self._access.any_host or _name(hosts[0]) in self._access.hosts):
            shown = ", ".join(hosts)[:200] or "none"
            return Problem(421, "WrongHost", f"this server isn't called {shown}", "call it by its own name")
        for origin in headers.get("origin", []):
            if origin.lower() not in (f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}"):
                detail = f"pages of {origin[:200]} may not call this server"
                return Problem(403, "ForeignOrigin", detail, "serve the page from this server's own address")
        lengths = headers.get("content-length", [])
        if any(not text.isdigit() or len(text) > 15 or int(text) > self._access.max_body_bytes for text in lengths):
            return _too_large(self._access.max_body_bytes)
        if lengths and "transfer-encoding" in headers:
            return _TWO_LENGTHS
        if scope["path"].removeprefix(scope.get("root_path", "")) in OPEN_PATHS:
            return None
        granted, wait_s = self._granted(headers)
        if granted is None:
            return Problem(
                401,
                "NoToken",
                "this request has no token that is known here",
                "send the header Authorization: Bearer TOKEN, with the token that was shown when the server began",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if wait_s > 0:
            retry = str(math.ceil(wait_s))
            detail = "this token sends more requests than it may"
            return Problem(429, "TooMany", detail, f"come back in {retry} s", headers={"Retry-After": retry})
        scope["schillinger.scope"], scope["schillinger.user"] = granted.scope, granted.user
        scope["schillinger.may_grant"] = granted.may_grant
        # What goes on may be looked at, fetched and cancelled up to the end; nothing new is begun, no socket opened.
        if self._is_ending() and not _is_of_the_old(scope):
            return SERVER_ENDS
        return None

    def _granted(self, headers: dict[str, list[str]]) -> tuple[_Known | None, float]:
        given = headers.get("authorization", []) or _offered(headers)
        word, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        return self._access.admit(token.strip()) if word.lower() == "bearer" else (None, 0.0)


class TooLarge(Exception):
    """A body that says too late how large it is."""


class _Body:
    """A body that is counted as it comes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._hearing = patience.Hearing(receive)
        self._left = most
        self._ended = False

    async def __call__(self) -> Message:
        # What comes after a body is its sender's leaving, which may take as long as it likes.
        message = await (self._receive() if self._ended else self._hearing.next())
        self._ended = not message.get("more_body", False)
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise TooLarge
        return message


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


_CANCEL = re.compile(r"/api/plugins/runs/[^/]+/cancel\Z")
_BUSY = Problem(
    503, "Busy", "too many requests are dealt with already", "come back in 1 s", headers={"Retry-After": "1"}
)
# Where such a body ends depends on who reads it, and what follows it could pass a proxy unseen.
_TWO_LENGTHS = Problem(
    400,
    "TwoLengths",
    "the body says twice how long it is",
    "send Content-Length or Transfer-Encoding, not both",
    headers={"Connection": "close"},
)
_TOO_SLOW = Problem(408, "TooSlow", "the body doesn't come", "send it without a pause", headers={"Connection": "close"})


def _too_large(most: int) -> Problem:
    detail, remedy = f"a body has at most {most >> 20} MB", "send less, or raise --max-body-mb"
    return Problem(413, "TooLarge", detail, remedy, headers={"Connection": "close"})  # or the rest would be read


def _is_of_the_old(scope: Connection) -> bool:
    """Whether a request begins nothing new."""
    if scope.get("method") in ("GET", "HEAD", "DELETE"):
        return True
    return bool(_CANCEL.match(scope["path"].removeprefix(scope.get("root_path", ""))))


def _headers(scope: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _behalf(scope: Connection) -> Behalf:
    user = scope.get("schillinger.user", OWNER)
    return Behalf(user="" if user == OWNER else user, is_remote=True)


def _offered(headers: dict[str, list[str]]) -> list[str]:
    """A page can't add headers to a WebSocket: there the token is a subprotocol, beside the one that is spoken."""
    words = [word.strip() for text in headers.get("sec-websocket-protocol", []) for word in text.split(",")]
    return [f"Bearer {word.removeprefix(OFFER)}" for word in words if word.startswith(OFFER)]


def _name(host: str) -> str:
    """A host without its port."""
    name, bracket, _ = host.lower().partition("]")
    return name + bracket if bracket else name.split(":")[0]


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
