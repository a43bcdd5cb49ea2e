"""The x32 door alone, from a thread, so that only the thread might die.

Attacks: libseccomp's default answer to a foreign numbering, which kills one thread and lets the others go on.
How: an x32 openat in a second thread.
Source: libseccomp's SCMP_FLTATR_ACT_BADARCH; seccomp(2).
Breach: the process goes on.
"""

import ctypes
import threading

from kernel import libc

GROUP, NEEDS = "kernel", "x86_64"
ENDS = ("WorkerCrashed",)


def attack(outside):
    thread = threading.Thread(target=lambda: libc.syscall(ctypes.c_long(0x40000000 + 257), -100, b"/etc/passwd", 0))
    thread.start()
    thread.join(2)
    return "the process survived an x32 call in a thread"
