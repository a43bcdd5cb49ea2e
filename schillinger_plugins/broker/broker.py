"""Broker: what one plugin may fetch.

Owns the rules of a request and of its redirects, and the record of everything that was asked. Refuses by default.
Called by ``fetching``; safe to use from several threads.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from ..errors import InputError, LimitExceeded, LimitName, PermissionDenied, PluginError
from ..hosts import split
from .address import Lookups, NotPublic, Resolve, resolve
from .allowance import Allowance, TooManyAtOnce, TooOften
from .connection import INTERRUPTED, STOPPED, Connection, Failed, TooLong, TooMuch
from .headers import Headers, checked, without_body, without_secrets
from .limits import FetchLimits
from .place import Place, redacted
from .wire import Answer, carry

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_MB = 1024 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)


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
    headers : dict
        Names in lower case; several of one name are joined by commas.
    body : bytes
        Decompressed.
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
    time_s : float
        When it began, as `time.time` gives it.
    url : str
        Without user names and without the values of its query.
    outcome : str
        ``answered``, ``refused: …`` or ``failed: …``.
    status : int
        0 where there was no answer.
    sent_bytes, received_bytes : int
        What went over the connection, with HTTP's own lines: a query or a header carries data out as well as a body does.
    """

    time_s: float
    plugin_id: str
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
        Told of every request, in the thread that makes it.
    limits : FetchLimits
    resolver, ssl_context
        How names are looked up and certificates checked; the system's ways, if not given.
    allowance : Allowance
        Who counts; if not given, one that every broker of this plugin shares.

    Raises
    ------
    InputError
        For a host that can't be read.
    """

    def __init__(
        self,
        *,
        plugin_id: str,
        hosts: Iterable[str],
        record: Callable[[FetchRecord], object],
        limits: FetchLimits | None = None,
        resolver: Resolve = resolve,
        ssl_context: ssl.SSLContext | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self._plugin_id = plugin_id
        self._hosts = tuple(hosts)
        for host in self._hosts:
            split(host)
        self._record = record
        self._limits = limits or FetchLimits()
        self._ssl_context = ssl_context
        self._allowance = allowance or Allowance.of(plugin_id)
        self._lookups = Lookups(resolver, at_once=self._limits.at_once)
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._closed = False

    def fetch(self, request: FetchRequest) -> FetchReply:
        """Make a request, and those it is redirected to. Blocks until there is an answer or the time is up.

        Raises
        ------
        PermissionDenied
            For a host that was not granted, or one that leads to a private address.
        InputError
            For a URL, a method or a header that can't be sent.
        LimitExceeded
            For too many requests, too much that comes back, or too long a time.
        PluginError
            If the request fails.
        """
        began_s = time.monotonic()
        method, body, url = request.method, request.body, request.url
        with contextlib.ExitStack() as stack:
            with self._recorded(method, url) as entry:
                self._count()
                stack.enter_context(self._place())
                self._demand_sound(request)
                headers = checked(request.headers)
                place = Place.parse(url)
                deadline_s = began_s + min(request.timeout_s, self._limits.time_s)
                answer = self._ask(entry, place, headers, body, deadline_s)
            for number in range(self._limits.redirects + 1):
                target = answer.headers.get("location", "")
                if answer.status not in _REDIRECTS or not target:
                    return FetchReply(status=answer.status, headers=answer.headers, body=answer.body, url=place.url)
                if method != "GET" and _asks_to_get(answer.status, method):
                    method, body, headers = "GET", b"", without_body(headers)
                with self._recorded(method, target) as entry:
                    before, place = place, _redirected(place, target)
                    entry.url = place.shown
                    if number == self._limits.redirects:
                        raise PluginError(f"{before.shown} is redirected more than {number} times")
                    self._count()
                    if (before.scheme, before.host, before.port) != (place.scheme, place.host, place.port):
                        headers = without_secrets(headers)
                    answer = self._ask(entry, place, headers, body, deadline_s)
        raise AssertionError("the last round returns or raises")

    def close(self) -> None:
        """End what is under way, from any thread, and refuse what comes after. Twice is as good as once."""
        with self._lock:
            self._closed = True
        self._abort(STOPPED)

    def interrupt(self) -> None:
        """End what is under way, from any thread; what comes after is fetched as ever.

        A request that connects anew at this moment, as after a redirect, may escape: who must be sure calls it again.
        """
        self._abort(INTERRUPTED)

    def _abort(self, reason: str) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.abort(reason)

    def _ask(self, entry: _Entry, place: Place, headers: Headers, body: bytes, deadline_s: float) -> Answer:
        entry.url = place.shown
        self._demand_granted(place)
        limit = self._limits.received_bytes
        connection = Connection(deadline_s=deadline_s, lookups=self._lookups)
        with self._under_way(connection):
            entry.tried = True
            try:
                answer = carry(
                    connection,
                    entry.method,
                    place,
                    headers,
                    body,
                    max_body_bytes=limit,
                    ssl_context=self._trust() if place.scheme == "https" else None,
                )
            except NotPublic as error:
                # The address itself is for the record alone: inside names are nobody's business outside.
                entry.reason = f"{place.host} leads to {error.address[:60]}"
                raise PermissionDenied(
                    f"{place.host} leads to an address that is not public",
                    permission="network",
                    target=place.host,
                    remedy="a host on a private network is granted by its address, as --host 192.168.1.20:8080",
                ) from error
            except TooLong as error:
                raise self._limit(
                    f"{place.shown} did not answer in time", "time_s", "give it more time: timeout_s=…"
                ) from error
            except TooMuch as error:
                raise self._limit(
                    f"{place.shown} sends more than {limit / _MB:g} MB, or too many headers",
                    "received_bytes",
                    "ask for less",
                ) from error
            except Failed as error:
                # Which error an aborted connection ends in depends on where it was, and on the version of TLS.
                entry.reason = connection.aborted or str(error)
                raise PluginError(f"the request failed: {entry.reason}") from error
            finally:
                entry.sent_bytes, entry.received_bytes = connection.sent_bytes, connection.received_bytes
        entry.status = answer.status
        return answer

    @contextlib.contextmanager
    def _recorded(self, method: str, url: str) -> Iterator[_Entry]:
        """Record what is done within, however it ends."""
        entry = _Entry(method if method in METHODS else ascii(method)[:20], redacted(url))
        time_s, began_s = time.time(), time.monotonic()
        outcome = "failed: it was interrupted"
        try:
            yield entry
            outcome = "answered"
        except PluginError as error:
            error.plugin_id = self._plugin_id
            refused = isinstance(error, PermissionDenied) or not entry.tried
            outcome = f"{'refused' if refused else 'failed'}: {entry.reason or error.message}"
            raise
        finally:
            self._record(
                FetchRecord(
                    time_s=time_s,
                    plugin_id=self._plugin_id,
                    method=entry.method,
                    url=entry.url,
                    outcome=outcome,
                    status=entry.status,
                    sent_bytes=entry.sent_bytes,
                    received_bytes=entry.received_bytes,
                    wall_s=time.monotonic() - began_s,
                )
            )

    @contextlib.contextmanager
    def _under_way(self, connection: Connection) -> Iterator[None]:
        """Let `close` know of it."""
        with self._lock:
            if self._closed:
                raise PluginError("the plugin was stopped: nothing is fetched for it any more")
            self._connections.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _count(self) -> None:
        limit = self._limits.per_minute
        try:
            self._allowance.count(limit)
        except TooOften as error:
            raise self._limit(
                f"it makes more than {limit} requests a minute", "per_minute", "ask less often"
            ) from error

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        limit = self._limits.at_once
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._allowance.place(limit))
            except TooManyAtOnce as error:
                raise self._limit(
                    f"it makes more than {limit} requests at once", "at_once", "wait for one of them"
                ) from error
            yield

    def _demand_sound(self, request: FetchRequest) -> None:
        if request.method not in METHODS:
            raise InputError(f"{ascii(request.method)[:40]} is no method", remedy=f"use one of {', '.join(METHODS)}")
        if not 0 < request.timeout_s < float("inf"):
            raise InputError(f"timeout_s is a positive number of seconds, not {request.timeout_s}")
        if len(request.body) > self._limits.sent_bytes:
            raise InputError(
                f"a body may have {self._limits.sent_bytes / _MB:g} MB, this one has {len(request.body) / _MB:.1f} MB",
                remedy="send less, or in several requests",
            )

    def _demand_granted(self, place: Place) -> None:
        if any(place.is_within(granted) for granted in self._hosts):
            return
        raise PermissionDenied(
            f"it may not reach {place.authority} over {place.scheme}"
            + (f"; it was granted {', '.join(self._hosts)}" if self._hosts else ""),
            permission="network",
            target=place.authority,
            remedy=f"%plugin grant {self._plugin_id} network --host {place.entry}",
        )

    def _trust(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = ssl.create_default_context()
            return self._ssl_context

    def _limit(self, message: str, setting: str, remedy: str) -> LimitExceeded:
        limit: LimitName = "output" if setting == "received_bytes" else "wall"
        return LimitExceeded(message, limit=limit, setting=setting, plugin_id=self._plugin_id, remedy=remedy)


@dataclass
class _Entry:
    """What becomes a `FetchRecord`."""

    method: str
    url: str
    status: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    tried: bool = False
    reason: str = ""


def _asks_to_get(status: int, method: str) -> bool:
    """Whether what follows that redirect is a GET (RFC 9110, 15.4): after 303 always, else only in place of a POST."""
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _redirected(place: Place, target: str) -> Place:
    """Where a redirect leads. Joining is textual; what comes of it is read by `Place`, like any URL.

    Raises
    ------
    PluginError
        If that is nowhere sensible, or leads from https to http.
    """
    try:
        plain = target.isascii() and target.isprintable() and " " not in target
        scheme = _WITH_SCHEME.match(target)
        if not plain or (scheme is not None and not target.startswith("//", scheme.end())):
            raise InputError("it is no URL")
        to = Place.parse(urljoin(place.url, target.partition("#")[0]))
    except (InputError, ValueError) as error:
        raise PluginError(f"{place.shown} is redirected to '{redacted(target)}', which can't be followed") from error
    if (place.scheme, to.scheme) == ("https", "http"):
        raise PluginError(f"{place.shown} is redirected to {to.shown}, from https to http, which is not followed")
    return to
