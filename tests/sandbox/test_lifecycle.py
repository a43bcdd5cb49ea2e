"""What becomes of processes, descriptors, folders and threads when something ends, in peace or not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PluginError, WorkerCrashed

SLEEP = "if inputs.get('x') == 'sleep': await asyncio.sleep(60)\nreturn {'y': os.getpid()}"


def until(condition: Callable[[], bool], deadline_s: float = 5.0) -> bool:
    """Whether the condition comes true before the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            return False
        threading.Event().wait(0.01)
    return True


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_killed_worker_is_replaced(make: Callable[..., Instance]) -> None:
    """After the worker is killed between two calls, the next call gets a new one."""
    instance = make(SLEEP)
    first = instance.execute()["y"]
    os.kill(first, signal.SIGKILL)
    assert until(lambda: instance.state == "resting")
    assert instance.execute()["y"] != first
    assert instance.stats.restarts == 1


def test_a_worker_killed_in_a_call_ends_it_with_an_error(make: Callable[..., Instance]) -> None:
    """A call whose worker is killed raises WorkerCrashed with the signal."""
    instance = make(SLEEP)
    pid = instance.execute()["y"]
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(WorkerCrashed) as caught:
        instance.execute({"x": "sleep"})
    assert caught.value.signal == signal.SIGKILL


def test_a_killed_zygote_is_replaced(write_plugin: Callable[..., Path]) -> None:
    """When the zygote dies its workers die with it, a running call ends with an error, and the next call works."""
    with PluginManager() as manager:
        instance = manager.create_instance(manager.load(write_plugin(body=SLEEP)).id)
        worker = instance.execute()["y"]
        zygote = manager._sandbox.zygote("base").pid
        threading.Timer(0.2, os.kill, (zygote, signal.SIGKILL)).start()
        with pytest.raises(WorkerCrashed):
            instance.execute({"x": "sleep"})
        assert until(lambda: gone(worker))
        assert instance.execute()["y"] != worker


def test_nothing_is_left_after_close(write_plugin: Callable[..., Path]) -> None:
    """Closing a manager leaves no process, descriptor, thread or folder behind."""
    folder = write_plugin(body=SLEEP)
    with PluginManager() as warm_up:  # what Python opens once and for all is not the manager's
        warm_up.create_instance(warm_up.load(folder).id).execute()
    descriptors, threads = set(os.listdir("/proc/self/fd")), set(threading.enumerate())
    manager = PluginManager()
    instances = [manager.create_instance(manager.load(folder).id) for _ in range(3)]
    pids = [instance.execute()["y"] for instance in instances]
    zygote, scratch = manager._sandbox.zygote("base").pid, manager._sandbox._folder
    manager.close()
    assert all(gone(pid) for pid in [*pids, zygote])
    assert set(os.listdir("/proc/self/fd")) == descriptors
    assert set(threading.enumerate()) <= threads
    assert not scratch.exists()


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), 9)", "sys.exit()", "os._exit(1)"])
def test_when_the_host_dies_its_processes_follow(write_plugin: Callable[..., Path], ending: str) -> None:
    """Workers, zygote and scratch folders are gone within a second of the host's end, however it ends."""
    script = f"""
import os, sys
from schillinger_plugins import PluginManager
manager = PluginManager()
instance = manager.create_instance(manager.load({str(write_plugin(body=SLEEP))!r}).id)
print(instance.execute()["y"], manager._sandbox.zygote("base").pid, manager._sandbox._folder, flush=True)
{ending}
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    *pids, folder = done.stdout.split()
    for pid in map(int, pids):
        assert until(lambda pid=pid: gone(pid), 1.0)
    assert not Path(folder).exists()


@pytest.mark.parametrize("call", ["await asyncio.sleep(60)", "while True: pass", "time.sleep(60)"])
def test_an_interrupt_cancels_the_call_and_keeps_the_worker(make: Callable[..., Instance], call: str) -> None:
    """Ctrl-C ends a call that obeys, within a moment; the same worker serves the next one."""
    instance = make(
        f"if inputs.get('x') == 'long': {call}\nreturn {{'y': os.getpid()}}".replace(": while", ":\n    while")
    )
    pid = instance.execute()["y"]
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        instance.execute({"x": "long"})
    assert instance.execute()["y"] == pid
    assert instance.stats.cancelled == 1


def test_an_interrupt_during_a_report_of_progress_keeps_the_worker(make: Callable[..., Instance]) -> None:
    """Ctrl-C that falls into the caller's own progress callback cancels the call like any other."""
    instance = make(
        """
        if inputs.get('x') == 'long':
            self.context.progress(0.5)
            time.sleep(60)
        return {'y': os.getpid()}
        """
    )
    pid = instance.execute()["y"]

    def interrupted(fraction: float, message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        instance.execute({"x": "long"}, on_progress=interrupted)
    assert instance.execute()["y"] == pid


def test_an_interrupt_kills_a_plugin_that_ignores_it(make: Callable[..., Instance]) -> None:
    """Ctrl-C ends a plugin that swallows the interrupt; the instance comes back with a new worker."""
    instance = make(
        """
        while inputs.get('x') == 'stubborn':
            try: time.sleep(60)
            except BaseException: pass
        return {'y': os.getpid()}
        """
    )
    pid = instance.execute()["y"]
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        instance.execute({"x": "stubborn"})
    assert instance.execute()["y"] != pid


def test_cancelling_a_task_ends_the_call(make: Callable[..., Instance]) -> None:
    """Cancelling an awaited call ends it in the worker, and the instance serves the next one."""
    instance = make(SLEEP)

    async def scene() -> None:
        call = asyncio.create_task(instance.aexecute({"x": "sleep"}))
        while instance.state != "running":  # noqa: ASYNC110  # the state is set by no event of this loop
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await instance.aexecute())["y"] > 0

    asyncio.run(scene())


def test_both_doors_lead_to_the_same_errors(make: Callable[..., Instance]) -> None:
    """A failing call raises the same through the blocking and the asyncio door."""
    instance = make("raise ValueError('no such mode')")
    said = []
    with pytest.raises(PluginError) as caught:
        instance.execute()
    said.append((type(caught.value), str(caught.value)))
    with pytest.raises(PluginError) as caught:
        asyncio.run(instance.aexecute())
    said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]


def test_a_fork_of_the_host_is_refused_clearly(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """A manager inherited through fork says so instead of speaking on its parent's channels."""
    folder = write_plugin()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        try:
            manager.load(folder)
        except PluginError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as said:
        assert "belongs to the process that made it" in said.read()
