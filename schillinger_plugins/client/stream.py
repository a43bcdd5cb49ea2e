"""Stream: what a server tells as it happens (Server-Sent Events), event by event.

Called by ``client`` and ``remote``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx

from .problems import error_of, unreachable

QUIET_S = 60.0
"""The server says something every 15 s."""


def events_of(http: httpx.Client, path: str, *, names: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the data of each event, for as long as somebody asks and the server has something to tell."""
    quiet = httpx.Timeout(30.0, read=QUIET_S)
    try:
        with http.stream("GET", path, params={"name": names}, timeout=quiet) as stream:
            if stream.is_error:
                stream.read()
                raise error_of(stream)
            event = ""
            for line in stream.iter_lines():
                word, _, rest = line.partition(": ")
                if word == "event":
                    event = rest
                elif word == "data":
                    yield event, json.loads(rest)
    except httpx.TransportError as error:
        raise unreachable(http, error) from error
