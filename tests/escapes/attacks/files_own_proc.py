"""Write one's own /proc entries, and through them what one may only read.

Attacks: the read-only mappings and the settings of the process.
How: /proc/self/mem (writes past page protection), oom_score_adj, coredump_filter, attr/current, and sysctl files.
Source: proc(5); "Dirty" uses of /proc/self/mem, for example in CVE-2016-5195's exploits.
Breach: any of them opens for writing.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    paths = ["mem", "oom_score_adj", "coredump_filter", "comm", "clear_refs", "loginuid", "uid_map", "timerslack_ns"]
    return went_through(
        **{name: lambda name=name: os.close(os.open(f"/proc/self/{name}", os.O_WRONLY)) for name in paths},
        core_pattern=lambda: os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY)),
        sysrq=lambda: os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY)),
    )
