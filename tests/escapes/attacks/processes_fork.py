"""Start a process.

Attacks: the limit on processes, and everything that is counted by process.
How: fork, vfork, clone with and without every sharing flag, clone3, posix_spawn, subprocess, multiprocessing,
os.system.
Source: clone(2), CLONE_NEWUSER escapes such as CVE-2022-0185; seccomp(2) on clone3's pointer.
Breach: a child runs.
"""

import ctypes
import os
import signal
import struct

from kernel import call, libc, went_through

GROUP, CONTROL = "processes", True


def _child(pid):
    if pid == 0:
        os._exit(0)
    return pid


def _raw(flags):
    return _child(call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0))


def _clone3(flags):
    arguments = ctypes.create_string_buffer(
        struct.pack("QQQQQQQQ", flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0) + bytes(24), 88
    )
    return _child(call("clone3", arguments, 88))


def attack(outside):
    found = went_through(
        fork=lambda: _child(os.fork()),
        raw_fork=lambda: _child(call("fork")),
        plain=lambda: _raw(0),
        parent=lambda: _raw(0x8000),
        files=lambda: _raw(0x400),
        pidfd=lambda: _raw(0x1000),
        clone3=lambda: _clone3(0),
        spawn=lambda: os.posix_spawn("/bin/true", ["true"], {}),
        forkpty=lambda: _child(os.forkpty()[0]),
        popen=lambda: libc.popen(b"true", b"r") or [][0],
    )
    return found or (None if os.system("exit 7") == -1 or os.system("exit 7") >> 8 != 7 else "system() ran")
