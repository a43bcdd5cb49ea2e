"""What belongs to this process outside of itself: counted before and after, to see what was left over.

Owns the counting of descriptors, threads, child processes and scratch folders, and the waiting for things to come true.
Called by the tests and by `chaos`.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


def until(condition: Callable[[], object], deadline_s: float = 5.0) -> bool:
    """Whether the condition comes true before the deadline."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        threading.Event().wait(0.01)
    return True


def gone(pid: int) -> bool:
    """Whether a process runs no more: a zombie doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def descendants(pid: int) -> set[int]:
    """Children of a process and theirs, zombies included."""
    parents: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(parent, []).append(int(entry))
    found: set[int] = set()
    pending = [pid]
    while pending:
        for child in parents.get(pending.pop(), []):
            found.add(child)
            pending.append(child)
    return found


def rss_bytes(pid: int | str = "self") -> int:
    """Memory of its own that a process has in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


@dataclass(frozen=True)
class Census:
    """What there is at one moment.

    Attributes
    ----------
    descriptors : Counter
        What the open descriptors point at, by kind: numbers of pipes and sockets left out.
    """

    descriptors: Counter[str]
    threads: frozenset[str]
    processes: frozenset[int]
    folders: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def take(cls) -> Census:
        """Count now."""
        descriptors: Counter[str] = Counter()
        for number in os.listdir("/proc/self/fd"):
            try:
                descriptors[os.readlink(f"/proc/self/fd/{number}").partition(":[")[0]] += 1
            except FileNotFoundError:  # the listing's own
                continue
        # Threads that serve the whole process, and stay by design, have a name of their own.
        names = [thread.name for thread in threading.enumerate() if not thread.name.startswith(_STAYING)]
        folders = (str(path) for path in Path(tempfile.gettempdir()).glob("schillinger-*"))
        return cls(descriptors, frozenset(names), frozenset(descendants(os.getpid())), frozenset(folders))

    def left_over(self, later: Census) -> list[str]:
        """What is there later, and was not: one line each."""
        said = [f"{count} x descriptor {what}" for what, count in (later.descriptors - self.descriptors).items()]
        said += [f"thread {name}" for name in later.threads - self.threads]
        said += [f"process {pid}: {_described(pid)}" for pid in later.processes - self.processes]
        said += [f"folder {folder}" for folder in later.folders - self.folders]
        return said


_STAYING = ("schillinger-digest", "asyncio_", "ThreadPoolExecutor")


def _described(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text()[:80]
    except OSError:
        return "gone"
