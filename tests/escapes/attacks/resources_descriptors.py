"""Open everything.

Attacks: the system's table of open files.
How: open /dev/null, pipes, pairs, epolls and eventfds until it is refused.
Source: getrlimit(2) on RLIMIT_NOFILE.
Breach: more than a thousand are open, or it ends in another limit.
"""

import os
import select

GROUP, ENDS = "resources", ("open_files",)


def attack(outside):
    held = []
    while len(held) < 1000:
        held += [os.open("/dev/null", os.O_RDONLY), *os.pipe(), os.eventfd(0), select.epoll()]
    return "a thousand descriptors were had"
