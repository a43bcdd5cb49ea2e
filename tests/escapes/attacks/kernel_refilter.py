"""Put another filter or ruleset over the first.

Attacks: the filter.
How: seccomp with a listener that answers "continue", with TSYNC, with a filter that allows all; prctl; a second
Landlock ruleset.
Source: seccomp_unotify(2) on SECCOMP_USER_NOTIF_FLAG_CONTINUE; layers only ever restrict, but the attempt must fail
closed.
Breach: a call that was refused is allowed afterwards, or a filter or listener is installed.
"""

import ctypes
import os
import struct

from kernel import call, went_through

GROUP, CONTROL = "kernel", True


def attack(outside):
    code = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))
    ruleset = ctypes.create_string_buffer(struct.pack("QQQ", 1, 0, 0))
    return went_through(
        filter=lambda: (call("prctl", 38, 1, 0, 0, 0), call("seccomp", 1, 0, program)),
        listener=lambda: call("seccomp", 1, 8, program),
        threads=lambda: call("seccomp", 1, 1, program),
        by_prctl=lambda: call("prctl", 22, 2, program, 0, 0),
        strict=lambda: call("prctl", 22, 99, 0, 0, 0) if outside.confined else [][0],
        ruleset=lambda: os.close(call("landlock_create_ruleset", ruleset, 24, 0)),
        restrict=lambda: call("landlock_restrict_self", -1, 0),
    )
