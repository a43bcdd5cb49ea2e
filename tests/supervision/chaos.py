"""Workers and zygotes killed at random moments while calls go on; and a report of what became of the calls.

    python -m tests.supervision.chaos --minutes 60

Owns the calls, the kills and the judgement. The same run, bounded by a number of kills, is a test.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PluginError, WorkerCrashed

from .census import Census, descendants, gone, rss_bytes, until
from .probe import write_probe

WALL_S = 4.0
SLACK_S = 6.0
"""What a call may take beyond its limit: a new zygote and a new worker first, or the wait for one that was stopped."""

INSTANCES = 6
THREADS = 3
TASKS = 3

_PLUGIN = """
import asyncio, time
import numpy as np
from schillinger_plugins.types import *

class Probe(NodePlugin):
    async def execute(self, inputs, parameters):
        number, kind, sound = inputs["x"], inputs["kind"], inputs.get("sound")
        self.last = number
        if kind == "sleep":
            await asyncio.sleep(0.005)
        if kind == "burn":
            until = time.process_time() + 0.005
            while time.process_time() < until:
                pass
        if kind == "write":
            for piece in range(20):
                (self.context.scratch / f"{number}-{piece}").write_text("x" * 1000)
        if kind == "print":
            print("line\\n" * 50)
        if kind == "progress":
            for part in range(5):
                self.context.progress(part, 5, str(part))
        return {"y": number, "sound": None if sound is None else sound * 2}
    def get_node_definition(self):
        return {"type": "probe", "label": "Probe",
                "inputs": [{"name": name, "type": "any", "required": False} for name in ("x", "kind", "sound")],
                "outputs": [{"name": name, "type": "any"} for name in ("y", "sound")]}
