"""Hosts: how one is written, in a manifest, in a grant and in a URL.

Owns the one reading of a host's name or address, and of an entry ``host`` or ``host:port`` of an allow-list. Refuses what
two readers could take for two hosts: an address in octal or as one number, wildcards, letters beyond ASCII. Called by
``manifest``, ``permissions`` and ``broker``.
"""

from __future__ import annotations

import ipaddress
import re

from .errors import InputError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ENTRY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_REMEDY = "write the host as example.org, or an address as 192.0.2.1 or [2001:db8::1], with :8080 behind it for a port"


def split(entry: str) -> tuple[str, int | None]:
    """Host and port of an entry of an allow-list.

    >>> split("Example.org:8443"), split("[2001:db8::1]")
    (('example.org', 8443), ('2001:db8::1', None))

    Raises
    ------
    InputError
        If it is none.
    """
    match = _ENTRY.fullmatch(entry)
    if match is None or (match["port"] and not 0 < int(match["port"]) < 65536):
        raise _refused(entry)
    return host_of(match["host"]), int(match["port"]) if match["port"] else None


def host_of(text: str) -> str:
    """A host's name in lower case, or its address in Python's spelling. An IPv6 address, and no other, is in brackets.

    Raises
    ------
    InputError
        For anything else: an address in octal or as one number, a name with an empty label or a final dot.
    """
    try:
        if text.startswith("["):
            return str(ipaddress.IPv6Address(text[1:-1]))
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        pass
    labels = text.lower().split(".")
    # A name whose last label is a number (or 0x…) is taken for an address by some resolvers, each in its own way.
    if not all(map(_LABEL.fullmatch, labels)) or len(text) > 253 or _NUMBER.fullmatch(labels[-1]):
        raise _refused(text)
    return ".".join(labels)


def _refused(text: str) -> InputError:
    return InputError(f"{ascii(text)[:160]} is no host; wildcards are not supported", remedy=_REMEDY)
