"""Use what the host or the zygote left open.

Attacks: inherited descriptors.
How: fstat, getdents, pread and reopening of every number from 0 to 4095.
Source: CVE-2024-21626 (runc leaked a descriptor of the host's cgroup folder), CVE-2016-9962.
Breach: a descriptor is open that is neither a standard stream, the channel, nor asyncio's own.
"""

import os
import stat

GROUP = "files"
CONTROL = "an unconfined process has none of the host's either; tests/sandbox/test_confinement.py opens one"


def attack(outside):
    found = []
    for number in range(4096):
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue
        if stat.S_ISDIR(mode):
            found.append((number, os.listdir(number)))
        elif stat.S_ISREG(mode):
            found.append((number, os.pread(number, 100, 0)))
        elif number > 3 and stat.S_ISSOCK(mode):
            import socket

            with socket.socket(fileno=os.dup(number)) as one:
                if one.family == socket.AF_UNIX and one.type == socket.SOCK_STREAM:
                    continue  # the pair by which asyncio wakes itself
                found.append((number, one.family, one.type))
        elif number > 8:
            found.append((number, oct(mode)))
    return found or None
