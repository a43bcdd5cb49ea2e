"""What a manager does is in the journal: who, which code, with what, at what cost, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import json
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import Audio, Flow, PluginManager
from schillinger_plugins.behalf import Behalf, acting
from schillinger_plugins.conformance import examine
from schillinger_plugins.errors import (
    FlowError,
    InputError,
    LimitExceeded,
    ManifestError,
    PermissionDenied,
    PluginExecutionError,
    UnknownPlugin,
    WorkerCrashed,
)
from schillinger_plugins.happenings import MAX_TRACEBACK
from schillinger_plugins.journal import Journal, Retention, folder_of
from schillinger_plugins.journal.spool import left_in
from schillinger_plugins.loader import inspect
from schillinger_plugins.permissions import current_user
from schillinger_plugins.recorder import _Budget
from schillinger_plugins.registry import content_hash
from schillinger_plugins.result import digest
from schillinger_plugins.types import File

from ..conftest import WritePlugin
from ..workflow.conftest import ADDER, OWN, main_of

EFFECT = """
import numpy as np
from schillinger_plugins.types import Audio, EffectPlugin

class Half(EffectPlugin):
    def process(self, block, parameters):
        return Audio(block.samples / 2, block.sample_rate)

    def get_node_definition(self):
        return {"type": "half", "label": "Half", "inputs": [{"name": "audio", "type": "audio"}],
                "outputs": [{"name": "audio", "type": "audio"}], "parameters": []}
"""


@pytest.fixture
def kept(own_places: None) -> Iterator[PluginManager]:
    """A manager that writes a journal of its own."""
    with PluginManager(retention=Retention()) as manager:
        yield manager


def journal(manager: PluginManager) -> Journal:
    assert manager.recorder.flush(30)
    return manager.permissions.journal


def test_a_call_is_told_with_all_that_repeats_it(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Its record says what its result's provenance says, and what it cost."""
    plugin = kept.load(write_plugin(body="return {'y': 1}"))
    result = kept.create_instance(plugin.id).execute({"x": np.arange(3)}, {}, seed=7)
    (found,) = journal(kept).runs()
    provenance = result.provenance
    assert found.run_id == provenance.run_id != ""
    assert (found.plugin_id, found.version, found.content_hash) == ("probe", "1.0.0", provenance.content_hash)
    assert (found.user, found.session, found.instance_id) == (current_user(), kept.recorder.session, "probe-1")
    assert json.loads(found.input_digests) == {"x": digest(np.arange(3))} == dict(provenance.input_digests)
    assert (found.seed, found.level, found.outcome, found.calls) == (7, provenance.sandbox_level, "done", 1)
    assert (found.wall_s, found.cpu_s) == (result.stats.wall_s, result.stats.cpu_s)
    assert found.cpu_s > 0
    assert found.peak_memory_bytes == result.stats.peak_memory_bytes
    assert found.at == provenance.started_at


