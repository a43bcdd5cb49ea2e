"""Wire: one request carried to one place, within its time.

Owns the connection: to an address that was checked, with the certificate checked against the name, with a deadline over
all of it and a cap on what comes back. Knows nothing of redirects or grants. Called by `Broker`.
"""

from __future__ import annotations

import contextlib
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpcore

from .address import Resolve, reachable
from .place import Place

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024


class Failed(OSError):
    """The request failed; the message says how, without anything that the request holds."""


class TooLong(Exception):
    """The time is up."""


class TooMuch(Exception):
    """More comes back than may."""


@dataclass(frozen=True)
class Answer:
    """What came back, decompressed."""

    status: int
    headers: dict[str, str]
    body: bytes


def carry(
    method: str,
    place: Place,
    headers: list[tuple[str, str]],
    body: bytes,
    *,
    deadline_s: float,
    resolver: Resolve,
    ssl_context: ssl.SSLContext,
) -> Answer:
    """Make one request.

    Parameters
    ----------
    deadline_s : float
        As `time.monotonic` gives it.

    Raises
    ------
    PermissionDenied
        If the host leads to a private address.
    Failed, TooLong, TooMuch
    """
    backend = _Backend(deadline_s, resolver)
    request = httpcore.Request(
        method,
        httpcore.URL(
            scheme=place.scheme.encode(), host=place.host.encode(), port=place.port, target=place.target.encode()
        ),
        headers=[("Host", place.authority), *headers, *_length(method, body), ("Connection", "close")],
        content=body or None,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), backend.left_s())},
    )
    try:
        with httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=backend) as pool:
            response = pool.handle_request(request)
            with contextlib.closing(response):
                return _read(response)
    except httpcore.TimeoutException as error:
        raise TooLong from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        if isinstance(error, Failed):
            raise
        raise Failed(f"{place.authority}: {_reason(error)}") from error


def _length(method: str, body: bytes) -> list[tuple[str, str]]:
    return [("Content-Length", str(len(body)))] if body or method in ("POST", "PUT", "PATCH") else []


def _read(response: httpcore.Response) -> Answer:
    if len(response.headers) > MAX_HEADERS or sum(len(n) + len(v) for n, v in response.headers) > MAX_HEADER_BYTES:
        raise TooMuch
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    encoding = headers.get("content-encoding", "identity").strip().lower()
    pieces, size = [], 0
    for piece in _decompressed(response.iter_stream(), encoding):
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise TooMuch
        pieces.append(piece)
    return Answer(response.status, headers, b"".join(pieces))


def _decompressed(stream: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body; what is compressed is unpacked a megabyte at a time, so that a bomb is seen before it bursts."""
    if encoding == "identity":
        yield from stream
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Failed(f"the answer is compressed as {encoding[:40]!r}, which was not asked for")
    inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it begins like
    try:
        for piece in stream:
            rest = piece
            while rest:
                yield inflate.decompress(rest, 1024 * 1024)
                rest = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise Failed("the answer can't be decompressed") from error


def _reason(error: BaseException) -> str:
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError) or isinstance(error, ssl.SSLError):
        cause = error.__cause__ or error.__context__ or error
        return f"no trust: {getattr(cause, 'verify_message', '') or getattr(cause, 'reason', '') or cause}"
    return f"{type(error).__name__}: {error}"[:200]


class _Backend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and until the deadline."""

    def __init__(self, deadline_s: float, resolver: Resolve) -> None:
        self._deadline_s = deadline_s
        self._resolver = resolver
        self._inner = httpcore.SyncBackend()

    def left_s(self) -> float:
        left = self._deadline_s - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, check, and connect to what was checked: a name can't lead elsewhere in between."""
        addresses = reachable(host, port, resolver=self._resolver, timeout_s=self.left_s())
        for number, address in enumerate(addresses[:4]):
            try:
                return _Stream(self._inner.connect_tcp(address, port, timeout=self.left_s()), self)
            except httpcore.ConnectError:
                if number == len(addresses[:4]) - 1:
                    raise
        raise AssertionError("reachable() gives at least one address")


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline: a server that drips is cut off."""

    def __init__(self, inner: httpcore.NetworkStream, backend: _Backend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left_s())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._backend.left_s()), self._backend)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
