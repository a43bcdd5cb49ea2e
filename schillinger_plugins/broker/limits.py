"""What one plugin may fetch, in figures.

Owns the caps of the broker. A plugin can't change them. Used by `Broker` and ``wire``.
"""

from __future__ import annotations

from dataclasses import dataclass

_MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """The caps of a request, and of a plugin's requests together.

    Attributes
    ----------
    time_s : float
        Of one fetch: the lookup, the connection, the body and every redirect. Held by a deadline on every wait.
    sent_bytes : int
        Of a request's body.
    received_bytes : int
        Of a reply's body, decompressed.
    redirects : int
        That are followed.
    per_minute : int
        Requests of one plugin, over all its workers; each redirect and each refusal counts.
    at_once : int
        Requests of one plugin that are under way, over all its workers.
    """

    time_s: float = 120.0
    sent_bytes: int = 16 * _MB
    received_bytes: int = 64 * _MB
    redirects: int = 5
    per_minute: int = 120
    at_once: int = 4
