"""Turn the process's own protections off.

Attacks: no_new_privs, dumpable, capabilities, limits.
How: prctl with every option up to 80, capset, setrlimit, personality.
Source: prctl(2), capabilities(7).
Breach: an option beyond the thread's name is accepted, a capability is held, or a limit rises.
"""

import ctypes
import resource
import struct

from kernel import call, libc

GROUP, CONTROL = "kernel", True
_HARMLESS = {3, 15, 16}  # read dumpable; set and read the name


def attack(outside):
    found = []
    buffer = ctypes.create_string_buffer(256)
    for option in range(1, 80):
        if option in _HARMLESS or (option in (1, 22) and not outside.confined):
            continue
        try:
            call("prctl", option, 0 if option in (4, 38) else ctypes.addressof(buffer), 0, 0, 0)
        except OSError:
            continue
        found.append(option)
    header, data = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0)), ctypes.create_string_buffer(24)
    if libc.capget(header, data) == 0 and any(struct.unpack("6I", data.raw)):
        found.append("capabilities")
    full = ctypes.create_string_buffer(struct.pack("6I", *[0xFFFFFFFF] * 6))
    if libc.capset(header, full) == 0:
        found.append("capset")
    for which in (resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):
        try:
            resource.setrlimit(which, (resource.getrlimit(which)[1],) * 2)
            found.append(f"limit {which}")
        except (OSError, ValueError):
            pass
    return found or None
