"""Read the host through /proc.

Attacks: the host's memory, environment, command line and open files.
How: /proc/HOST/{environ,mem,maps,fd,cmdline,stack,auxv} and those of the zygote and of the neighbour.
Source: proc(5); "/proc/<pid>/environ" is named as a leak in the notes of several Landlock launchers.
Breach: any of these files can be opened for reading or a secret comes back.
"""

import os

GROUP, CONTROL = "files", True


def attack(outside):
    read = []
    for pid in {outside.host_pid, outside.neighbour_pid, os.getppid()}:
        if pid == os.getpid():
            continue
        for name in ("environ", "mem", "maps", "cmdline", "auxv", "stack", "io", "smaps", "status", "stat"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    read.append((pid, name, file.read(4096) if name != "mem" else "opened"))
            except OSError:
                pass
        try:
            read.append((pid, os.listdir(f"/proc/{pid}/fd")))
        except OSError:
            pass
        for number in range(8):
            try:
                read.append((pid, number, os.readlink(f"/proc/{pid}/fd/{number}")))
            except OSError:
                pass
    return read or None
