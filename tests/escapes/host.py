"""The process that must come to no harm: it holds secrets and a PluginManager, and runs one attack after another.

Owns nothing but the protocol: a line of JSON for each command on standard input, a line for each answer on standard
output. With ``--victim`` it holds the same secrets but no manager: what the control runs attack. Started by `harness`
under any user.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = [
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGHUP,
    signal.SIGIO,
    signal.SIGWINCH,
    signal.SIGALRM,
    signal.SIGTERM,
]
_MAX_TEXT = 2_000_000

received: dict[int, int] = {}


def state() -> dict[str, Any]:
    """What an attack on this process would change."""
    return {
        "signals": {str(number): count for number, count in received.items()},
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "scheduler": os.sched_getscheduler(0),
        "limits": [resource.getrlimit(which) for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
        "group": [os.getpgid(0), os.getsid(0)],
        "umask": _umask(),
        "folder": os.getcwd(),
        "oom": Path("/proc/self/oom_score_adj").read_text().strip(),
    }


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, orphans included: this process adopts them."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                parent = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry))
    found, pending = [], [pid]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return sorted(found)


def memory_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Host:
    """Runs attacks through a manager."""

    def __init__(self) -> None:
        from schillinger_plugins import PluginManager

        self.manager = PluginManager(paths=[])
        self.neighbour: Any = None
        self.neighbour_scratch = Path()
        self.descriptors = 0

    def warm(self, folder: str) -> dict[str, Any]:
        """Load a neighbour with a secret in its scratch folder; say where, and which sandbox level is in force."""
        record = self.manager.load(Path(folder))
        self.neighbour = self.manager.create_instance(record.id)
        said = self.neighbour.execute({"what": "attack", "outside": os.environ["ESCAPE_NEIGHBOUR"]})["y"]
        self.neighbour_scratch = Path(said["scratch"])
        package = sys.modules["schillinger_plugins"].__file__ or ""
        assert [line.text for line in self.manager.logs(record.id)] == [
            "here"
        ]  # lines are kept in a file that stays open
        self.manager.recorder.flush()  # while the journal is written it is open
        self.descriptors = min(_looks_at_descriptors(0.2))
        return {
            "scratch": said["scratch"],
            "pid": said["pid"],
            "random": said["random"],
            "level": self.manager.doctor().level,
            "package": os.path.dirname(package),
            "left": self.descendants(),
            "folders": self.folders(),
            "descriptors": self.descriptors,
        }

    def folders(self) -> list[str]:
        """Scratch folders and copies of plugins that lie about."""
        here = self.neighbour_scratch.parent
        return sorted(str(path) for folder in (here, here.parent) for path in folder.iterdir())

    def descendants(self) -> list[int]:
        return descendants(os.getpid())

    def attack(
        self,
        folder: str,
        facts: dict[str, Any],
        *,
        limits: dict[str, float] | list[dict[str, float]] | None,
        calls: int,
        pause_s: float,
        door: str,
    ) -> dict[str, Any]:
        """Load the plugin, let it attack `calls` times, see whether it can be called again, and forget it."""
        answer: dict[str, Any] = {"stage": "load", "error": None, "limit": None, "evidence": None, "usable": None}
        answer |= {"pause_worker_s": 0.0, "pause_host_s": 0.0, "gap_s": 0.0}
        before_bytes, began_cpu, began = memory_bytes(), time.process_time(), time.monotonic()
        peak = _Peak()
        texts: list[str] = []
        plugin_id = Path(folder).name
        try:
            with peak:
                record = self.manager.load(Path(folder))
                plugin_id = record.id
                instance = self.manager.create_instance(record.id)
                answer["stage"] = "call"
                inputs = {"what": "attack", "outside": json.dumps(facts)}
                for number in range(calls):
                    allowed = limits[number] if isinstance(limits, list) else limits
                    if door == "asyncio":
                        result = asyncio.run(_beside_a_clock(instance, inputs, allowed, answer))
                    else:
                        result = instance.execute(inputs, limits=allowed)
                    texts += _shown(result)
                    evidence = result.get("y") if number == calls - 1 else None
                    answer["evidence"] = evidence if evidence is None else str(evidence)[:2000]
                answer["stage"] = "returned"
        except BaseException as error:
            answer |= {"error": type(error).__name__, "limit": getattr(error, "limit", None)}
            texts += [str(error), str(getattr(error, "traceback_text", "")), *getattr(error, "__notes__", [])]
        answer |= {
            "wall_s": time.monotonic() - began,
            "cpu_s": time.process_time() - began_cpu,
            "grown_bytes": peak.bytes - before_bytes,
            "peak_descriptors": peak.descriptors,
        }
        if pause_s:
            worker_before, host_before = _cpu_s(self.descendants()), time.process_time()
            peaks = [0.0]
            until = time.monotonic() + pause_s
            while time.monotonic() < until:
                time.sleep(0.1)
                peaks.append(_cpu_s(self.descendants()) - worker_before)
            answer |= {"pause_worker_s": max(peaks), "pause_host_s": time.process_time() - host_before}
        if answer["stage"] != "load":
            try:
                answer["usable"] = instance.execute({"what": "rest"})["y"] == "fine"
            except Exception as error:
                answer["usable"] = False
                texts.append(f"afterwards: {type(error).__name__}: {error}")
        with contextlib.suppress(Exception):
            texts += [line.text for line in self.manager.logs(plugin_id)]
        try:
            if plugin_id in self.manager.plugins:
                self.manager.unload(plugin_id)
                self.manager.registry.unregister(plugin_id)
        except BaseException as error:
            answer["left_over"] = f"{type(error).__name__}: {error}"
        answer["text"] = "\n".join(texts)[:_MAX_TEXT]
        self.manager.recorder.flush()
        answer["processes"] = self.descendants()
        answer["folders"] = self.folders()
        answer["descriptors"] = next(
            (count for count in _looks_at_descriptors(2.0) if count <= self.descriptors), _descriptors()
        )
        answer["state"] = state()
        answer["alive"] = self.neighbour.execute({"what": "rest"})["y"] == "fine"
        return answer


def _cpu_s(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def _beside_a_clock(
    instance: Any, inputs: dict[str, Any], limits: dict[str, float] | None, answer: dict[str, Any]
) -> Any:
    """Call through the asyncio door, and note the longest time for which nothing else had a turn."""

    async def tick() -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            answer["gap_s"] = max(answer["gap_s"], time.monotonic() - before)

    clock = asyncio.create_task(tick())
    await asyncio.sleep(0)
    try:
        return await instance.aexecute(inputs, limits=limits)
    finally:
        await asyncio.sleep(0.03)  # a turn for the clock, which has been waiting for as long as the loop stood still
        clock.cancel()


class _Peak:
    """The most memory and the most descriptors this process had while something ran."""

    def __init__(self) -> None:
        self.bytes = 0
        self.descriptors = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.bytes = max(self.bytes, memory_bytes())
            self.descriptors = max(self.descriptors, _descriptors())

    def __enter__(self) -> _Peak:
        self.bytes = memory_bytes()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.bytes = max(self.bytes, memory_bytes())


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def _looks_at_descriptors(seconds: float) -> Iterator[int]:
    """One look after another: what is lost stays open, what the watchdog or the journal reads just now doesn't."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield _descriptors()
        time.sleep(0.005)


