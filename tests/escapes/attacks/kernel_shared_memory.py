"""Share memory with somebody, and past the limit.

Attacks: the memory limit and other processes of the user.
How: System V segments, semaphores and queues, POSIX queues, memfds, MAP_SHARED with MAP_ANONYMOUS, with
MAP_SHARED_VALIDATE, with the high half of flags set, multiprocessing's shared memory.
Source: shmget(2), mmap(2); SysV segments outlive their maker.
Breach: any of them is made.
"""

import mmap
import os

from kernel import call, went_through

GROUP, CONTROL = "kernel", True


def _segment():
    number = call("shmget", 0, 4096, 0o1600)
    call(31, number, 0, None)
    return number


def _mapped(flags):
    return call("mmap", None, 4096, 3, flags, -1, 0)


def attack(outside):
    return went_through(
        segment=_segment,
        semaphore=lambda: call(66, call("semget", 0, 1, 0o1600), 0, 0, 0),
        queue=lambda: call(71, call("msgget", 0, 0o1600), 0, None),
        memfd=lambda: os.memfd_create("x"),
        shared=lambda: mmap.mmap(-1, 4096, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS),
        validated=lambda: _mapped(0x03 | 0x20),
        stack=lambda: _mapped(0x02 | 0x20 | 0x100),
        huge=lambda: _mapped(0x02 | 0x20 | 0x40000 | 0x100),
        high=lambda: _mapped(0x21 | (1 << 40)),
    )
