"""Move files over the border.

Attacks: files outside.
How: rename, renameat2 with RENAME_EXCHANGE, in both directions, and of the folder that holds them.
Source: renameat2(2); landlock(7) on REFER.
Breach: anything outside has moved, or something has come in.
"""

import ctypes
import os

from kernel import libc, went_through

GROUP, CONTROL = "files", True


def _exchange(one, other):
    if libc.renameat2(-100, one.encode(), -100, other.encode(), 2):
        raise OSError(ctypes.get_errno(), "renameat2")


def attack(outside):
    open("own", "w").close()
    return went_through(
        exchange=lambda: _exchange("own", outside.secret),
        inwards=lambda: os.rename(outside.secret, "mine"),
        outwards=lambda: os.rename("own", outside.folder + "/new"),
        folder=lambda: os.rename(outside.folder + "/below", "below"),
    )
