"""Turn a socket that one may have into one that reaches others.

Attacks: the ban on socket().
How: datagram pairs with sendto and sendmsg to an address; connect, bind, listen on the ends of a stream pair and on
the channel (connect to AF_UNSPEC dissolves a pair).
Source: unix(7); unix_dgram_connect with AF_UNSPEC; the firejail and nsjail notes on socketpair.
Breach: a listener receives anything.
"""

import os
import socket

from kernel import call, went_through

GROUP, CONTROL = "network", True


def _datagram(kind, path):
    one, _ = socket.socketpair(socket.AF_UNIX, kind)
    one.sendto(b"x", path)


def _unspecified():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    call(42, one.fileno(), bytes(16), 16)


def _connect(path, number=None):
    if number is None:
        one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        one = socket.socket(fileno=os.dup(number))
    one.connect(path)


def _inet_pair():
    return socket.socketpair(socket.AF_INET, socket.SOCK_STREAM)


def attack(outside):
    path = outside.unix_datagram_path
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        try:
            _datagram(kind, path)  # the address is refused or ignored: whether it is, the listener tells
        except OSError:
            pass
    return went_through(
        datagram=lambda: _datagram(socket.SOCK_DGRAM, path),
        flagged=lambda: _datagram(socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, path),
        raw=lambda: _datagram(socket.SOCK_RAW, path),
        high_bits=lambda: call(53, 1 | (1 << 40), socket.SOCK_DGRAM, 0, bytes(8)),
        unspecified=_unspecified,
        connected=lambda: _connect(outside.unix_path),
        channel=lambda: _connect(outside.unix_path, 3),
        internet=_inet_pair,
    )
