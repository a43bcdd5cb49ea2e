"""Talk to a service through a name that isn't a file.

Attacks: X11, D-Bus, containerd-shim and others.
How: connect() to an abstract address; bind one of one's own.
Source: CVE-2020-15257 (containerd's abstract socket); landlock(7) on LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET.
Breach: the listener is called.
"""

import socket

from kernel import went_through

GROUP, CONTROL = "network", True


def attack(outside):
    return went_through(
        connect=lambda: socket.socket(socket.AF_UNIX).connect("\0" + outside.abstract),
        bind=lambda: socket.socket(socket.AF_UNIX).bind("\0schillinger-plugin"),
    )
