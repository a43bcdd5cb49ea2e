"""Address: where a host is, and whether a plugin may reach that.

Owns the resolution of names and the refusal of everything that is not the public internet: a name that anybody may
register can point at this machine, at the network it is in, or at the metadata service of its cloud. Called by ``wire``.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime

from ..errors import PermissionDenied

Resolve = Callable[[str, int], list[str]]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")

# Looking a name up can't be interrupted; one that hangs holds a thread here, not the caller.
_lookups = ThreadPoolExecutor(8, thread_name_prefix="schillinger-resolve")


class Unresolved(OSError):
    """The name leads nowhere, or not in time."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def reachable(host: str, port: int, *, resolver: Resolve, timeout_s: float) -> list[str]:
    """The addresses of a granted host, all of which a plugin may reach.

    A host that was granted as an address may be anywhere, and ``localhost`` on this machine; a name must be public with
    every address it has.

    Raises
    ------
    PermissionDenied
        If one of them is private.
    Unresolved
        If there is none.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        addresses = _lookups.submit(resolver, host, port).result(timeout_s)
    except (OSError, UnicodeError) as error:
        raise Unresolved(f"{host} is not known") from error
    except NotInTime as error:
        raise Unresolved(f"{host} could not be looked up in time") from error
    if not addresses:
        raise Unresolved(f"{host} has no address")
    for address in addresses:
        if not _is_fitting(host, address):
            raise PermissionDenied(
                f"{host} leads to {address[:60]}, which is no public address",
                permission="network",
                target=host,
                remedy="a host on a private network is granted by its address, as --host 192.168.1.20:8080",
            )
    return addresses


def _is_fitting(host: str, text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if host == "localhost":
        return address.is_loopback
    return all(map(_is_public, [address, *_embedded(address)]))


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _NAT64_LOCAL:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [inner for inner in found if inner is not None]
