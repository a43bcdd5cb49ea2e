"""The same on descriptors that Landlock lets anybody have.

Attacks: files outside and the libraries.
How: fchmod, futimens, fsetxattr, fchown on O_PATH and read-only descriptors.
Source: open(2) on O_PATH; fchmodat2(2) with AT_EMPTY_PATH.
Breach: mode, times or attributes differ.
"""

import os

from kernel import call, went_through

GROUP, CONTROL = "files", True


def attack(outside):
    descriptor = os.open(outside.secret, os.O_PATH)
    try:
        reading = os.open(outside.secret, os.O_RDONLY)
    except OSError:
        reading = os.open(
            os.path.join(outside.site_packages, "module.py") if not outside.confined else os.__file__, os.O_RDONLY
        )
    return went_through(
        empty_path=lambda: call("fchmodat2", descriptor, b"", 0o777, 0x1000),
        times_of_path=lambda: call("utimensat", descriptor, b"", None, 0x1000),
        owner_of_path=lambda: call(260, descriptor, b"", os.getuid(), os.getgid(), 0x1000),
        fchmod=lambda: os.fchmod(reading, 0o777),
        futimens=lambda: os.utime(reading),
        fsetxattr=lambda: os.setxattr(reading, b"user.x", b"v"),
        through_proc=lambda: os.chmod(f"/proc/self/fd/{descriptor}", 0o777),
    )
