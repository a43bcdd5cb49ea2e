"""Slow the host down, or oneself up.

Attacks: the host's share of the processor.
How: setpriority, sched_setaffinity, sched_setscheduler, sched_setattr, ioprio_set, prlimit on the host; nice of
oneself.
Source: setpriority(2), prlimit(2).
Breach: priority, affinity, scheduler or limits of the host differ, or a call is let through.
"""

import ctypes
import os
import resource
import struct

from kernel import call, went_through

GROUP, CONTROL = "processes", True


def attack(outside):
    pid = outside.host_pid
    attribute = ctypes.create_string_buffer(struct.pack("IIQiIQQQ", 48, 0, 0, 5, 0, 0, 0, 0))
    return went_through(
        priority=lambda: os.setpriority(os.PRIO_PROCESS, pid, 7),
        own=lambda: os.setpriority(os.PRIO_PROCESS, 0, 1),
        affinity=lambda: os.sched_setaffinity(pid, {0}),
        scheduler=lambda: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)),
        attributes=lambda: call("sched_setattr", pid, attribute, 0),
        disk=lambda: call("ioprio_set", 1, pid, 3 << 13),
        limits=lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (256, 256)),
        core=lambda: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)),
    )
