"""Broker: what one plugin may fetch, and how often.

Owns the rules of a request, the redirects, the rate, and the record of everything that was asked. Refuses by default.
Called by ``fetching``; safe to use from several threads.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from ..errors import InputError, LimitExceeded, LimitName, PermissionDenied, PluginError
from .address import Resolve, resolve
from .place import Place
from .wire import MAX_BODY_BYTES, Answer, Failed, TooLong, TooMuch, carry

MAX_SENT_BYTES = 16 * 1024 * 1024
MAX_TIME_S = 120.0
MAX_REDIRECTS = 5
MAX_PER_MINUTE = 120
MAX_AT_ONCE = 4
_MB = 1024 * 1024

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_VALUE = re.compile(r"[\t -~]{0,4096}", re.ASCII)
_OURS = frozenset(
    "host connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    "upgrade content-length expect accept-encoding".split()
)
_FOR_ONE_HOST = frozenset({"authorization", "cookie"})


@dataclass(frozen=True, kw_only=True)
class FetchRequest:
    """What a plugin asks for."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True)
class FetchReply:
    """What it gets.

    Attributes
    ----------
    url : str
        Where it came from in the end.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, kw_only=True)
class FetchRecord:
    """One request, each redirect and each refusal included.

    Attributes
    ----------
    url : str
        Without its query.
    outcome : str
        ``answered``, ``refused`` or ``failed``, with the reason.
    status : int
        0 where there was no answer.
    """

    method: str
    url: str
    outcome: str
    status: int
    sent_bytes: int
    received_bytes: int
    wall_s: float


class Broker:
    """Fetches for one plugin.

    Parameters
    ----------
    hosts : iterable of str
        What was granted: ``example.org`` (https on 443) or ``example.org:8080`` (that port, with or without TLS).
    record : callable
        Told of every request.
    resolver, ssl_context
        How names are looked up and certificates checked; the system's ways, if not given.
    """

    def __init__(
        self,
        *,
        plugin_id: str,
        hosts: Iterable[str],
        record: Callable[[FetchRecord], object],
        resolver: Resolve = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._plugin_id = plugin_id
        self._hosts = tuple(hosts)
        self._record = record
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._begun_s: deque[float] = deque(maxlen=MAX_PER_MINUTE)
        self._running = 0

    def fetch(self, request: FetchRequest) -> FetchReply:
        """Make a request, and those it is redirected to.

        Raises
        ------
        PermissionDenied
            For a host that was not granted, or one that leads to a private address.
        InputError
            For a URL, a method or a header that can't be sent.
        LimitExceeded
            For too many requests, too large a body, or too long a time.
        PluginError
            If the request fails.
        """
        try:
            place = Place.parse(request.url)
            headers = self._headers(request)
        except InputError as error:
            error.plugin_id = self._plugin_id
            raise
        deadline_s = time.monotonic() + min(request.timeout_s, MAX_TIME_S)
        method, body = request.method, request.body
        with _AtOnce(self):
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._ask(method, place, headers, body, deadline_s)
                target = answer.headers.get("location", "")
                if answer.status not in (301, 302, 303, 307, 308) or not target:
                    return FetchReply(status=answer.status, headers=answer.headers, body=answer.body, url=place.url)
                origin = place
                place = self._redirected(place, target)
                if (origin.scheme, origin.host, origin.port) != (place.scheme, place.host, place.port):
                    headers = [(name, value) for name, value in headers if name.lower() not in _FOR_ONE_HOST]
                if answer.status < 307 and method != "HEAD":
                    method, body = "GET", b""
        raise PluginError(f"{place.shown} is redirected more than {MAX_REDIRECTS} times", plugin_id=self._plugin_id)

    def _ask(self, method: str, place: Place, headers: list[tuple[str, str]], body: bytes, deadline_s: float) -> Answer:
        began_s = time.monotonic()
        answer: Answer | None = None
        outcome = "failed"
        try:
            self._demand(place)
            self._demand_rate(began_s)
            answer = carry(
                method,
                place,
                headers,
                body,
                deadline_s=deadline_s,
                resolver=self._resolver,
                ssl_context=self._trust(),
            )
            outcome = "answered"
        except PermissionDenied as error:
            outcome = f"refused: {error.message}"
            error.plugin_id = self._plugin_id
            raise
        except Failed as error:
            outcome = f"failed: {error}"
            raise PluginError(f"the request failed: {error}", plugin_id=self._plugin_id) from error
        except TooLong as error:
            outcome = "failed: it took too long"
            raise self._limit(
                f"{place.shown} did not answer in time", "wall", "give it more time: timeout_s=…"
            ) from error
        except TooMuch as error:
            outcome = "failed: too much came back"
            raise self._limit(
                f"{place.shown} sends more than {MAX_BODY_BYTES // _MB} MB, or too many headers",
                "output",
                "ask for less",
            ) from error
        finally:
            self._record(
                FetchRecord(
                    method=method,
                    url=place.shown,
                    outcome=outcome,
                    status=answer.status if answer else 0,
                    sent_bytes=len(body),
                    received_bytes=len(answer.body) if answer else 0,
                    wall_s=time.monotonic() - began_s,
                )
            )
        return answer

    def _headers(self, request: FetchRequest) -> list[tuple[str, str]]:
        if request.method not in METHODS:
            raise InputError(f"{ascii(request.method)[:40]} is no method", remedy=f"use one of {', '.join(METHODS)}")
        if not 0 < request.timeout_s < float("inf"):
            raise InputError(f"timeout_s is a positive number of seconds, not {request.timeout_s}")
        if len(request.body) > MAX_SENT_BYTES:
            raise InputError(
                f"a body may have {MAX_SENT_BYTES // _MB} MB, this one has {len(request.body) / _MB:.1f} MB"
            )
        if len(request.headers) > 50:
            raise InputError(f"a request may have 50 headers, this one has {len(request.headers)}")
        for name, value in request.headers.items():
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise InputError(f"the header {ascii(name)[:60]} can't be sent: visible ASCII only, in one line")
            if name.lower() in _OURS:
                raise InputError(f"the header {name} is the host's to set")
        sent = [(name, value) for name, value in request.headers.items()]
        sent.append(("Accept-Encoding", "identity"))
        if not any(name.lower() == "user-agent" for name, _ in sent):
            sent.append(("User-Agent", "schillinger_plugins"))
        return sent

    def _redirected(self, place: Place, target: str) -> Place:
        try:
            # Joining is textual; what comes of it is read by Place, like any URL.
            return Place.parse(urljoin(place.url, target.partition("#")[0]))
        except (InputError, ValueError) as error:
            raise PluginError(
                f"{place.shown} is redirected to {ascii(target)[:100]}, which can't be followed",
                plugin_id=self._plugin_id,
            ) from error

    def _demand(self, place: Place) -> None:
        if any(place.is_within(granted) for granted in self._hosts):
            return
        needed = place.host if (place.scheme, place.port) == ("https", 443) else f"{place.host}:{place.port}"
        raise PermissionDenied(
            f"it may not reach {place.authority} over {place.scheme}"
            + (f"; it was granted {', '.join(self._hosts)}" if self._hosts else ""),
            permission="network",
            target=place.authority,
            plugin_id=self._plugin_id,
            remedy=f"%plugin grant {self._plugin_id} network --host {needed}",
        )

    def _demand_rate(self, now_s: float) -> None:
        with self._lock:
            if len(self._begun_s) == MAX_PER_MINUTE and now_s - self._begun_s[0] < 60:
                raise self._limit(f"it makes more than {MAX_PER_MINUTE} requests a minute", "wall", "ask less often")
            self._begun_s.append(now_s)

    def _trust(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = ssl.create_default_context()
        return self._ssl_context

    def _limit(self, message: str, limit: LimitName, remedy: str) -> LimitExceeded:
        return LimitExceeded(message, limit=limit, plugin_id=self._plugin_id, remedy=remedy)


class _AtOnce:
    """Counts requests that are under way."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def __enter__(self) -> None:
        with self._broker._lock:
            if self._broker._running >= MAX_AT_ONCE:
                raise self._broker._limit(
                    f"it makes more than {MAX_AT_ONCE} requests at once", "wall", "wait for one of them"
                )
            self._broker._running += 1

    def __exit__(self, *_: object) -> None:
        with self._broker._lock:
            self._broker._running -= 1