def _shown(result: Any) -> list[str]:
    """Everything a notebook could draw of a result."""
    texts = [repr(result), repr(dict(result))[:_MAX_TEXT]]
    for name in ("_repr_html_", "_repr_markdown_"):
        with contextlib.suppress(Exception):
            texts.append("SHOWN:" + str(getattr(result, name)()))
    return texts


def main() -> None:
    """Answer commands until standard input ends."""
    victim = "--victim" in sys.argv
    kept = os.environ["ESCAPE_MEMORY"] + "-kept"  # in the heap, as a password that somebody typed
    for number in _SIGNALS:
        signal.signal(number, lambda number, _: received.__setitem__(number, received.get(number, 0) + 1))
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    host = None if victim else Host()
    for line in sys.stdin:
        command = json.loads(line)
        answer: Any
        match command["do"]:
            case "state":
                answer = {**state(), "kept": len(kept)}
            case "warm":
                assert host is not None
                answer = host.warm(command["folder"])
            case "attack":
                assert host is not None
                answer = host.attack(
                    command["folder"],
                    command["outside"],
                    **{name: command[name] for name in ("limits", "calls", "pause_s", "door")},
                )
            case other:
                raise ValueError(other)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if host is not None:
        host.manager.close()


if __name__ == "__main__":
    main()
