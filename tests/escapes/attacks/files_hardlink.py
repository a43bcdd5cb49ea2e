"""Take the file into scratch by a hard link, or put one's own beside it.

Attacks: files outside.
How: link(2), linkat(2) with AT_SYMLINK_FOLLOW.
Source: link(2); the LANDLOCK_ACCESS_FS_REFER section of landlock(7).
Breach: the file has a second name, or a new file lies outside.
"""

import os

from kernel import call, went_through

GROUP, CONTROL = "files", True
_AT_FDCWD, _AT_SYMLINK_FOLLOW = -100, 0x400


def attack(outside):
    os.symlink(outside.secret, "link")
    open("own", "w").close()
    return went_through(
        inwards=lambda: os.link(outside.secret, "mine"),
        followed=lambda: call("linkat", _AT_FDCWD, b"link", _AT_FDCWD, b"mine2", _AT_SYMLINK_FOLLOW),
        outwards=lambda: os.link("own", outside.folder + "/new"),
    )
