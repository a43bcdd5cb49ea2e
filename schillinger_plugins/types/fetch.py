"""What came back from a request that the host made for a plugin.

Owns the plain data of a reply; the request itself is `PluginContext.fetch`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FetchReply:
    """A reply over HTTP.

    Attributes
    ----------
    status : int
        For example 200.
    url : str
        Where it came from in the end, after redirects.
    headers : Mapping[str, str]
        Names in lower case.
    body : bytes
        Decompressed.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)
