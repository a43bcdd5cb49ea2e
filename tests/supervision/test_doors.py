"""Wherever it is called from: threads, loops, callbacks, forks, odd processes, a notebook."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import schillinger_plugins
from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import InputError, PluginError

from .census import Census, until
from .conftest import ScriptRun
from .probe import write_probe

PROGRESS = "self.context.progress(0.5, message='half')\nreturn {'y': inputs['x']}"
SCRIPT = """
import asyncio, os, signal, sys, threading
from schillinger_plugins import PluginManager
from schillinger_plugins.errors import PluginError
folder = sys.argv[1]
"""
CALL = """
with PluginManager() as manager:
    instance = manager.create_instance(manager.load(folder).id)
    print(instance.execute({"x": 42})["y"], asyncio.run(instance.aexecute({"x": 43}))["y"], flush=True)
"""


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    return write_probe(tmp_path / "by_hand")


def in_thread(action: Callable[[], object]) -> object:
    """What it returned or raised, in a thread of its own."""
    said: list[object] = []

    def run() -> None:
        try:
            said.append(action())
        except Exception as error:
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    (outcome,) = said
    return outcome


def test_from_a_thread(make: Callable[..., Instance]) -> None:
    """An instance made here is called there."""
    instance = make()
    assert in_thread(lambda: instance.execute({"x": 42})["y"]) == 42


def test_from_a_loop_in_a_thread(make: Callable[..., Instance]) -> None:
    """And by a loop that isn't the main thread's."""
    instance = make()
    assert in_thread(lambda: asyncio.run(instance.aexecute({"x": 42}))["y"]) == 42


def test_from_one_loop_after_another(make: Callable[..., Instance]) -> None:
    """Nothing of a loop that has been closed is remembered."""
    instance = make()
    assert [asyncio.run(instance.aexecute({"x": number}))["y"] for number in range(5)] == list(range(5))


def test_a_manager_made_in_a_thread_that_has_ended(write_plugin: Callable[..., Path], nothing_left: None) -> None:
    """Its workers don't die with the thread."""
    manager = in_thread(PluginManager)
    assert isinstance(manager, PluginManager)
    instance = in_thread(lambda: manager.create_instance(manager.load(write_plugin()).id))
    assert isinstance(instance, Instance)
    assert instance.execute({"x": 42})["y"] == 42
    in_thread(manager.close)


def test_two_managers_in_one_process(write_plugin: Callable[..., Path], nothing_left: None) -> None:
    """They share nothing: one closes, the other goes on."""
    folder = write_plugin()
    with PluginManager() as one:
        instance = one.create_instance(one.load(folder).id)
        with PluginManager() as other:
            second = other.create_instance(other.load(folder).id)
            assert [instance.execute({"x": 1})["y"], second.execute({"x": 2})["y"]] == [1, 2]
        assert instance.execute({"x": 3})["y"] == 3


def test_a_manager_that_is_forgotten(write_plugin: Callable[..., Path], nothing_left: None) -> None:
    """Nobody closed it; it is gone all the same, with its processes and descriptors."""
    manager = PluginManager()
    manager.create_instance(manager.load(write_plugin()).id).execute({"x": 1})
    manager.load(write_plugin("other"))
    del manager


def test_another_instance_from_a_progress_callback(make: Callable[..., Instance]) -> None:
    """A call within a call."""
    outer, inner = make(PROGRESS), make(PROGRESS)
    said: list[object] = []
    outer.execute({"x": 1}, on_progress=lambda *_: said.append(inner.execute({"x": 2})["y"]))
    assert said == [2]


def test_the_same_instance_from_a_progress_callback(make: Callable[..., Instance]) -> None:
    """It would wait for itself: refused with a remedy, through both doors, and the outer call goes on."""
    instance = make(PROGRESS)
    said: list[Exception] = []

    def nested(*_: object) -> None:
        for call in (lambda: instance.execute({"x": 2}), lambda: in_loop_of_its_own(instance)):
            try:
                call()
            except Exception as error:
                said.append(error)

    def in_loop_of_its_own(instance: Instance) -> None:
        asyncio.run(instance.aexecute({"x": 2}))

    assert instance.execute({"x": 1}, on_progress=nested)["y"] == 1
    assert [type(error) for error in said] == [InputError, InputError]
    assert all("create another instance" in str(error) for error in said)