"""
_KINDS = ("nothing", "sleep", "burn", "write", "print", "progress", "sound")


@dataclass
class Report:
    """What became of it.

    Attributes
    ----------
    wrong : list of str
        Calls that ended otherwise than in their own result or a `PluginError`, or too late; and what was left over.
    """

    seed: int
    calls: int = 0
    results: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)
    host_grew_bytes: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.calls} calls in {self.seconds:.0f} s, {self.results} results, "
            f"{sum(self.errors.values())} errors; the longest call took {self.longest_s:.2f} s "
            f"(allowed: {WALL_S + SLACK_S:g} s); the host grew by {self.host_grew_bytes / 1e6:.1f} MB",
            "kills: " + ", ".join(f"{count} x {what}" for what, count in self.kills.most_common()),
            "errors: " + ", ".join(f"{count} x {what}" for what, count in self.errors.most_common()),
        ]
        return "\n".join([*lines, *(self.wrong[:50] or ["nothing went wrong, nothing was left over"])])


class Chaos:
    """Calls of several instances, from threads and from an event loop, and what kills their processes."""

    def __init__(self, manager: PluginManager, instances: list[Instance], *, seed: int) -> None:
        self.report = Report(seed)
        self._manager = manager
        self._instances = instances
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._numbers = iter(range(1, 1 << 60))

    def run(self, enough: Callable[[Report], bool]) -> None:
        """Call and kill until it is enough; then see that every instance works."""
        started_s = time.monotonic()
        threads = [threading.Thread(target=self._call_for_long, args=(index,)) for index in range(THREADS)]
        threads.append(threading.Thread(target=lambda: asyncio.run(self._call_in_loop())))
        for thread in threads:
            thread.start()
        try:
            while not enough(self.report):
                self._ending.wait(self._random.expovariate(60))
                self._kill()
        finally:
            self._ending.set()
            for thread in threads:
                thread.join(2 * (WALL_S + SLACK_S))
        for thread in threads:
            if thread.is_alive():
                self.report.wrong.append(f"{thread.name} hangs")
        for instance in self._instances:
            self._expect_a_result(instance)
        self._expect_order()
        self.report.seconds = time.monotonic() - started_s

    def _call_for_long(self, index: int) -> None:
        rng = random.Random(f"{self.report.seed}-{index}")
        while not self._ending.is_set():
            instance, asked, limits = self._some_call(rng)
            started_s = time.monotonic()
            try:
                self._returned(asked, instance.execute(asked, limits=limits), started_s)
            except BaseException as error:
                self._raised(error, started_s)

    async def _call_in_loop(self) -> None:
        async def call(index: int) -> None:
            rng = random.Random(f"{self.report.seed}-task-{index}")
            while not self._ending.is_set():
                instance, asked, limits = self._some_call(rng)
                started_s = time.monotonic()
                try:
                    self._returned(asked, await instance.aexecute(asked, limits=limits), started_s)
                except BaseException as error:
                    self._raised(error, started_s)
                await asyncio.sleep(0)

        await asyncio.gather(*map(call, range(TASKS)))

    def _some_call(self, rng: random.Random) -> tuple[Instance, dict[str, Any], dict[str, float]]:
        with self._lock:
            number = next(self._numbers)
            self.report.calls += 1
        kind = rng.choice(_KINDS)
        asked: dict[str, Any] = {"x": number, "kind": kind}
        if kind == "sound":
            asked["sound"] = np.full(rng.choice((100, 50_000)), number, np.float64)
        return rng.choice(self._instances), asked, {"wall_s": WALL_S}

    def _returned(self, asked: dict[str, Any], outputs: Mapping[str, Any], started_s: float) -> None:
        sound = asked.get("sound")
        right = outputs["y"] == asked["x"] and (sound is None or np.array_equal(outputs["sound"], sound * 2))
        with self._lock:
            self.report.results += 1
            if not right:
                self.report.wrong.append(f"the call {asked['x']} got the answer {outputs['y']}")
        self._took(time.monotonic() - started_s)

    def _raised(self, error: BaseException, started_s: float) -> None:
        with self._lock:
            self.report.errors[_kind(error)] += 1
            if not isinstance(error, PluginError):
                self.report.wrong.append(f"a call raised {error!r}")
        self._took(time.monotonic() - started_s)

    def _took(self, seconds: float) -> None:
        with self._lock:
            self.report.longest_s = max(self.report.longest_s, seconds)
            if seconds > WALL_S + SLACK_S:
                self.report.wrong.append(f"a call took {seconds:.1f} s")

    def _kill(self) -> None:
        """Some worker, some zygote, or both; at once, frozen first, or as a crash in native code would."""
        whom = self._random.choices(("worker", "zygote", "both"), (40, 1, 1))[0]
        how = self._random.choice(("SIGKILL", "SIGSTOP+SIGKILL", "SIGSEGV"))
        worker = self._random.choice(self._instances)._worker
        zygote = self._manager._sandbox._zygotes.get("base")
        send: list[Callable[[int], object]] = []
        if whom in ("worker", "both") and worker is not None:
            send.append(worker._signal)  # which never reaches a process that has taken the number of an ended one
        if whom in ("zygote", "both") and zygote is not None:
            send.append(zygote._process.send_signal)
        for number in {"SIGKILL": [9], "SIGSTOP+SIGKILL": [signal.SIGSTOP, 9], "SIGSEGV": [11]}[how]:
            for to in send:
                to(number)
            if number == signal.SIGSTOP:
                self._ending.wait(self._random.uniform(0, 0.05))
        self.report.kills[f"{whom} {how}"] += 1

    def _expect_a_result(self, instance: Instance) -> None:
        try:
            if instance.execute({"x": -1, "kind": "nothing"})["y"] != -1:
                self.report.wrong.append(f"{instance.id} gives wrong answers afterwards")
        except PluginError as error:
            self.report.wrong.append(f"{instance.id} can't be called afterwards: {error}")

    def _expect_order(self) -> None:
        """One process for each instance, and the zygote; one folder each."""
        zygote = self._manager._sandbox.zygote("base")
        workers = {instance._worker.pid for instance in self._instances if instance._worker is not None}
        workers |= {spare.pid for spare in self._manager._spares.values() if spare.alive}

        def strangers() -> set[int]:
            return descendants(zygote.pid) - workers

        if not until(lambda: not strangers()):
            self.report.wrong += [f"process {pid}, {'a zombie' if gone(pid) else 'alive'}" for pid in strangers()]
        folders = len(list(zygote._folder.glob("worker-*")))
        if folders != len(workers):
            self.report.wrong.append(f"{folders} scratch folders for {len(workers)} workers")


def _kind(error: BaseException) -> str:
    if isinstance(error, WorkerCrashed):
        return type(error).__name__
    return f"{type(error).__name__} ({getattr(error, 'message', error)})"


def cause(folder: Path, *, seed: int, enough: Callable[[Report], bool]) -> Report:
    """Chaos in a manager of its own, from the first process to the last; what was left over is in the report."""
    write_probe(folder, _PLUGIN)
    with PluginManager() as warm_up:  # what Python opens once and for all is not the manager's
        warm_up.create_instance(warm_up.load(folder / "probe").id).execute({"x": 0, "kind": "nothing"})
    before, grown = Census.take(), rss_bytes()
    with PluginManager() as manager:
        manager.load(folder / "probe")
        chaos = Chaos(manager, [manager.create_instance("probe") for _ in range(INSTANCES)], seed=seed)
        chaos.run(enough)
    report = chaos.report
    del chaos, manager
    until(lambda: not before.left_over(Census.take()))
    report.wrong += [f"left over: {what}" for what in before.left_over(Census.take())]
    report.host_grew_bytes = rss_bytes() - grown
    return report


def main() -> int:
    """Chaos for a while."""
    parser = argparse.ArgumentParser(prog="python -m tests.supervision.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    asked = parser.parse_args()
    end_s = time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        tempfile.tempdir = folder
        report = cause(Path(folder) / "plugins", seed=asked.seed, enough=lambda _: time.monotonic() > end_s)
    print(report)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
