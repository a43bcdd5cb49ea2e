"""What ran is in the journal, even if the process that ran it was killed before a word of it had been written there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schillinger_plugins.journal import Happening, Journal, folder_of
from schillinger_plugins.journal import spool as spools

WritePlugin = Callable[..., Path]

RUN_AND_WAIT = """
import sys
from pathlib import Path
from schillinger_plugins import Flow, PluginManager, recorder
from schillinger_plugins.errors import PluginError
from schillinger_plugins.journal import Retention, writer
writer.GATHER_S = 3600.0  # nothing reaches the database
writer.GROWN_S = 0.01
recorder.ONE_BY_ONE_PER_S = int(sys.argv[3])
manager = PluginManager(retention=Retention())
manager.load(Path(sys.argv[1]))
instance = manager.create_instance("probe")
for number in range(int(sys.argv[2])):
    instance.execute({"x": number})
try:
    instance.execute({"x": "no number"})
except PluginError:
    pass
flow = Flow(manager, name="study")
flow.add("resultant_rhythm", a=3, b=2)
flow.run()
print("ran", flush=True)
sys.stdin.read()
"""
BODY = "return {'y': inputs['x'] + 1}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal is."""
    monkeypatch.setenv("SCHILLINGER_JOURNAL", str(tmp_path / "journal.db"))
    return tmp_path / "journal.db"


@contextlib.contextmanager
def running(folder: Path, *, calls: int, one_by_one: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has called the plugin so often, once in vain, and in a flow; it is killed in the end."""
    command = [sys.executable, "-c", RUN_AND_WAIT, str(folder), str(calls), str(one_by_one)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ran\n"
        yield process
        process.send_signal(signal.SIGKILL)


def kept(file: Path) -> dict[str, dict[str, Any]]:
    """What lies in the spool of runs, by their ids; of those that grow, as it was last."""
    found = {}
    for path in spools.left_in(folder_of(file)):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(ValueError):  # a half one, or one of a log
                told = json.loads(line)
                found[told["run_id"]] = told
    return found


def test_events_outlive_a_process_that_is_killed(file: Path, write_plugin: WritePlugin) -> None:
    """Each once, be it in the database already or not."""
    with running(write_plugin(body=BODY), calls=1, one_by_one=100) as process:
        while len(kept(file)) < 4:  # the flow's own is the last: all else was put before
            assert process.poll() is None
            os.sched_yield()
        (loaded,) = [one for one in _happened(file) if (one.name, one.plugin_id) == ("loaded", "probe")]
        Journal(file).add([loaded])
    told = Counter((one.name, one.plugin_id) for one in Journal(file).happenings())
    assert told["loaded", "probe"] == told["instance_created", "probe"] == told["loaded", "resultant_rhythm"] == 1
    assert not spools.left_in(folder_of(file))


def _happened(file: Path) -> list[Happening]:
    """The events in the spool, by whoever can read them."""
    lines = [line for path in spools.left_in(folder_of(file)) for line in path.read_bytes().splitlines()]
    return [
        msgspec.json.decode(line.removeprefix(b"event "), type=Happening)
        for line in lines
        if line.startswith(b"event ")
    ]


def test_runs_outlive_a_process_that_is_killed(file: Path, write_plugin: WritePlugin) -> None:
    """Each once, with how it ended: done, failed, and the flow with its part."""
    with running(write_plugin(body=BODY), calls=5, one_by_one=100) as process:
        while len(kept(file)) < 8:
            assert process.poll() is None
            os.sched_yield()
    runs = list(Journal(file).runs())
    assert Counter((one.kind, one.outcome) for one in runs) == {
        ("call", "done"): 6,
        ("call", "failed"): 1,
        ("flow", "done"): 1,
    }
    (failed,) = [one for one in runs if one.outcome == "failed"]
    assert failed.error_kind == "PluginExecutionError"
    assert len({one.run_id for one in runs}) == 8
    assert not spools.left_in(folder_of(file))


def test_calls_that_were_summed_up_outlive_it_too(file: Path, write_plugin: WritePlugin) -> None:
    """As many as they were when they were last kept; the sum is there once, however often it was."""
    with running(write_plugin(body=BODY), calls=300, one_by_one=1) as process:
        while sum(one["calls"] for one in kept(file).values() if one["kind"] == "call") < 302:
            assert process.poll() is None
            os.sched_yield()
    runs = [one for one in Journal(file).runs() if one.kind == "call"]
    assert sum(one.calls for one in runs) == 302
    assert max(one.calls for one in runs) > 250
    assert len({one.run_id for one in runs}) == len(runs)