def test_blocking_where_a_task_of_this_loop_has_the_turn(make: Callable[..., Instance]) -> None:
    """It could never end: refused at once, and the task goes on."""
    instance = make("await asyncio.sleep(0.2)\nreturn {'y': inputs['x']}")

    async def scene() -> None:
        first = asyncio.ensure_future(instance.aexecute({"x": 1}))
        second = asyncio.ensure_future(instance.aexecute({"x": 2}))
        while instance.state != "running":  # noqa: ASYNC110  # the state is set by no event of this loop
            await asyncio.sleep(0)
        with pytest.raises(InputError, match="await aexecute"):
            instance.execute({"x": 3})
        assert [(await first)["y"], (await second)["y"]] == [1, 2]

    asyncio.run(scene())


def test_destroyed_from_its_own_progress_callback(make: Callable[..., Instance], manager: PluginManager) -> None:
    """The call ends with an error that says so; nothing hangs."""
    instance = make(PROGRESS.replace("return", "time.sleep(60)\nreturn"))
    with pytest.raises(PluginError, match="destroyed"):
        instance.execute({"x": 1}, on_progress=lambda *_: manager.destroy_instance(instance.id))
    assert instance._worker is None


@pytest.mark.parametrize("arguments", [["-c"], ["-m"]])
def test_from_the_command_line(probe: Path, tmp_path: Path, arguments: list[str]) -> None:
    """``python -c`` and ``python -m``: no main module is imported again anywhere."""
    (tmp_path / "program.py").write_text(SCRIPT + "print('once')" + CALL)
    what = (SCRIPT + "print('once')" + CALL) if arguments == ["-c"] else "program"
    root = str(Path(schillinger_plugins.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *arguments, what, str(probe)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert done.stdout.split() == ["once", "42", "43"], done.stderr


ODD = {
    "SIGCHLD is ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n",
    "SIGINT is ignored": "signal.signal(signal.SIGINT, signal.SIG_IGN)\n",
    "signals are blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 32)))\n",
    "standard input is closed": "os.close(0)\n",
    "standard input and error are closed": "os.close(0); os.close(2)\n",
    "umask is strict": "os.umask(0o077)\n",
    "the working directory is gone": "os.mkdir('d'); os.chdir('d'); os.rmdir('../d')\n",
    "there is no environment": "os.environ.clear()\n",
}


@pytest.mark.parametrize("odd", ODD)
def test_in_an_odd_process(script: ScriptRun, probe: Path, tmp_path: Path, odd: str) -> None:
    """Workers are started, called, killed, replaced and ended."""
    again = (
        "    instance._worker.kill(); instance._worker._dies_within(5)\n    print(instance.execute({'x': 44})['y'])\n"
    )
    done = script(SCRIPT + ODD[odd] + CALL + again, str(probe), cwd=tmp_path)
    assert done.stdout.split() == ["42", "43", "44"], done.stderr
    assert done.returncode == 0


def test_ctrl_c_reaches_workers_of_a_host_that_blocks_signals(script: ScriptRun, probe: Path) -> None:
    """A worker inherits no mask: it can be asked to stop."""
    (probe / "main.py").write_text(
        (probe / "main.py").read_text().replace("return", "import time; time.sleep(60)\n        return", 1)
    )
    code = """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
with PluginManager() as manager:
    instance = manager.create_instance(manager.load(folder).id)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        instance.execute()
    except KeyboardInterrupt:
        print(instance.state)
"""
    assert script(SCRIPT + code, str(probe)).stdout.split() == ["ready"]


@pytest.mark.parametrize("order", ["before", "after"])
def test_in_an_atexit_handler(script: ScriptRun, probe: Path, order: str) -> None:
    """Registered after the manager was made, it can call; registered before, it is told that the manager is closed."""
    code = """
import atexit
import numpy as np
def last_words():
    try:
        print(instance.execute({"x": 42})["y"], len(instance.execute({"x": np.ones(100_000)})["y"]))
        print(manager.create_instance("probe").execute({"x": 43})["y"])
    except PluginError as error:
        print("refused:", error)
"""
    make = "manager = PluginManager()\ninstance = manager.create_instance(manager.load(folder).id)\n"
    register = "atexit.register(last_words)\n"
    done = script(SCRIPT + code + (register + make if order == "before" else make + register), str(probe))
    assert done.returncode == 0
    assert not done.stderr, done.stderr
    if order == "after":
        assert done.stdout.split() == ["42", "100000", "43"]
    else:
        assert done.stdout.startswith("refused:") or done.stdout.split() == ["42", "100000", "43"]


def test_few_descriptors_left(script: ScriptRun, probe: Path) -> None:
    """At whichever step they run out: a clear error each time, nothing is left over, and with room again it works."""
    code = """
import resource
sys.path.insert(0, sys.argv[2])
from tests.supervision.census import Census, until
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
import numpy as np
with PluginManager() as manager:
    instance = manager.create_instance(manager.load(folder).id)
    instance.execute({"x": np.ones(100_000)})
    instance.rest()
    manager.unload("probe")
    before = Census.take()
    said, worked = set(), 0
    for room in range(0, 40, 2):
        taken = len(os.listdir("/proc/self/fd")) - 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken + room, hard))
        try:
            manager.load(folder)
            manager.create_instance("probe").execute({"x": np.ones(300_000)})
            worked += 1
        except PluginError as error:
            said.add(str(error))
        except OSError as error:
            said.add("OSError: " + str(error))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            manager.unload("probe")
        if not until(lambda: not before.left_over(Census.take())):  # digests are still being computed for a moment
            print("left", room, before.left_over(Census.take()))
    for text in sorted(said):
        print("said", text)
    print("worked", worked)
"""
    root = str(Path(schillinger_plugins.__file__).parents[1])
    done = script(SCRIPT + code, str(probe), root, deadline_s=60)
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith("left")], done.stdout + done.stderr
    said = [line for line in lines if line.startswith("said")]
    assert said, done.stdout + done.stderr
    assert not [line for line in said if "OSError" in line], said
    assert int(lines[-1].split()[1]) > 2, done.stdout


def test_few_descriptors_while_a_zygote_is_needed(script: ScriptRun, probe: Path) -> None:
    """The first start, too."""
    code = """
import resource
for room in range(0, 40, 3):
    taken = len(os.listdir("/proc/self/fd")) - 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with PluginManager() as manager:
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken + room, hard))
        try:
            manager.load(folder)
            print("worked")
            break
        except PluginError as error:
            print("refused", repr(str(error)))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
"""
    done = script(SCRIPT + code, str(probe), deadline_s=60)
    *refused, last = done.stdout.splitlines()
    assert last == "worked", done.stdout + done.stderr
    assert all("refused" in line for line in refused)
    assert any("ulimit -n" in line for line in refused), refused


FORKED = """
with PluginManager() as manager:
    instance = manager.create_instance(manager.load(folder).id)
    other = manager.create_instance("probe", )
    print(instance.execute({"x": 1})["y"], flush=True)
"""
IN_CHILD = """
def refused(action):
    try:
        action()
    except PluginError as error:
        print("refused" if "fork" in str(error) else error, flush=True)
    else:
        print("not refused", flush=True)
def child():
    refused(lambda: instance.execute({"x": 2}))
    refused(lambda: asyncio.run(instance.aexecute({"x": 2})))
    refused(lambda: manager.load(folder))
    refused(lambda: manager.create_instance("probe"))
    refused(lambda: manager.doctor())
    instance.destroy()
    manager.close()
"""
FORKS = {
    "os.fork, then exit": (
        "pid = os.fork()\n    if pid == 0:\n        child()\n        sys.exit(0)\n    os.waitpid(pid, 0)\n"
    ),
    "os.fork, then the end": "pid = os.fork()\n    if pid == 0:\n        child()\n    else: os.waitpid(pid, 0)\n",
    "multiprocessing": (
        "import multiprocessing\n"
        "    process = multiprocessing.get_context('fork').Process(target=child)\n"
        "    process.start(); process.join(); pid = 1\n"
    ),
    "in a thread": (
        "import multiprocessing\n"
        "    def run():\n"
        "        process = multiprocessing.get_context('fork').Process(target=child)\n"
        "        process.start(); process.join()\n"
        "    thread = threading.Thread(target=run); thread.start(); thread.join(); pid = 1\n"
    ),
}


@pytest.mark.parametrize("fork", FORKS)
def test_after_a_fork(script: ScriptRun, probe: Path, fork: str) -> None:
    """The child is refused clearly whatever it asks, and its end does no harm; the parent goes on."""
    after = (
        "    if pid:\n"
        "        print(instance.execute({'x': 3})['y'], other.execute({'x': 4})['y'], instance.stats.restarts)\n"
    )
    done = script(SCRIPT + IN_CHILD + FORKED + "    " + FORKS[fork] + after, str(probe), deadline_s=60)
    assert done.stdout.split() == ["1", *["refused"] * 5, "3", "4", "0"], done.stdout + done.stderr


def test_a_manager_of_its_own_in_a_forked_process(script: ScriptRun, probe: Path) -> None:
    """What the remedy says does work, large arrays and their digests included."""
    code = """
import numpy as np
with PluginManager() as manager:
    instance = manager.create_instance(manager.load(folder).id)
    instance.execute({"x": np.ones(100_000)}).provenance
    pid = os.fork()
    if pid == 0:
        with PluginManager() as own:
            mine = own.create_instance(own.load(folder).id)
            for _ in range(3):
                result = mine.execute({"x": np.ones(100_000)})
            print(result.provenance.input_digests != {}, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print(instance.execute({"x": 3})["y"])
"""
    done = script(SCRIPT + code, str(probe), deadline_s=60)
    assert done.stdout.split() == ["True", "3"], done.stdout + done.stderr


def test_status_is_asked_while_calls_end_and_begin(make: Callable[..., Instance], manager: PluginManager) -> None:
    """From another thread, all the time, while workers are killed: it never fails, and no call does because of it."""
    instance = make("return {'y': os.getpid()}")
    ending = threading.Event()

    def ask() -> object:
        while not ending.is_set():
            manager.status()
            repr(instance)
        return "well"

    said: list[object] = []
    asking = [threading.Thread(target=lambda: said.append(ask())) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        for number in range(60):
            assert instance.execute()["y"]
            if number % 3 == 0 and instance._worker is not None:
                instance._worker.kill()
                assert until(lambda: instance.state == "resting")
    except PluginError as error:
        pytest.fail(f"a call failed: {error}")
    finally:
        ending.set()
        for thread in asking:
            thread.join(10)
    assert said == ["well", "well"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    home = tmp_path / "kernel"
    home.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1]),
        "IPYTHONDIR": str(home),
    }
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, cwd=str(home))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_in_a_notebook(client: BlockingKernelClient, probe: Path, own_temporary_folder: Path) -> None:
    """In cells that call, that await, that leave a task behind, in threads and functions of functions; then it is killed."""
    cells = [
        "import asyncio, threading, json",
        "from schillinger_plugins import PluginManager",
        f"manager = PluginManager(); instance = manager.create_instance(manager.load({str(probe)!r}).id)",
        "said = [instance.execute({'x': 1})['y']]",
        "said.append((await instance.aexecute({'x': 2}))['y'])",
        "task = asyncio.ensure_future(instance.aexecute({'x': 3}))",
        "said.append((await task)['y'])",
        "thread = threading.Thread(target=lambda: said.append(instance.execute({'x': 4})['y']))",
        "thread.start(); thread.join()",
        "def outer():\n    def inner(): return instance.execute({'x': 5})['y']\n    return inner()\nsaid.append(outer())",
        'get_ipython().run_cell(\'said.append(instance.execute({"x": 6})["y"])\');',
        "print(json.dumps(said))",
    ]
    printed: list[str] = []
    for cell in cells:
        reply = client.execute_interactive(
            cell,
            timeout=60,
            store_history=False,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )
        assert reply["content"]["status"] == "ok", reply["content"]
    assert json.loads("".join(printed).strip().splitlines()[-1]) == [1, 2, 3, 4, 5, 6]


def test_a_census_counts(tmp_path: Path) -> None:
    """The proof that nothing is left over would notice a descriptor, a thread and a process."""
    before = Census.take()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    thread = threading.Thread(target=child.wait, name="a thread")
    thread.start()
    left = before.left_over(Census.take())
    child.communicate()
    thread.join(10)
    assert any("descriptor pipe" in line for line in left)
    assert any("thread a thread" in line for line in left)
    assert any(f"process {child.pid}" in line for line in left)
    assert until(lambda: not before.left_over(Census.take()))
