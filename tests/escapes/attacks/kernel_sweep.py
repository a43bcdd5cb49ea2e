"""Call every number there is.

Attacks: the filter's list.
How: the system calls that the filter has no business allowing, found by asking for each number with arguments that
can't work, and looking which answer is not the filter's.
Source: "syzkaller"-style sweeps; the advice to audit a seccomp profile by number and not by name.
Breach: more calls get past than those known to be needed: the count is held here.
"""

import ctypes
import errno

from kernel import libc

GROUP, NEEDS = "kernel", "x86_64"  # no control run: unconfined, some of these numbers would hang up the terminal
_MOST = 125
_DANGEROUS = {
    15,
    24,
    34,
    35,
    60,
    61,
    230,
    231,
    202,
    23,
    7,
    270,
    271,
    232,
    281,
    130,
    128,
    13,
    14,
    131,
    11,
    12,
    10,
    25,
    3,
    32,
    33,
    292,
    436,
    56,
    57,
    58,
    435,
    219,
    449,
    9,
    37,
    38,
    218,
    273,
    247,
    114,
    158,
    0,
    1,
    19,
    20,
    47,
    45,
    44,
    42,
    43,
    288,
    88,
    59,
    322,
    62,
    200,
    234,
    48,
    137,
    334,
    441,
    72,
    5,
    28,
    26,
    27,
    149,
    169,
    154,
    157,
    101,
    317,
    176,
    246,
    109,
    112,
}


def attack(outside):
    allowed = []
    for number in range(470):
        if number in _DANGEROUS:
            continue
        ctypes.set_errno(0)
        answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
        if answer != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            allowed.append(number)
    return f"{len(allowed)} calls get past: {allowed}" if len(allowed) > _MOST else None
