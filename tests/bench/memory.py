"""What an idle instance takes of the machine's memory, against an interpreter of its own with the same imports.

Owns the reading of PSS: memory that several processes share counts for each of them in equal parts, so that the sum over all
is what they take together.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .instances import AUDIO, NUMPY
from .measure import Figure
from .peers import DEADLINE_S, as_a_worker
from .plugins import managed
from .row import Chapter, Row
from .run import Run

_REACH = 1 / 10
_KB = 1024


def chapter(run: Run) -> Chapter:
    """Measure them."""
    rows = [
        *_of(run, "NumPy", "nothing", NUMPY, run.pick((1, 10, 50), (1, 2))),
        *_of(run, "librosa", "listen", AUDIO, run.pick((1, 10, 50), (1, 2))),
    ]
    return Chapter(
        title="Memory",
        how="""\
PSS as `/proc/PID/smaps_rollup` tells it: of memory that several processes share, each is told an equal part. Every
instance has been called once and is idle. *One more instance* is what the zygote and its workers take together with
so many alive, less what the zygote takes alone, divided by their number: what you get back by destroying one. The
*PSS of an instance* is what the kernel says of its process, and has its part of what the zygote imported: with one
instance that is half of it. The peer is a fresh interpreter with the same imports, idle, measured while ours are
there, so that it shares the files of the libraries with them.""",
        rows=tuple(rows),
    )


def _of(run: Run, imports: str, plugin: str, code: str, numbers: tuple[int, ...]) -> Iterator[Row]:
    with ExitStack() as stack:
        before = _children(os.getpid())
        manager, _ = stack.enter_context(managed(plugin))
        manager.create_instance(plugin).execute()
        (zygote,) = _children(os.getpid()) - before
        manager.destroy_instance(next(iter(manager.instances)))
        interpreter = stack.enter_context(_idle_interpreter(code))
        # While it is there: what it shares with the zygote counts for each of them by half.
        alone, theirs = _pss_bytes(zygote), Figure(((_pss_bytes(interpreter),),), "B")
        peer = f"a fresh interpreter, {imports}"
        for number in numbers:
            with run.shown(f"memory of {number} instances, {imports}", steps=1):
                while len(manager.instances) < number:
                    manager.create_instance(plugin).execute()
                workers = [_pss_bytes(pid) for pid in _children(zygote)]
                together = sum(workers) + _pss_bytes(zygote)
            each = Figure((tuple(workers),), "B")
            added = Figure((((together - alone) / number,),), "B")
            for what, ours in ((f"one more instance ({imports})", added), (f"PSS of an instance ({imports})", each)):
                yield Row(
                    what=f"{what}, {number} alive",
                    against=peer,
                    ours=ours,
                    theirs=theirs,
                    ratio=ours.median / theirs.median,
                    reach=_REACH,
                )


@contextmanager
def _idle_interpreter(code: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-W", "ignore", "-c", f"{code}\nprint(flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=as_a_worker(),
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.communicate(b"\n", timeout=DEADLINE_S)


def _children(pid: int) -> set[int]:
    told = (thread.read_text(encoding="ascii") for thread in Path(f"/proc/{pid}/task").glob("*/children"))
    return {int(child) for children in told for child in children.split()}


def _pss_bytes(pid: int) -> float:
    told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return float(next(line for line in told.splitlines() if line.startswith("Pss:")).split()[1]) * _KB
