"""Wire: one request carried to one place, and what came back.

Owns the request as it is sent, and the reading of the answer, none of which is trusted: its headers are capped, its body
is counted while it is unpacked. Knows nothing of redirects or grants. Called by `Broker`.
"""

from __future__ import annotations

import contextlib
import io
import re
import ssl
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpcore

from .connection import Connection, Failed, TooMuch, said
from .place import Place

MAX_HEADERS = 100
MAX_HEADER_BYTES = 24 * 1024
"""Of an answer's headers in UTF-8: they travel to the plugin in one frame, with the URL and a piece of the body."""

_OVERHEAD_BYTES = 256 * 1024  # of the head and the lines of chunks, beside as much again as the body
_PIECE_BYTES = 1024 * 1024
_MAX_MEMBERS = 1000


@dataclass(frozen=True)
class Answer:
    """What came back, decompressed."""

    status: int
    headers: dict[str, str]
    body: bytes


def carry(
    connection: Connection,
    method: str,
    place: Place,
    headers: list[tuple[str, str]],
    body: bytes,
    *,
    max_body_bytes: int,
    ssl_context: ssl.SSLContext | None,
) -> Answer:
    """Make one request.

    Raises
    ------
    NotPublic
        If the host leads to an address that is not public.
    Failed, TooLong, TooMuch
    """
    url = httpcore.URL(
        scheme=place.scheme.encode(), host=place.host.encode(), port=place.port, target=place.target.encode()
    )
    request = httpcore.Request(
        method,
        url,
        headers=[("Host", place.authority), *headers, *_length(method, body), ("Connection", "close")],
        content=body or None,
    )
    try:
        with httpcore.HTTPConnection(url.origin, ssl_context=ssl_context, network_backend=connection) as http:
            response = http.handle_request(request)
            with contextlib.closing(response):
                return _read(response, connection, method, max_body_bytes)
    except httpcore.LocalProtocolError as error:
        raise Failed(f"{place.authority}: it can't be sent as it is") from error
    except httpcore.RemoteProtocolError as error:
        raise Failed(f"{place.authority}: no HTTP came back ({_without_quotation(error)})") from error
    except Failed as error:
        raise Failed(f"{place.authority}: {error}") from error
    except (httpcore.NetworkError, OSError) as error:
        raise Failed(f"{place.authority}: {said(error)}") from error
    finally:
        connection.close()


def _length(method: str, body: bytes) -> list[tuple[str, str]]:
    return [("Content-Length", str(len(body)))] if body or method in ("POST", "PUT", "PATCH") else []


def _without_quotation(error: Exception) -> str:
    # What it quotes is the server's, and may be what it was sent: a key, for example.
    return re.split(r"[:'\"{\[]", str(error))[0].strip()[:100]


def _read(response: httpcore.Response, connection: Connection, method: str, max_body_bytes: int) -> Answer:
    if not 200 <= response.status <= 599:
        raise Failed(f"it answered with the status {response.status}")
    if response.extensions.get("http_version") not in (b"HTTP/1.0", b"HTTP/1.1"):
        raise Failed("it answered in another version of HTTP")
    headers: dict[str, str] = {}
    if len(response.headers) > MAX_HEADERS:
        raise TooMuch
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if sum(len(name) + len(value.encode()) for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise TooMuch
    encoding = headers.get("content-encoding", "identity").strip().lower()
    body = io.BytesIO()
    for piece in _decompressed(_payload(response, connection, max_body_bytes), encoding):
        if body.tell() + len(piece) > max_body_bytes:
            raise TooMuch
        body.write(piece)
    if encoding != "identity" and method != "HEAD":
        # They are about what was sent, not about what the plugin gets.
        headers.pop("content-encoding", None)
        headers.pop("content-length", None)
    return Answer(response.status, headers, body.getvalue())


def _payload(response: httpcore.Response, connection: Connection, max_body_bytes: int) -> Iterator[bytes]:
    """The body as it was sent. Chunks of a byte each, which cost the reader most, are too much before they add up."""
    size = 0
    connection.max_received_bytes = _OVERHEAD_BYTES + max_body_bytes * 2
    for piece in response.iter_stream():
        size += len(piece)
        if size > max_body_bytes + _OVERHEAD_BYTES or connection.received_bytes > _OVERHEAD_BYTES + size * 2:
            raise TooMuch
        yield piece


def _decompressed(stream: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body; what is compressed is unpacked a megabyte at a time, so that a bomb is seen before it bursts."""
    if encoding == "identity":
        yield from stream
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Failed("the answer is compressed in a way that was not asked for")
    inflate = _inflater()
    began, members = False, 1
    try:
        for piece in stream:
            rest = piece
            while rest:
                if inflate.eof:
                    # gzip may come in several members, one after another.
                    members += 1
                    if members > _MAX_MEMBERS:
                        raise Failed("the answer is compressed in too many parts")
                    inflate = _inflater()
                began = True
                yield inflate.decompress(rest, _PIECE_BYTES)
                rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        if began and not inflate.eof:
            raise Failed("the answer ends in the middle of what is compressed")
    except zlib.error as error:
        raise Failed("the answer can't be decompressed") from error


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it begins like
