"""``make bench``: measure, and print the table.

Each row measures ours and its peers in turns within one run, so that the ratios hold on a machine whose speed drifts.
Medians; the ratio is ours divided by the peer's.
"""

from __future__ import annotations

import copy
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from schillinger_plugins import Audio, PluginManager

ECHO = '''
from schillinger_plugins.types import NodePlugin


class Echo(NodePlugin):
    """Return what came in."""

    async def execute(self, inputs, parameters):
        return dict(inputs)

    def get_node_definition(self):
        return {"type": "echo", "label": "Echo"}
'''
MANIFEST = """{"metadata": {"name": "Echo", "version": "1.0.0", "description": "", "author": "", "plugin_type": "NODE",
"category": "Benchmark", "dependencies": [], "requires_permissions": ["execute"]},
"main_file": "main.py", "config_schema": {}, "default_config": {}}"""

Action = Callable[[], object]


def main() -> None:
    """Measure everything and print the table."""
    table = Table("what", "ours", "against", "theirs", "ratio", title="medians of interleaved runs")
    with ExitStack() as stack:
        pool = stack.enter_context(ProcessPoolExecutor(1))
        pool.submit(copy.copy, None).result()  # its process is forked now, before there are other threads
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "echo"
        folder.mkdir()
        (folder / "plugin.json").write_text(MANIFEST)
        (folder / "main.py").write_text(ECHO)
        manager = stack.enter_context(PluginManager())
        instance = manager.create_instance(manager.load(folder).id)
        pong = stack.enter_context(bare_ping_pong())
        sound = Audio(np.zeros((2, 60 * 44100), np.float32), 44100)

        def create() -> None:
            manager.destroy_instance(manager.create_instance("echo", {"fresh": True}).id)

        rows: list[tuple[str, int, Action, dict[str, Action]]] = [
            (
                "call that does nothing",
                500,
                instance.execute,
                {"bare socketpair": pong, "ProcessPoolExecutor": lambda: pool.submit(copy.copy, None).result()},
            ),
            (
                "60 s of stereo in and back",
                15,
                lambda: instance.execute({"audio": sound}),
                {
                    "two copies": lambda: (sound.samples.copy(), sound.samples.copy()),
                    "ProcessPoolExecutor": lambda: pool.submit(copy.copy, sound.samples).result(),
                },
            ),
            ("create and destroy an instance", 15, create, {"fresh interpreter with NumPy": fresh_interpreter}),
        ]
        for what, runs, ours, peers in rows:
            times = measure(what, runs, {"": ours, **peers})
            for peer in peers:
                own, other = times[""], times[peer]
                table.add_row(what, f"{own * 1e3:.3f} ms", peer, f"{other * 1e3:.3f} ms", f"{own / other:.3f}")
    Console().print(table)


def measure(what: str, runs: int, actions: dict[str, Action]) -> dict[str, float]:
    """Median seconds of each action, taken in turns after two rounds of warm-up."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in track(range(runs + 2), description=what, transient=True):
        for name, action in actions.items():
            begun = time.perf_counter()
            action()
            if turn >= 2:
                times[name].append(time.perf_counter() - begun)
    return {name: statistics.median(taken) for name, taken in times.items()}


@contextmanager
def bare_ping_pong() -> Iterator[Action]:
    """One byte there and back between two Python processes: the least that any call to another process costs."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    script = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1]))\nwhile d := s.recv(9): s.send(d)"
    child = subprocess.Popen([sys.executable, "-c", script, str(theirs.fileno())], pass_fds=(theirs.fileno(),))
    theirs.close()
    try:
        yield lambda: (ours.send(b"x"), ours.recv(9))
    finally:
        ours.close()
        child.wait(5)


def fresh_interpreter() -> None:
    """What a plugin in a process of its own would cost without a zygote."""
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)


if __name__ == "__main__":
    main()
