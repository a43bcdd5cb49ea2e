"""Get privileges in a namespace of one's own.

Attacks: the kernel behind CAP_SYS_ADMIN.
How: clone and unshare with each CLONE_NEW flag alone, with CLONE_THREAD, and with the high bits set.
Source: CVE-2022-0185, CVE-2023-0386 and most local root exploits of these years begin so; user_namespaces(7).
Breach: any of them succeeds.
"""

import os
import signal

from kernel import call, went_through

GROUP, CONTROL = "processes", True
_FLAGS = {
    "user": 0x10000000,
    "mount": 0x20000,
    "net": 0x40000000,
    "pid": 0x20000000,
    "ipc": 0x8000000,
    "uts": 0x4000000,
    "cgroup": 0x2000000,
    "time": 0x80,
}


def _clone(flags):
    pid = call("clone", flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid


def attack(outside):
    attempts = {}
    for name, flag in _FLAGS.items():
        attempts["unshare_" + name] = lambda flag=flag: call("unshare", flag)
        if name != "time":
            attempts["clone_" + name] = lambda flag=flag: _clone(flag)
    attempts["both"] = lambda: _clone(0x10000000 | 0x20000)
    attempts["high"] = lambda: call("unshare", 0x10000000 | (1 << 40))
    return went_through(**attempts)
