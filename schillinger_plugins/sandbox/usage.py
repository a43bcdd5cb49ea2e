"""What a process uses of the machine, as the kernel tells it.

Owns the reading of ``/proc/PID/status``. Called by the watchdog.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    with open(f"/proc/{pid}/status", "rb") as status:
        fields = dict(line.split(b":", 1) for line in status.read().splitlines() if b":" in line)

    def kilobytes(name: bytes) -> int:
        return int(fields.get(name, b"0 kB").split()[0]) * 1024

    return Usage(
        kilobytes(b"RssAnon") + kilobytes(b"VmPTE"),
        kilobytes(b"RssShmem"),
        int(fields[b"Threads"]),
        fields[b"State"].strip().startswith(b"Z"),
    )