def test_a_call_is_told_with_its_workers_memory_and_the_queue(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What the watchdog saw of its memory, by how much that grows, and how many calls waited when it ended."""
    body = "self.context.progress(0.1)\nreturn {'y': 1}"
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    instance.execute({"x": 1})
    worker = instance._worker
    assert worker is not None
    for calls in range(21, 60):
        worker.growth.add(calls, calls * 1_000_000)
    others = [threading.Thread(target=instance.execute, args=({"x": 2},)) for _ in range(2)]

    def wait_behind(*_: object) -> None:
        for other in others:
            other.start()
        while instance.waiting < 2:
            os.sched_yield()
        worker.memory_bytes, worker.peak_memory_bytes = 5_000_000, 7_000_000_000

    instance.execute({"x": 1}, on_progress=wait_behind)
    for other in others:
        other.join()
    _, found, *_ = journal(kept).runs()
    assert found.waiting in (1, 2)  # the next one may have begun already
    assert found.memory_bytes > 0
    assert found.peak_memory_bytes == 7_000_000_000
    assert found.growth_bytes_per_call == pytest.approx(1e6)


def test_failures_say_why(kept: PluginManager, write_plugin: WritePlugin, caplog: pytest.LogCaptureFixture) -> None:
    """What raised, what went over a limit, what was refused before it began and what was cancelled; as runs alone."""
    body = """
    if inputs["x"] == "raise": raise ValueError("no such scale")
    if inputs["x"] == "spin":
        while True: pass
    if inputs["x"] == "wait":
        self.context.progress(0.1)
        await asyncio.sleep(3600)
    return {"y": 1}
    """
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": "raise"})
    with pytest.raises(LimitExceeded):
        instance.execute({"x": "spin"}, limits={"wall_s": 0.2})
    with pytest.raises(InputError):
        instance.execute({"x": 1}, {"none": 1})

    async def cancel() -> None:
        began = asyncio.Event()
        task = asyncio.ensure_future(instance.aexecute({"x": "wait"}, on_progress=lambda *_: began.set()))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    found = list(journal(kept).runs())
    assert [one.outcome for one in found] == ["failed", "failed", "failed", "cancelled"]
    assert [one.error_kind for one in found] == ["PluginExecutionError", "LimitExceeded", "InputError", ""]
    assert "no such scale" in found[0].error
    assert found[1].wall_s >= 0.2
    assert len({one.run_id for one in found}) == 4
    assert not [one for one in journal(kept).happenings() if "failed" in one.name]
    assert caplog.messages == []


def test_what_failed_is_told_with_what_it_was_given_and_what_it_cost(
    kept: PluginManager, write_plugin: WritePlugin
) -> None:
    """One that raises, one over its limit, whose process has gone, and one that gives up."""
    body = """
    began = time.process_time()
    while time.process_time() - began < 0.02: pass
    self.context.progress(0.1)
    if inputs["x"]["then"] == "raise": raise ValueError("no such scale")
    while True: pass
    """
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    sound = np.ones((2, 40_000), np.float32)

    def see(*_: object) -> None:
        assert instance._worker is not None
        instance._worker.peak_memory_bytes = 7_000_000_000

    def interrupt(*_: object) -> None:
        see()
        raise KeyboardInterrupt

    with pytest.raises(PluginExecutionError):
        instance.execute({"x": {"sound": sound, "then": "raise"}}, on_progress=see)
    with pytest.raises(LimitExceeded):
        instance.execute({"x": {"sound": sound, "then": "spin"}}, on_progress=see, limits={"wall_s": 0.2})
    with pytest.raises(KeyboardInterrupt):
        instance.execute({"x": {"sound": sound, "then": "spin"}}, on_progress=interrupt)
    raised, over, given_up = journal(kept).runs()
    for one in (raised, over, given_up):
        assert 0.02 <= one.cpu_s < 30
        assert one.peak_memory_bytes == 7_000_000_000
    for one, then in ((raised, "raise"), (over, "spin")):
        assert json.loads(one.input_digests) == {"x": digest({"sound": sound, "then": then})}


def test_a_result_keeps_no_worker(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """It has the call that it is of, for its provenance; what carried that out goes when it has ended."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    result = instance.execute({"x": 1})
    assert instance._worker is not None
    worker = weakref.ref(instance._worker)
    instance.rest()
    assert journal(kept)
    gc.collect()
    assert result.provenance.plugin_id == "probe"
    assert worker() is None


def test_a_failure_says_where(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """The end of the plugin's own traceback; of one that comes over and over the first few."""
    body = "def deeper(n): return deeper(n - 1) if n else 1 / 0\nexec('x = 1'); deeper(inputs['x'])\nreturn {'y': 1}"
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    for _ in range(40):
        with pytest.raises(PluginExecutionError):
            instance.execute({"x": 1})
    found = [one.traceback for one in journal(kept).runs()]
    assert len(found) == 40
    assert found[0].endswith("ZeroDivisionError: division by zero")
    assert "main.py" in found[0]
    assert 0 < sum(bool(one) for one in found) < 40


def test_of_a_long_traceback_the_end_is_kept(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Where it was raised, and what."""
    body = "def one(n): two(n) if n else 1 / 0\ndef two(n): one(n - 1)\none(200)\nreturn {'y': 1}"
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(write_plugin(body=body)).id).execute({"x": 1})
    (found,) = journal(kept).runs()
    assert found.traceback.endswith("ZeroDivisionError: division by zero")
    assert len(found.traceback) == MAX_TRACEBACK


def test_of_what_failed_no_content_is_kept(
    kept: PluginManager, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file what tells it from another one; of inputs that are too large not even a digest: nobody waits for that."""
    definition = {**ADDER, "parameters": [{"name": "scale", "type": "file"}], "inputs": [{"name": "x", "type": "any"}]}
    folder = write_plugin(body="raise ValueError('no such scale')", definition=definition)
    instance = kept.create_instance(kept.load(folder).id)
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": np.zeros(100)}, {"scale": File("just.scl", b"a scale")})
    monkeypatch.setattr("schillinger_plugins.call.MOST_HASHED_BYTES", 799)
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": np.zeros(100)}, {"scale": None})
    small, large = journal(kept).runs()
    sha256 = hashlib.sha256(b"a scale").hexdigest()
    assert json.loads(small.parameters) == {"scale": {"file": "just.scl", "bytes": 7, "sha256": sha256}}
    assert (json.loads(small.input_digests), large.input_digests) == ({"x": digest(np.zeros(100))}, "{}")


def test_what_somebody_was_told_of_is_kept_at_once(
    kept: PluginManager, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is in the journal, in case this process is killed: what returned, failed, and was a flow's."""
    for name in ("KEEP_S", "GATHER_S"):  # by whoever calls, not by who writes
        monkeypatch.setattr(f"schillinger_plugins.journal.writer.{name}", 3600.0)
    kept.add(write_plugin("adder", body="return {'y': 1 / inputs['x'], 'seed': 1}", definition=ADDER))
    instance = kept.create_instance("adder")
    with acting(Behalf(run_id="f00d-1", instance_id=instance.id, is_awaited=True)):
        instance.execute({"x": 1})
    with acting(Behalf(run_id="f00d-2", instance_id=instance.id, is_awaited=True)), pytest.raises(PluginExecutionError):
        instance.execute({"x": 0})
    with Flow(kept) as flow, acting(Behalf(run_id="f00d-3", is_awaited=True)):
        flow.run()
    instance.execute({"x": 1})
    files = left_in(folder_of(kept.permissions.journal.place))
    said = [json.loads(line) for file in files for line in file.read_text().splitlines() if line.startswith("{")]
    assert [one["run_id"] for one in said] == ["f00d-1", "f00d-2", "f00d-3"]
    assert len(list(journal(kept).runs())) == 4


def test_lines_belong_to_the_run_that_said_them(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """A print and a warning, each with its run, level and version."""
    body = (
        "print('printed', inputs['x']); self.context.log.warning('it clips', extra={'n': inputs['x']}); return {'y': 1}"
    )
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    runs = []
    for number in range(30):  # as fast as they can: nobody waits for the lines of one to be read
        runs.append(instance.execute({"x": number}).provenance.run_id)
    lines = list(journal(kept).lines())
    assert [(line.run_id, line.level, line.text) for line in lines] == [
        said
        for number, run_id in enumerate(runs)
        for said in ((run_id, "", f"printed {number}"), (run_id, "warning", f"WARNING it clips n={number}"))
    ]
    assert {(line.plugin_id, line.version, line.instance_id) for line in lines} == {("probe", "1.0.0", "probe-1")}


def test_last_words_belong_to_the_run_that_failed(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What was printed before an exception and before a crash; the next run has its own."""
    body = "print('at', inputs['x']); {'raise': lambda: 1 // 0, 'die': os.abort, 'go': lambda: 0}[inputs['x']]()"
    instance = kept.create_instance(kept.load(write_plugin(body=f"{body}\nreturn {{'y': 1}}")).id)
    for last in ("raise", "go", "die", "go"):
        with contextlib.suppress(PluginExecutionError, WorkerCrashed):
            instance.execute({"x": last})
    runs = [one.run_id for one in journal(kept).runs()]
    said = [(line.run_id, line.text) for line in journal(kept).lines() if line.text.startswith("at ")]
    assert said == list(zip(runs, ["at raise", "at go", "at die", "at go"], strict=True))


def test_lines_after_a_reload_belong_to_the_instance_and_its_runs(
    kept: PluginManager, write_plugin: WritePlugin
) -> None:
    """The worker that tried the new code serves the instance from then on; what it did is told there, too."""
    folder = write_plugin(body="print('old'); return {'y': 1}")
    instance = kept.create_instance(kept.load(folder).id)
    instance.execute({"x": 1})
    body = "print('new')\ntry: open('/etc/hostname')\nexcept OSError: return {'y': 1}"
    write_plugin(body=body, version="2.0.0")
    kept.reload("probe")
    run_id = instance.execute({"x": 1}).provenance.run_id
    *_, line = journal(kept).lines()
    assert (line.run_id, line.instance_id, line.version, line.text) == (run_id, instance.id, "2.0.0", "new")
    opened = [event for event in kept.trace("probe") if "/etc/hostname" in event.what]
    assert [event.instance_id for event in opened] == [instance.id]


def test_an_instance_that_has_logged_much_survives_a_reload(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What it has written in its life is no flood of its new worker's."""
    folder = write_plugin(body="return {'y': os.getpid()}")
    instance = kept.create_instance(kept.load(folder).id)
    instance.log._bytes_read = 1 << 40
    write_plugin(body="time.sleep(0.4); return {'y': os.getpid()}")  # longer than the watchdog looks away
    kept.reload("probe")
    assert instance.execute({"x": 1})["y"] == instance.execute({"x": 1})["y"]


def test_what_is_refused_before_it_begins_has_a_run_too(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """An id by which it is found, and no other call has."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    for _ in range(2):
        with pytest.raises(InputError):
            instance.execute({"x": 1}, {"none": 1})
    run_id = instance.execute({"x": 1}).provenance.run_id
    ids = [one.run_id for one in journal(kept).runs()]
    assert len({*ids, run_id}) == 3
    assert all(ids)


def test_what_is_refused_before_it_begins_is_told_with_what_was_asked(
    kept: PluginManager, write_plugin: WritePlugin
) -> None:
    """Parameters, digests of arrays and the seed, by each door; as one that went well is."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    sound = Audio(np.ones((1, 40)), 8000)
    asked = {"x": sound}, {"none": 1, "curve": [[0, 1], (2, np.float32(0.5))], "f": {"deep": None}}
    with pytest.raises(InputError):
        instance.execute(*asked, seed=7)
    with pytest.raises(InputError):
        asyncio.run(instance.aexecute(*asked, seed=7))
    for found in journal(kept).runs():
        assert json.loads(found.parameters) == {"none": 1, "curve": [[0, 1], [2, 0.5]], "f": {"deep": None}}
        assert json.loads(found.input_digests) == {"x": digest(sound)}
        assert (found.seed, found.wall_s) == (7, 0.0)


def test_what_no_plugin_has_checked_is_told_within_bounds(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Nothing of what was given is called, and no more of it is kept than of other calls; secrets least of all."""

    class Odd:
        def __str__(self) -> str:
            raise AssertionError

        __repr__ = __str__

    secret = {"config_schema": {"properties": {"token": {"writeOnly": True}}}, "default_config": {"token": "t0ps3cret"}}
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}", manifest=secret)).id)
    circle: list[Any] = []
    circle.append(circle)
    given = {"odd": Odd(), "array": np.zeros(9), "circle": circle, "long": "x" * 10**6, "many": [0] * 10**6}
    given |= {
        "file": File("a.scl", b"x" * 10**6),
        "path": Path("/x"),
        "url": ["https://t0ps3cret@a.org"],
        "odds": {3: 4},
    }
    with pytest.raises(InputError):
        instance.execute({"x": 1}, given, seed=-1)
    with pytest.raises(InputError):
        instance.execute({"x": 1}, {f"p{number}": "x" * 1000 for number in range(100)})
    with pytest.raises(TypeError):
        instance.execute({"x": 1}, 3)  # type: ignore[arg-type]  # as it comes
    found, large, none = journal(kept).runs()
    told = json.loads(found.parameters)
    assert str(told.pop("circle")).strip("[]'") == "(list)"
    assert {name: told.pop(name) for name in ("odd", "array", "long", "many")} == {
        "odd": "(Odd)",
        "array": "(ndarray)",
        "long": "(str)",
        "many": "(list)",
    }
    file = {"file": "a.scl", "bytes": 10**6}
    assert told == {"file": file, "path": "/x", "url": ["https://(secret)@a.org"], "odds": {}}
    assert found.seed == 0
    assert "characters, more than" in large.parameters
    assert none.parameters == "{}"


def test_a_workflow_that_fails_in_a_step_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Its own run, with what it was given and the step that failed, beside the step's."""
    kept.add(write_plugin("adder", body="return {'y': 1 // 0}", definition=ADDER))
    steps = [{"id": "first", "plugin": "adder", "inputs": {"x": "inputs.x"}}]
    folder = write_plugin("flow", main=main_of("return {'y': 1}", {**OWN, "steps": steps}), plugin_type="WORKFLOW")
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(folder).id).execute({"x": 1}, {"add": 7})
    step, own = journal(kept).runs()
    assert (step.plugin_id, step.outcome, own.plugin_id, own.outcome) == ("adder", "failed", "flow", "failed")
    assert json.loads(own.parameters)["add"] == 7
    assert "step `first`" in own.error
    assert own.wall_s >= step.wall_s
    assert (step.kind, own.kind) == ("call", "workflow")
    assert step.run_id == f"{own.run_id}.1"


def test_the_steps_of_a_workflow_are_parts_of_its_run(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Their ids begin with that of its result, also where it is itself a node of a flow."""
    kept.add(write_plugin("adder", body="return {'y': 1, 'seed': 1}", definition=ADDER))
    steps = [{"id": name, "plugin": "adder", "inputs": {"x": "inputs.x"}} for name in ("first", "second")]
    folder = write_plugin("flow", main=main_of("return {'y': 1}", {**OWN, "steps": steps}), plugin_type="WORKFLOW")
    instance = kept.create_instance(kept.load(folder).id)
    for run_id in (
        instance.execute({"x": 1}).provenance.run_id,
        asyncio.run(instance.aexecute({"x": 1})).provenance.run_id,
    ):
        own, parts = journal(kept).run(run_id)
        assert own is not None
        assert (own.kind, own.outcome) == ("workflow", "done")
        assert [part.run_id for part in parts] == [f"{run_id}.1", f"{run_id}.2"]
    with Flow(kept) as flow:
        flow.input("x", value=1) >> flow.add("flow")["x"]
        run = flow.run()
    _, parts = journal(kept).run(run.run_id)
    assert sorted(part.run_id for part in parts) == [f"{run.run_id}.1", f"{run.run_id}.1.1", f"{run.run_id}.1.2"]


def test_what_a_test_suite_does_is_kept_apart(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Its calls, those of its threads included, its instances and what is printed in it; summed up, but for failures."""
    body = "self.context.log.info('tried'); return {'y': 1 / (inputs['x'] != 13)}"
    instance = kept.create_instance(kept.load(write_plugin(body=body, definition={**ADDER, "outputs": []})).id)
    examine(kept, "probe", only=["seed", "reload"], with_author_tests=False)
    with acting(Behalf(purpose="test")), pytest.raises(PluginExecutionError):
        instance.execute({"x": 13})
    run_id = instance.execute({"x": 1}).provenance.run_id
    book = journal(kept)
    assert [one.run_id for one in book.runs()] == [run_id]
    assert [one.run_id for one in book.lines()] == [run_id]
    assert [one.calls for one in book.summaries()] == [1]
    assert [one.name for one in book.happenings() if "instance" in one.name] == ["instance_created"]
    tried = [one for one in book.runs(with_tests=True) if one.purpose == "test"]
    assert sum(one.calls for one in tried) == book.tested() > len(tried)
    assert [one.outcome for one in tried].count("failed") == 1
    assert {one.instance_id for one in book.lines(with_tests=True)} == {one.instance_id for one in tried} | {
        instance.id
    }


def test_a_run_of_a_flow_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Its name, what it took, and how many of its nodes ran and were cached; its calls are its parts."""
    kept.add(write_plugin("adder", body="return {'y': inputs['x'] + parameters['add'], 'seed': 1}", definition=ADDER))
    with Flow(kept, name="study", seed=7) as flow, acting(Behalf(user="ada")):
        flow.input("x", value=1) >> flow.add("adder")["x"]
        second = flow.add("adder")
        flow["adder"]["y"] >> second["x"]
        run = flow.run()
        second.set(add=3)
        again = flow.run()
    found, parts = journal(kept).run(run.run_id)
    assert found is not None
    assert (found.kind, found.name, found.user, found.session) == ("flow", "study", "ada", kept.recorder.session)
    assert (found.outcome, found.error, found.seed, found.wall_s) == ("done", "", 7, run.wall_s)
    assert (found.nodes_ran, found.nodes_cached, found.nodes_failed) == (2, 0, 0)
    assert [part.run_id for part in parts] == [run[node].provenance.run_id for node in run]
    assert [part.run_id for part in parts] == [f"{run.run_id}.1", f"{run.run_id}.2"]
    assert found.cpu_s == pytest.approx(sum(part.cpu_s for part in parts))
    assert found.at <= parts[0].at
    found, parts = journal(kept).run(again.run_id)
    assert found is not None
    assert (found.nodes_ran, found.nodes_cached, len(parts)) == (1, 1, 1)


def test_a_flow_that_fails_or_is_cancelled_says_why(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """The node that failed first and what it raised; what was cancelled has no reason."""
    body = "self.context.progress(0.1)\nif inputs['x']: raise ValueError('no such scale')\nawait asyncio.sleep(3600)"
    kept.add(write_plugin("adder", body=body, definition=ADDER))
    with Flow(kept, name="study") as flow:
        flow.input("x", value=1) >> flow.add("adder")["x"]
        after = flow.add("adder")
        flow["adder"]["y"] >> after["x"]
        with pytest.raises(FlowError):
            flow.run()
        began = threading.Event()
        running = flow.start(inputs={"x": 0}, on_progress=lambda *_: began.set())
        assert began.wait(30)
        running.cancel()
        cancelled = running.wait(30)
    failed, ended = (ran for ran in journal(kept).runs(plugin_id="study"))
    assert (failed.outcome, failed.error_kind, failed.nodes_failed) == ("failed", "PluginExecutionError", 1)
    assert failed.error.startswith("adder: ")
    assert "no such scale" in failed.error
    assert (ended.run_id, ended.outcome, ended.error_kind, ended.error) == (cancelled.run_id, "cancelled", "", "")


def test_a_flow_that_is_refused_before_it_begins_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """By its name, with what is wrong: a problem, an unknown input, no seed; over many inputs once; as it was promised."""
    kept.add(write_plugin("adder", body="return {'y': 1, 'seed': 1}", definition=ADDER))
    with Flow(kept, name="study", seed=7) as flow, acting(Behalf(user="ada")):
        flow.add("adder")
        with pytest.raises(InputError):
            flow.run()
        with pytest.raises(InputError):
            flow.start(inputs={"none": 1}, seed=8)
        with pytest.raises(InputError):
            flow.start(seed=2**70)
        with pytest.raises(InputError):
            flow.over(none=[1, 2])
        with acting(Behalf(run_id="f00d-1", is_awaited=True)), pytest.raises(InputError):
            flow.run()
    found = list(journal(kept).runs(plugin_id="study"))
    assert {(one.kind, one.outcome, one.error_kind) for one in found} == {("flow", "failed", "InputError")}
    assert [one.seed for one in found] == [7, 8, 7, 7, 7]
    assert [one.user for one in found] == ["ada"] * 4 + [current_user()]
    assert "the input 'x' of 'adder' is missing" in found[0].error
    assert "no input 'none'" in found[1].error
    assert len({one.run_id for one in found}) == 5
    assert found[4].run_id == "f00d-1"


def test_what_housekeeping_did_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """A restart with its reason, and a sleep with what it gave back."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    instance.execute({})
    instance.execute({}, limits={"memory_mb": 700})
    instance.rest()
    restarted, slept = list(journal(kept).happenings())[-2:]
    assert (restarted.name, json.loads(restarted.detail)) == ("restarted", {"why": "other limits"})
    assert (slept.name, slept.instance_id) == ("slept", instance.id)
    assert json.loads(slept.detail)["idle"] is False


def test_what_memory_does_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """That it leaks, with by how much and how much there is; and what collecting garbage gave back."""
    body = "circle = [np.ones(2_000_000)]\ncircle.append(circle)\nreturn {'y': 1}"
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    instance.execute({})
    assert instance.collect_if_idle(0.0)
    assert instance._worker is not None
    instance._worker.leaks = True
    instance.execute({})
    collected, leaks = list(journal(kept).happenings())[-2:]
    assert (collected.name, leaks.name, leaks.instance_id) == ("collected", "leaks", instance.id)
    assert json.loads(collected.detail)["given_back_bytes"] > 8_000_000
    assert json.loads(leaks.detail).keys() == {"growth_bytes_per_call", "memory_bytes"}


def test_calls_that_come_too_fast_are_summed_up_and_none_is_lost(
    kept: PluginManager, write_plugin: WritePlugin
) -> None:
    """Three thousand in a row: fewer records, as many calls, and the time they took."""
    instance = kept.create_instance(kept.load(write_plugin(body="return {'y': 1}")).id)
    wall_s = sum(instance.execute({"x": 1}).stats.wall_s for _ in range(3000))
    found = list(journal(kept).runs())
    assert sum(one.calls for one in found) == 3000
    assert len(found) < 2000
    assert sum(one.wall_s for one in found) == pytest.approx(wall_s)
    (summary,) = journal(kept).summaries()
    assert summary.calls == 3000
    assert kept.recorder.dropped == 0


def test_a_stream_is_summed_up(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Its blocks are one record, written when it has ended: writing meanwhile could make a block late."""
    folder = write_plugin("half", main=EFFECT, plugin_type="EFFECT")
    instance = kept.create_instance(kept.load(folder).id)
    block = Audio(np.ones((1, 128), np.float32), 48000)
    with instance.stream() as stream:
        for _ in range(50):
            stream.process(block)
        assert "process" not in [one.method for one in journal(kept).runs()]
    blocks = [one for one in journal(kept).runs() if one.method == "process"]
    assert sum(one.calls for one in blocks) == 50
    assert len(blocks) == 1


def test_loads_reloads_and_ends_are_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What became of the code, with its hash before and after, and why a reload failed."""
    folder = write_plugin(body="return {'y': 1}")
    plugin_id = kept.load(folder).id
    instance = kept.create_instance(plugin_id)
    before = instance.plugin.content_hash
    write_plugin(body="return {'y': 2}")
    kept.reload(plugin_id)
    (folder / "main.py").write_text("raise ValueError('broken')")
    with pytest.raises(PluginExecutionError):
        kept.reload(plugin_id)
    kept.unload(plugin_id)
    found = list(journal(kept).happenings())
    assert [one.name for one in found] == [
        *("loaded", "instance_created", "reloaded", "reload_failed", "instance_destroyed", "unloaded"),
    ]
    assert (found[0].content_hash, found[0].version) == (before, "1.0.0")
    assert [one.instance_id for one in found if one.instance_id] == [instance.id] * 2
    reloaded, failed = json.loads(found[2].detail), json.loads(found[3].detail)
    assert reloaded["before"] == before != reloaded["after"]
    assert (failed["why"], failed["kind"], failed["error"]) == ("reload", "PluginExecutionError", "ValueError: broken")
    assert failed["traceback"].endswith("ValueError: broken")
    assert "main.py" in failed["traceback"]


def test_a_load_that_fails_is_told(
    kept: PluginManager, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which code, what it raised and where; what was refused before any of it ran; and what somebody gave up."""
    main = "def one(n): two(n) if n else 1 / 0\ndef two(n): one(n - 1)\none(200)\n"
    raises = write_plugin(main=main, version="1.2.3")
    with pytest.raises(PluginExecutionError):
        kept.load(raises)
    asked = {"permissions": {"network": {"reason": "to look up titles", "hosts": ["example.org"]}}}
    refused = write_plugin("refused", requires_permissions=["execute", "network"], manifest=asked)
    with pytest.raises(PermissionDenied):
        kept.load(refused)

    def give_up(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept._admission, "admit", give_up)
    with pytest.raises(KeyboardInterrupt):
        kept.load(write_plugin("other"))
    first, second, third = journal(kept).happenings()
    assert {one.name for one in (first, second, third)} == {"load_failed"}
    assert (first.plugin_id, first.version, first.content_hash) == ("probe", "1.2.3", content_hash(raises))
    assert (first.user, first.session) == (current_user(), kept.recorder.session)
    detail = json.loads(first.detail)
    assert (detail["kind"], detail["error"]) == ("PluginExecutionError", "ZeroDivisionError: division by zero")
    assert detail["traceback"].endswith("ZeroDivisionError: division by zero")
    assert 'File "' in detail["traceback"]
    assert len(detail["traceback"]) == MAX_TRACEBACK
    assert (second.plugin_id, second.content_hash) == ("refused", content_hash(refused))
    assert json.loads(second.detail)["kind"] == "PermissionDenied"
    assert (third.plugin_id, json.loads(third.detail)) == ("other", {"error": "it was interrupted"})


def test_a_load_of_what_is_broken_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """By its folder's name, with the rule that its manifest breaks; of what isn't there nothing is."""
    folder = write_plugin()
    (folder / "plugin.json").write_text("{")
    with pytest.raises(ManifestError):
        kept.load(folder)
    with pytest.raises(UnknownPlugin):
        kept.load("no_such_plugin")
    (told,) = journal(kept).happenings()
    assert (told.name, told.plugin_id, told.version, told.content_hash) == ("load_failed", "probe", "", "")
    assert json.loads(told.detail)["kind"] == "ManifestError"


def test_a_load_or_reload_that_fails_tells_no_secret(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Of the plugin's default configuration, nor of any instance's that is carried over."""
    manifest = {
        "config_schema": {"properties": {"token": {"writeOnly": True}}},
        "default_config": {"token": "t0ps3cret"},
    }
    body = "return {'y': 1}"
    folder = write_plugin(body=body, manifest=manifest)
    main = (folder / "main.py").read_text()
    kept.create_instance(kept.load(folder).id, {"token": "anoth3rs3cret"})
    (folder / "main.py").write_text(main + "\nraise ValueError('no access with t0ps3cret or anoth3rs3cret')\n")
    with pytest.raises(PluginExecutionError):
        kept.reload("probe")
    kept.unload("probe")
    with pytest.raises(PluginExecutionError):
        kept.load("probe")
    told = [one for one in journal(kept).happenings() if one.name.endswith("failed")]
    assert [one.name for one in told] == ["reload_failed", "load_failed"]
    assert all("no access with (secret)" in one.detail for one in told)
    assert "t0ps3cret" not in repr(told)
    assert "anoth3rs3cret" not in told[0].detail


def test_who_granted_and_revoked_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """A grant is this account's; that somebody else asked for it, over HTTP, is told with it."""
    asked = {"permissions": {"network": {"reason": "to look up titles", "hosts": ["example.org"]}}}
    folder = write_plugin(requires_permissions=["execute", "network"], manifest=asked)
    kept.registry.register(inspect(folder, source="path"))
    with acting(Behalf(user="grace")):
        kept.grant("probe", "network")
    kept.revoke("probe")
    granted, revoked = journal(kept).happenings()
    assert (granted.name, granted.user, json.loads(granted.detail)) == ("granted", "grace", {"permission": "network"})
    assert (revoked.name, revoked.user, json.loads(revoked.detail)) == (
        *("revoked", current_user(), {"permission": "network"}),
    )


def test_secrets_are_not_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What the schema calls a password or write-only stands there as a word."""
    schema = {
        "type": "object",
        "properties": {
            "token": {"type": "string", "writeOnly": True},
            "word": {"type": "string", "format": "password"},
            "host": {"type": "string"},
            "inner": {"properties": {"words": {"type": "array", "items": {"format": "password"}}}},
        },
    }
    default = {"token": "t0ps3cret", "word": "hush", "host": "example.org", "inner": {"words": ["a", "b"]}}
    folder = write_plugin(body="return {'y': 1}", manifest={"config_schema": schema, "default_config": default})
    kept.create_instance(kept.load(folder).id).execute({"x": 1})
    (found,) = journal(kept).runs()
    assert json.loads(found.config) == {
        "token": "(secret)",
        "word": "(secret)",
        "host": "example.org",
        "inner": {"words": ["(secret)", "(secret)"]},
    }


def test_what_was_told_in_confidence_is_not_told_on(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """By lines that are printed, logged or a traceback's, to the journal and to who asks for the log."""
    schema = {"properties": {"token": {"writeOnly": True}, "pin": {"writeOnly": True}}}
    manifest = {"config_schema": schema, "default_config": {"token": "", "pin": ""}}
    body = """
    print("with", self.context.config["token"], self.context.config["pin"])
    self.context.log.info("with %s", self.context.config["token"])
    raise ValueError(self.context.config["token"])
    """
    plugin = kept.load(write_plugin(body=body, manifest=manifest)).id
    instance = kept.create_instance(plugin, {"token": "t0ps3cret", "pin": "12"})
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": 1})
    said = [line.text for line in kept.logs(plugin)]
    assert said[0] == "with (secret) 12"  # two letters are in too many words to be taken out of them
    assert "t0ps3cret" not in "\n".join(said)
    found = journal(kept)
    assert {line.text for line in found.lines()} == set(said)
    assert "t0ps3cret" not in repr([*found.lines(), *found.runs()])


def test_what_no_database_takes_does_no_harm(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """An error with NUL, halves of characters and a megabyte of text, raised by a hostile plugin."""
    body = r"raise ValueError('\0' + '\ud800' + 'x' * 1_000_000)"
    instance = kept.create_instance(kept.load(write_plugin(body=body)).id)
    with pytest.raises(PluginExecutionError):
        instance.execute({"x": 1})
    (found,) = journal(kept).runs()
    assert found.outcome == "failed"
    assert kept.recorder.problem == ""


def test_a_flood_of_lines_is_bounded(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Of a plugin's lines so many a second are told, and the others are counted."""
    kept.recorder._lines = _Budget(10)
    body = "for n in range(900): print(n)\nreturn {'y': 1}"
    kept.create_instance(kept.load(write_plugin(body=body)).id).execute({"x": 1})
    kept.logs()
    lines = list(journal(kept).lines())
    assert 0 < len(lines) < 900
    assert len(lines) + kept.recorder.dropped == 900


def test_a_broken_journal_keeps_nothing_from_running(
    own_places: None, tmp_path: Path, write_plugin: WritePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls go on, and what is wrong with the journal can be asked."""
    monkeypatch.setenv("SCHILLINGER_JOURNAL", str(tmp_path))
    with PluginManager(retention=Retention()) as manager:
        instance = manager.create_instance(manager.load(write_plugin(body="return {'y': 1}")).id)
        assert instance.execute({"x": 1})["y"] == 1
        assert not manager.recorder.flush(30)
        assert "no regular file" in manager.recorder.problem


def test_nothing_is_told_if_nothing_is_kept(own_places: None, write_plugin: WritePlugin) -> None:
    """With days=0 there is not even a file."""
    with PluginManager(retention=Retention(days=0)) as manager:
        manager.create_instance(manager.load(write_plugin(body="return {'y': 1}")).id).execute({"x": 1})
        assert manager.recorder.flush(0)
        assert manager.permissions.journal.file is not None
        assert not manager.permissions.journal.file.exists()
