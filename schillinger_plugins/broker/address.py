"""Address: where a host is, and whether a plugin may reach that.

Owns the resolution of names and the refusal of everything that is not the public internet: a name that anybody may
register can point at this machine, at the network it is in, or at the metadata service of its cloud. Called by
``connection``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

Resolve = Callable[[str, int], list[str]]

# Of our own, since what `ipaddress` takes for public differs between releases of Python. IANA's registries of special
# addresses, and what clouds answer their machines' questions at.
_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(text)
    for text in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
    192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32
    """.split()
]
# All that stands for an IPv4 address (mapped, compatible, NAT64), is local or is a group lies outside this one.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = [ipaddress.IPv6Network(text) for text in "2001::/23 2001:db8::/32 2002::/16 3fff::/20".split()]


class Unresolved(Exception):
    """The name leads nowhere; the message says how."""


class NotPublic(Exception):
    """The name leads to an address that a plugin may not reach."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Lookups:
    """Looks names up, so many at once. A lookup can't be interrupted: one that hangs holds a thread and a place here."""

    def __init__(self, resolver: Resolve, *, at_once: int) -> None:
        self._resolver = resolver
        self._places = threading.BoundedSemaphore(at_once)

    def begin(self, host: str, port: int) -> Future[list[str]]:
        """Start a lookup.

        Raises
        ------
        Unresolved
            If too many of them hang.
        """
        found: Future[list[str]] = Future()

        def look() -> None:
            try:
                addresses = self._resolver(host, port)
            except BaseException as error:
                outcome = error
                with contextlib.suppress(Exception):  # nobody waits for it any more
                    found.set_exception(outcome)
            else:
                with contextlib.suppress(Exception):
                    found.set_result(addresses)
            finally:
                self._places.release()

        if not self._places.acquire(blocking=False):
            raise Unresolved("it can't be looked up while so many other lookups hang")
        try:
            # A daemon: a lookup that hangs must not hold up the end of the interpreter.
            threading.Thread(target=look, name="schillinger-lookup", daemon=True).start()
        except BaseException:
            self._places.release()
            raise
        return found


def literal(host: str) -> str | None:
    """The address, if the host is one."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def demand_reachable(host: str, addresses: list[str]) -> None:
    """Refuse a name that leads to any address which is not public; ``localhost`` must lead to this machine.

    Raises
    ------
    NotPublic, Unresolved
    """
    if not addresses:
        raise Unresolved("the name has no address")
    for address in addresses:
        if not _is_fitting(host, address):
            raise NotPublic(address)


def is_this_machine(address: str) -> bool:
    """Whether an address is one of this machine's own: its services trust it more than they trust the world."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        # Connecting UDP asks the routing table and sends nothing.
        probe.connect((address, 9))
        return ipaddress.ip_address(probe.getsockname()[0]) == ipaddress.ip_address(address)
    return False


def is_public(text: str) -> bool:
    """Whether that is an address of the public internet.

    >>> is_public("93.184.216.34"), is_public("::ffff:93.184.216.34"), is_public("169.254.169.254")
    (True, False, False)
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _NOT_PUBLIC_V4)
    if address not in _PUBLIC_V6 or any(address in network for network in _NOT_PUBLIC_V6):
        return False
    # ISATAP: an interface that tunnels to the IPv4 address at its end.
    tunnels = (int(address) >> 32) & 0xFDFF_FFFF == 0x5EFE
    return address.is_global and not (tunnels and not is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))))


def _is_fitting(host: str, text: str) -> bool:
    if host != "localhost":
        return is_public(text) and not is_this_machine(text)
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
