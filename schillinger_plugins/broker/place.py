"""Place: where a request goes.

Owns the reading of a URL. It is read once, by this module alone: what is checked against the grant is what is connected
to, so that no two parsers can be played against each other. Whatever is odd is refused rather than guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import InputError
from ..hosts import host_of, split

MAX_URL_CHARS = 8192

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][!-~]*)?",
    re.ASCII,
)
_UNSAFE = frozenset('"<>\\^`{|}#')
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A URL taken apart.

    Attributes
    ----------
    scheme : str
        http or https.
    host : str
        A name in lower case, or an address as Python writes it, an IPv6 one without brackets.
    port : int
    target : str
        Path and query as they are sent.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> Place:
        """Read a URL.

        Raises
        ------
        InputError
            If it is not ``http(s)://host[:port][/path][?query]`` in ASCII, with a plain host name or address, or if it is
            plain http to the port of https.
        """
        match = _URL.fullmatch(url) if isinstance(url, str) and len(url) <= MAX_URL_CHARS else None
        if match is None or _UNSAFE & set(match["target"] or ""):
            raise _odd(
                url, "write https://host/path; no user names, fragments, spaces or letters beyond ASCII (%-encode them)"
            )
        scheme = match["scheme"]
        port = int(match["port"]) if match["port"] else _DEFAULT_PORTS[scheme]
        if not 0 < port < 65536:
            raise _odd(url, "a port is a number from 1 to 65535")
        if (scheme, port) == ("http", 443):
            raise _odd(url, "port 443 is for https")
        try:
            host = host_of(match["host"])
        except InputError as error:
            raise _odd(url, error.remedy or "") from error
        target = match["target"] or "/"
        return cls(
            scheme=scheme,
            host=host,
            port=port,
            target=target if target[0] == "/" else f"/{target}",
        )

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL again."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """The URL without its query, whose values may be secret."""
        path, mark, _ = self.target.partition("?")
        return f"{self.scheme}://{self.authority}{path[:200]}{mark and '?…'}"

    @property
    def entry(self) -> str:
        """The entry of an allow-list that covers it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if (self.scheme, self.port) == ("https", 443) else f"{host}:{self.port}"

    def is_within(self, granted: str) -> bool:
        """Whether an entry of the allow-list, ``host`` or ``host:port``, covers it.

        Without a port it covers https on 443 alone; with one, both schemes on that port, but never plain http on 443.
        """
        host, port = split(granted)
        if host != self.host:
            return False
        return (self.scheme, self.port) == ("https", 443) if port is None else self.port == port


def redacted(url: object) -> str:
    """What may be shown of text that is no good URL: neither what may be a password nor the values of a query."""
    if not isinstance(url, str):
        return f"a {type(url).__name__}"
    scheme = re.match(r"[A-Za-z]{1,10}:/{0,2}", url[:20], re.ASCII)
    if "@" in url:
        return f"{scheme[0] if scheme else ''}…@…"
    shown, mark = url[:160], ""
    for at, character in enumerate(shown):
        if character in "?#":
            shown, mark = shown[:at], f"{character}…"
            break
    return f"{ascii(shown)[1:-1]}{mark}"


def _odd(url: object, remedy: str) -> InputError:
    return InputError(f"'{redacted(url)}' is no URL that can be fetched", remedy=remedy)
