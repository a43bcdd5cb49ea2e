"""Have the kernel do it behind the filter's back.

Attacks: seccomp, which doesn't see operations in a ring.
How: io_uring_setup, io_uring_enter and io_uring_register; the older aio.
Source: io_uring(7); "io_uring bypasses seccomp" (ARMO's Curing rootkit, 2025); CVE-2021-41073.
Breach: a ring is made.
"""

import ctypes

from kernel import call, went_through

GROUP, CONTROL = "network", True


def attack(outside):
    context = ctypes.c_ulong(0)
    return went_through(
        ring=lambda: call("io_uring_setup", 4, ctypes.create_string_buffer(256)),
        aio=lambda: call("io_setup", 4, ctypes.byref(context)),
    )
