"""Let the kernel carry the bytes.

Attacks: files outside.
How: copy_file_range, sendfile, splice, tee, vmsplice and FICLONE, from the file and to it.
Source: copy_file_range(2), ioctl_ficlonerange(2); CVE-2022-0847 (Dirty Pipe) came in by splice.
Breach: the content is read or changed, or splice works at all.
"""

import fcntl
import os

from kernel import call, went_through

GROUP, CONTROL = "files", True


def attack(outside):
    own = os.open("own", os.O_RDWR | os.O_CREAT)
    os.write(own, b"x" * 10)
    library = os.open(os.__file__, os.O_RDONLY)
    reader, writer = os.pipe()
    return went_through(
        copied=lambda: os.copy_file_range(os.open(outside.secret, os.O_RDONLY), own, 100),
        sent=lambda: os.sendfile(own, os.open(outside.secret, os.O_RDONLY), 0, 100),
        overwritten=lambda: os.copy_file_range(own, os.open(outside.secret, os.O_WRONLY), 10, 0, 0),
        by_path_descriptor=lambda: os.copy_file_range(os.open(outside.secret, os.O_PATH), own, 100),
        splice=lambda: call("splice", library, None, writer, None, 10, 0),
        tee=lambda: call("tee", reader, writer, 1, 0),
        vmsplice=lambda: call("vmsplice", writer, bytes(16), 1, 0),
        clone=lambda: fcntl.ioctl(own, 0x40049409, os.open(outside.secret, os.O_RDONLY)),
    )
