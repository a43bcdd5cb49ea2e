"""Listen to what the user does with their files.

Attacks: privacy of the folders outside.
How: inotify, fanotify, dnotify (F_NOTIFY), leases (F_SETLEASE).
Source: inotify(7), fanotify(7), fcntl(2); landlock(7) lists nothing that mediates inotify.
Breach: a watch is set.
"""

import fcntl
import os

from kernel import call, libc, went_through

GROUP, CONTROL = "files", True


def _inotify(path):
    descriptor = call("inotify_init")
    if (watch := libc.inotify_add_watch(descriptor, path.encode(), 0xFFF)) < 0:
        raise OSError("no watch")
    return watch


def attack(outside):
    return went_through(
        inotify=lambda: _inotify(outside.folder),
        fanotify=lambda: call("fanotify_init", 0x200, 0),
        dnotify=lambda: fcntl.fcntl(os.open(".", os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_MODIFY),
        lease=lambda: fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK),
    )
