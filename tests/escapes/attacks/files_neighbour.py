"""Look into the scratch folder of another plugin.

Attacks: another instance.
How: its folder by name, by guessed numbers beside one's own, and its process through /proc.
Source: the sandbox's own naming (worker-1, worker-2); CWE-379.
Breach: the neighbour's note is read, or anything is made in its folder.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    parent = os.path.dirname(outside.scratch)
    return went_through(
        read=lambda: open(f"{outside.neighbour_scratch}/note").read(),
        write=lambda: open(f"{outside.neighbour_scratch}/new", "w").close(),
        siblings=lambda: os.listdir(parent) if outside.confined else [][0],
        guessed=lambda: [open(f"{parent}/worker-{n}/note").read() for n in range(1, 5)],
        through_proc=lambda: open(f"/proc/{outside.neighbour_pid}/cwd/note").read(),
    )
