"""Have the kernel send the signal.

Attacks: the host.
How: F_SETOWN and F_SETOWN_EX with O_ASYNC, FIOSETOWN, SIOCSPGRP, timer_create with SIGEV_THREAD_ID, mq_notify,
clone's exit signal, prctl(PR_SET_PDEATHSIG).
Source: fcntl(2), sigevent(7); CVE-2019-10639-like misuse of F_SETOWN.
Breach: the host counts a signal, or an owner other than oneself can be set.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct

from kernel import call, went_through

GROUP, CONTROL = "signals", True


def _asynchronous(pid):
    one, other = socket.socketpair()
    fcntl.fcntl(one, fcntl.F_SETOWN, pid)
    fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    other.send(b"x")


def _extended(pid):
    one, _ = socket.socketpair()
    fcntl.fcntl(one, 15, struct.pack("ii", 1, pid))


def attack(outside):
    pid = outside.host_pid
    event = ctypes.create_string_buffer(struct.pack("Qiii", 0, int(signal.SIGUSR1), 4, pid), 64)
    timer = ctypes.c_int()
    return went_through(
        owner=lambda: _asynchronous(pid),
        owner_ex=lambda: _extended(pid),
        other_signal=lambda: fcntl.fcntl(1, 10, int(signal.SIGUSR1)),
        fiosetown=lambda: fcntl.ioctl(socket.socketpair()[0], 0x8901, struct.pack("i", pid)),
        siocspgrp=lambda: fcntl.ioctl(socket.socketpair()[0], 0x8902, struct.pack("i", pid)),
        timer=lambda: call("timer_create", 1, event, ctypes.byref(timer)),
        queue=lambda: call("mq_open", b"x", os.O_CREAT | os.O_RDWR, 0o600, None),
        survive=lambda: call("prctl", 1, 0, 0, 0, 0),
    )
