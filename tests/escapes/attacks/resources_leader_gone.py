"""Let the main thread end and the others live.

Attacks: the watchdog, which looks at the process's leader.
How: exit(2) of the main thread while another spins and hoards.
Source: proc(5); pthread_exit(3): /proc/PID of a zombie leader shows no memory.
Breach: the call doesn't end, or a process is left.
"""

import ctypes
import threading

from kernel import libc

GROUP, LIMITS = "resources", {"memory_mb": 64, "wall_s": 2, "cpu_s": 2}
ENDS, HOST_S = ("processes", "cpu", "wall", "memory", "WorkerCrashed", "ProtocolViolation"), 12.0


def attack(outside):
    def spin():
        while True:
            pass

    threading.Thread(target=spin, daemon=True).start()
    libc.syscall(ctypes.c_long(60), 0)
    return "the main thread did not end"
