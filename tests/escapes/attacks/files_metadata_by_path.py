"""Change what Landlock doesn't guard: modes, owners, times and attributes.

Attacks: files outside.
How: chmod, chown, utime, setxattr, their *at and newest spellings.
Source: landlock(7), section on current limitations; lockfile v0.1.0's sandbox escape by chmod.
Breach: mode, owner, times or attributes of the file differ.
"""

import ctypes
import os
import struct

from kernel import call, went_through

GROUP, CONTROL = "files", True


def attack(outside):
    path = outside.secret.encode()
    value = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(ctypes.create_string_buffer(b"v")), 1, 0))
    return went_through(
        chmod=lambda: os.chmod(path, 0o777),
        fchmodat=lambda: call("fchmodat", -100, path, 0o777),
        fchmodat2=lambda: call("fchmodat2", -100, path, 0o777, 0),
        chown=lambda: os.chown(path, os.getuid(), os.getgid()),
        lchown=lambda: os.lchown(path, os.getuid(), os.getgid()),
        utime=lambda: os.utime(path),
        utimensat=lambda: call("utimensat", -100, path, None, 0),
        utimes=lambda: call("utimes", path, None),
        old_utime=lambda: call("utime", path, None),
        setxattr=lambda: os.setxattr(path, b"user.x", b"v"),
        setxattrat=lambda: call("setxattrat", -100, path, 0, b"user.x", value, 16),
        removexattr=lambda: os.removexattr(path, b"user.x"),
        truncate=lambda: os.truncate(path, 0),
    )
