"""Leave the session, or join another's.

Attacks: job control and the way the host finds the worker.
How: setsid, setpgid of oneself and of the host, TIOCSCTTY.
Source: setpgid(2), credentials(7).
Breach: any of them succeeds.
"""

import fcntl
import os

from kernel import call, went_through

GROUP = "signals"
CONTROL = "the control run leads a session of its own already, and the kernel lets no leader leave"


def attack(outside):
    return went_through(
        session=os.setsid,
        group=lambda: os.setpgid(0, 0),
        host=lambda: call("setpgid", outside.host_pid, os.getpid()),
        terminal=lambda: fcntl.ioctl(0, 0x540E, 1),
    )
