"""Make a device, a pipe or a socket.

Attacks: the kernel's devices and the host's listeners.
How: mknod of the memory device, mkfifo and mknod of a socket, in scratch and outside.
Source: mknod(2); CVE-2019-5021-like images with devices; landlock(7) on MAKE_CHAR.
Breach: any node is made.
"""

import os
import stat

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    return went_through(
        device=lambda: os.mknod("mem", stat.S_IFCHR | 0o600, os.makedev(1, 1)),
        block=lambda: os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(254, 0)),
        pipe=lambda: os.mkfifo("pipe"),
        socket=lambda: os.mknod("socket", stat.S_IFSOCK | 0o600),
        outside=lambda: os.mkfifo(outside.folder + "/pipe"),
    )
