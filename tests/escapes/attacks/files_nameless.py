"""Give a file without a name one outside.

Attacks: folders outside.
How: O_TMPFILE there, or in scratch and then linkat with AT_EMPTY_PATH or through /proc/self/fd.
Source: open(2) on O_TMPFILE, linkat(2).
Breach: a file appears outside.
"""

import os

from kernel import call, went_through

GROUP, CONTROL = "files", True


def _made_there(folder):
    descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    return call("linkat", -100, f"/proc/self/fd/{descriptor}".encode(), -100, f"{folder}/new".encode(), 0x400)


def _made_here(folder):
    descriptor = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o600)
    return call("linkat", -100, f"/proc/self/fd/{descriptor}".encode(), -100, f"{folder}/new2".encode(), 0x400)


def attack(outside):
    return went_through(there=lambda: _made_there(outside.folder), here=lambda: _made_here(outside.folder))
