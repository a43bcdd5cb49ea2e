"""Reach the file through a symbolic link of one's own.

Attacks: files outside.
How: a link in scratch, followed by open(), by a folder in the middle and by a rename onto the link.
Source: symlink(7); CVE-2007-4559 (tarfile).
Breach: the file is read, or anything is made beside it.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    os.symlink(outside.secret, "to_file")
    os.symlink(outside.folder, "to_folder")
    return went_through(
        read=lambda: open("to_file").read(),
        write=lambda: open("to_file", "a").write("owned"),
        below=lambda: open("to_folder/secret").read(),
        make=lambda: open("to_folder/new", "w").close(),
        delete=lambda: os.unlink("to_folder/below/deep"),
    )
