"""Reach into the kernel through options of a socket that one holds.

Attacks: the packet filter's compiler and the peer's identity.
How: SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_BINDTODEVICE, SO_PEERPIDFD, SO_MARK on the channel and on a pair.
Source: CVE-2016-4997-like setsockopt bugs; JIT spraying through SO_ATTACH_FILTER (K. McAllister, 2012); socket(7).
Breach: a filter can be attached, or a descriptor for the host comes back.
"""

import ctypes
import os
import socket
import struct

from kernel import went_through

GROUP, CONTROL = "network", True


def _filter(number):
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0xFFFF))
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(code))
    with socket.socket(fileno=os.dup(number)) as one:
        one.setsockopt(socket.SOL_SOCKET, 26, program)


def attack(outside):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    attempts = {
        "filter": lambda: _filter(one.fileno()),
        "ebpf": lambda: one.setsockopt(socket.SOL_SOCKET, 50, 0),
        "mark": lambda: one.setsockopt(socket.SOL_SOCKET, 36, 1),
        "force": lambda: one.setsockopt(socket.SOL_SOCKET, 32, 1 << 30),
    }
    if outside.confined:
        attempts["channel_filter"] = lambda: _filter(3)
    return went_through(**attempts)
