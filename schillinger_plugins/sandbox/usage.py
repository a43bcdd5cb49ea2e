"""What a process uses of the machine, as the kernel tells it.

Owns the reading of ``/proc/PID/status``. Called by the watchdog, and by ``instance`` for whoever can't wait for it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

_STATUS_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process uses.

    Attributes
    ----------
    private_bytes : int
        Memory of its own, and of the page tables that describe it.
    shared_bytes : int
        Memory that it shares, through the host's segments or otherwise.
    headless : bool
        Its first thread has ended. It then looks as if it used nothing.
    """

    private_bytes: int
    shared_bytes: int
    threads: int
    headless: bool


def usage_of(pid: int) -> Usage:
    """What process `pid` uses now."""
    descriptor = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = os.read(descriptor, _STATUS_BYTES)
    finally:
        os.close(descriptor)

    def number(name: bytes) -> int:
        place = status.find(b"\n" + name + b":")
        return int(status[place + len(name) + 2 :].split(None, 1)[0]) if place >= 0 else 0

    return Usage(
        1024 * (number(b"RssAnon") + number(b"VmPTE")),
        1024 * number(b"RssShmem"),
        number(b"Threads"),
        b"\nState:\tZ" in status,
    )
