"""Signal the host.

Attacks: the host, the zygote, the neighbour and everybody.
How: kill (0, -1, group), tgkill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal.
Source: kill(2), pidfd_send_signal(2); landlock(7) on LANDLOCK_SCOPE_SIGNAL.
Breach: the host counts a signal, or a call is let through.
"""

import ctypes
import os
import signal
import struct

from kernel import call, went_through

GROUP, CONTROL = "signals", True


def attack(outside):
    pid, number = outside.host_pid, int(signal.SIGUSR1)
    about = ctypes.create_string_buffer(struct.pack("iii", number, 0, -1), 128)
    attempts = {
        "kill": lambda: os.kill(pid, number),
        "zero": lambda: os.kill(pid, 0),
        "neighbour": lambda: os.kill(outside.neighbour_pid, number),
        "tkill": lambda: call("tkill", pid, number),
        "tgkill": lambda: call("tgkill", pid, pid, number),
        "queue": lambda: call("rt_sigqueueinfo", pid, number, about),
        "thread_queue": lambda: call("rt_tgsigqueueinfo", pid, pid, number, about),
        "pidfd": lambda: call("pidfd_send_signal", call("pidfd_open", pid, 0), number, None, 0),
        "high_bits": lambda: call("kill", pid | (1 << 40), number),
    }
    if outside.confined:
        attempts |= {
            "parent": lambda: os.kill(os.getppid(), number),
            "group": lambda: os.killpg(os.getpgid(pid), number),
            "everybody": lambda: os.kill(-1, number),
            "own_group": lambda: os.kill(0, 0),
        }
    return went_through(**attempts)
