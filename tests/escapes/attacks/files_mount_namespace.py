"""Get a view of the files of one's own.

Attacks: the confinement to folders.
How: unshare of user and mount namespaces, setns, mount, umount, pivot_root, chroot.
Source: user_namespaces(7), pivot_root(2); landlock(7): "threads ... cannot modify filesystem topology".
Breach: any of the calls succeeds.
"""

import os

from kernel import call, went_through

GROUP, CONTROL = "files", "root"
_NEWUSER, _NEWNS = 0x10000000, 0x00020000


def attack(outside):
    os.makedirs("m", exist_ok=True)
    return went_through(
        chroot=lambda: call("chroot", b"."),
        user=lambda: call("unshare", _NEWUSER),
        mounts=lambda: call("unshare", _NEWNS),
        both=lambda: call("unshare", _NEWUSER | _NEWNS),
        bind=lambda: call("mount", outside.folder.encode(), b"m", None, 0x1000, None),
        tmpfs=lambda: call("mount", b"x", b"m", b"tmpfs", 0, None),
        unmount=lambda: call("umount2", b"m", 2),
        pivot=lambda: call("pivot_root", b".", b"m"),
        enter=lambda: call("setns", os.open(f"/proc/{outside.host_pid}/ns/mnt", os.O_RDONLY), 0),
    )
