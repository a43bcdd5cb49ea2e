"""The host is killed: its workers, zygotes and folders are gone within a second."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .census import descendants, gone, until

HOST = """
import sys
from schillinger_plugins import PluginManager
manager = PluginManager()
stage, folder = sys.argv[1:]
print("born", flush=True)
if stage == "made":
    print("now", flush=True)
    sys.stdin.read()
def told(fraction, message):
    print("now", flush=True)
if stage == "warming":
    manager.warm("audio", on_progress=told)
print("loading", flush=True)
instance = manager.create_instance(manager.load(folder).id)
print("now" if stage == "idle" else "called", flush=True)
if stage == "call":
    instance.execute({"x": "long"}, on_progress=told)
if stage == "writing":
    instance.execute({"x": "write"}, on_progress=told)
sys.stdin.read()
"""
BODY = """
if inputs.get('x'): self.context.progress(0.5, message='')
while inputs.get('x') == 'write':
    (self.context.scratch / str(time.monotonic())).write_text('')
while inputs.get('x') == 'long': time.sleep(1)
return {'y': 1}
"""
INITIALIZE = """
from schillinger_plugins.types import *
import sys, time
print("importing", file=sys.stderr)
time.sleep(60)
"""


class Killed:
    """A host in a process of its own, and what it started."""

    def __init__(self, temporary: Path, code: str, *arguments: str) -> None:
        self._temporary = temporary
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def wait_for(self, word: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == word:
                return
        raise AssertionError(f"it ended before it said {word}")

    def kill(self) -> None:
        """Kill it, and see that all is gone within a second."""
        started = descendants(self.process.pid)
        self.process.kill()
        self.process.communicate()
        died_s = time.monotonic()
        # A second, on a machine that has a core to give; where other work queues up, as many as wait for each core.
        deadline_s = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert until(lambda: all(gone(pid) for pid in started), deadline_s), [pid for pid in started if not gone(pid)]
        assert until(
            lambda: not list(self._temporary.iterdir()), max(0.01, deadline_s - (time.monotonic() - died_s))
        ), list(self._temporary.rglob("*"))


@pytest.mark.parametrize("stage", ["made", "warming", "idle", "call", "writing"])
def test_killed_at_a_stage(write_plugin: Callable[..., Path], own_temporary_folder: Path, stage: str) -> None:
    """Before anything was loaded, while libraries are imported, idle, in a call, and while the plugin fills its folder."""
    host = Killed(own_temporary_folder, HOST, stage, str(write_plugin(body=BODY)))
    host.wait_for("now")
    host.kill()


def test_killed_while_a_plugin_is_imported(write_plugin: Callable[..., Path], own_temporary_folder: Path) -> None:
    """The copy of its code is gone, too."""
    host = Killed(own_temporary_folder, HOST, "idle", str(write_plugin(main=INITIALIZE)))
    host.wait_for("loading")
    assert until(lambda: len(descendants(host.process.pid)) >= 2, 20.0)
    host.kill()


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_a_random_moment(write_plugin: Callable[..., Path], own_temporary_folder: Path, seed: int) -> None:
    """Anywhere from its first line to its first call."""
    host = Killed(own_temporary_folder, HOST, "idle", str(write_plugin(body=BODY)))
    host.wait_for("born")
    threading.Event().wait(random.Random(seed).uniform(0, 1.2))  # not to synchronise: the moment is the test
    host.kill()


def test_stopped_then_killed(write_plugin: Callable[..., Path], own_temporary_folder: Path) -> None:
    """A host that was frozen first leaves no more than one that was not."""
    host = Killed(own_temporary_folder, HOST, "call", str(write_plugin(body=BODY)))
    host.wait_for("now")
    os.kill(host.process.pid, signal.SIGSTOP)
    host.kill()
