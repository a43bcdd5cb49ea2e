"""Run a program.

Attacks: everything a program outside may do.
How: execve, execveat, through a memfd, through the dynamic loader, through a file in scratch.
Source: "Fileless execution" with memfd_create (MITRE T1620); ld.so(8).
Breach: the program replaces the worker: it then answers nothing, or prints.
"""

import ctypes
import os

from kernel import call, went_through

GROUP = "processes"
CONTROL = "a program that starts replaces the control run itself; starting programs is controlled in processes_fork"
ENDS = (None,)


def _from_memory():
    descriptor = call("memfd_create", b"x", 0)
    os.write(descriptor, b"#!/bin/sh\necho ran\n")
    argv = (ctypes.c_char_p * 2)(b"x", None)
    return call("execveat", descriptor, b"", argv, None, 0x1000)


def attack(outside):
    with open("script", "w") as file:
        file.write("#!/bin/sh\necho ran\n")
    return went_through(
        execve=lambda: os.execv("/bin/true", ["true"]),
        script=lambda: os.execv("./script", ["script"]),
        outside=lambda: os.execv(outside.program, ["program"]),
        loader=lambda: os.execv("/lib64/ld-linux-x86-64.so.2", ["ld", "/bin/true"]),
        memory=_from_memory,
        at=lambda: call("execveat", -100, b"/bin/true", None, None, 0),
    )
