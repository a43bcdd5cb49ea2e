"""Workflows through real workers: the values that flow, the failures, the ends."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import time
import weakref
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import (
    DefinitionError,
    InputError,
    LimitExceeded,
    PluginExecutionError,
    UnknownPlugin,
)
from schillinger_plugins.types import Audio
from schillinger_plugins.workflow import WorkflowResult

from .conftest import ADDER, ADDS, PORTS, Workflow, WritePlugin, step

TWO = (step(x="inputs.x", parameters={"add": "parameters.add"}), step("two", x="one.y", more="inputs.extra"))
DEADLINE_S = 20.0


def test_values_flow_from_step_to_step(adder: str, workflow: Workflow) -> None:
    """References lead to inputs, parameters and earlier steps; the workflow's own plugin gets what all steps gave."""
    flow = workflow(*TWO)
    result = flow.execute({"x": 1, "extra": 100})
    assert isinstance(result, WorkflowResult)
    assert {name: outputs["y"] for name, outputs in result["y"].items()} == {"one": 11, "two": 112}
    assert list(result.steps) == ["one", "two"]
    assert result.steps["two"]["y"] == 112
    assert dict(result.inputs) == {"x": 1, "extra": 100}


def test_an_optional_input_that_is_not_given_is_given_to_no_step(adder: str, workflow: Workflow) -> None:
    """A reference to nothing is nothing."""
    assert workflow(*TWO).execute({"x": 1})["y"]["two"]["y"] == 12


def test_a_workflow_that_is_given_nothing(adder: str, workflow: Workflow) -> None:
    """Its steps are run all the same, on values of their own, and it gets what they gave."""
    definition = {"inputs": [{"name": "x", "type": "any", "required": False}]}
    assert workflow(step(x=4, parameters={"add": 1}), definition=definition).execute()["y"]["one"]["y"] == 5


def test_it_runs_under_asyncio_too(adder: str, workflow: Workflow) -> None:
    """Both doors give the same."""
    flow = workflow(*TWO)
    here = flow.execute({"x": 1}, {"add": 5}, seed=3)
    there = asyncio.run(flow.aexecute({"x": 1}, {"add": 5}, seed=3))
    assert dict(here) == dict(there)
    assert here.provenance.input_digests == there.provenance.input_digests


def test_a_workflow_without_steps_is_a_plugin(workflow: Workflow) -> None:
    """Its own plugin gets no step's outputs."""
    assert workflow().execute({"x": 1})["y"] == {}


def test_literals_and_sound_arrive(manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow) -> None:
    """A literal that reads like a reference, lists, and audio of the workflow's own input."""
    definition = {
        **PORTS,
        "inputs": [{"name": "audio", "type": "audio"}, {"name": "rest", "type": "any"}],
        "outputs": [{"name": "y", "type": "any"}, {"name": "audio", "type": "audio"}],
    }
    body = "return {'y': [inputs['rest'], inputs['audio'].frames], 'audio': inputs['audio']}"
    manager.load(write_plugin("hears", body=body, definition=definition))
    flow = workflow(
        step(plugin="hears", audio="inputs.sound", rest={"literal": "inputs.x"}),
        step("two", "hears", audio="one.audio", rest=["inputs.x"]),
        definition={"inputs": [{"name": "sound", "type": "audio"}], "outputs": []},
        body="return {'y': [one['y'] for one in inputs['steps'].values()], 'audio': inputs['steps']['two']['audio']}",
    )
    sound = Audio(np.linspace(-1, 1, 20_000), 8000)
    result = flow.execute({"sound": (sound.samples, 8000)})
    assert result["y"] == [["inputs.x", 20_000], [["inputs.x"], 20_000]]
    assert result["audio"] == sound


def test_nothing_stays_of_a_run(manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow) -> None:
    """Each step has an instance of its own, which ends with it: none finds what another left."""
    body = "self.kept = (self.kept or 0) + 1; return {'y': self.kept, 'seed': 0}"
    manager.load(write_plugin("adder", body=body, definition=ADDER))
    flow = workflow(step(x="inputs.x"), step("two", x="inputs.x"))
    before = set(manager.instances)
    for _ in range(2):
        assert [one["y"] for one in flow.execute({"x": 1})["y"].values()] == [1, 1]
    assert set(manager.instances) == before


def test_progress_is_of_all_steps(adder: str, workflow: Workflow) -> None:
    """It grows over the run and names the step."""
    told: list[tuple[float, str]] = []
    flow = workflow(*TWO, body="self.context.progress(0.5, message='writing')\nreturn {'y': 1}")
    flow.execute({"x": 1}, on_progress=lambda fraction, message: told.append((fraction, message)))
    assert told == [(0.5 / 3, "one: adding"), (1.5 / 3, "two: adding"), (2.5 / 3, "writing")]


def test_the_seed_makes_all_of_it_repeatable(adder: str, workflow: Workflow) -> None:
    """Steps have seeds of their own that follow from the workflow's, which is recorded if it was chosen."""
    flow = workflow(*TWO)
    first = flow.execute({"x": 1})
    again = flow.execute({"x": 1}, seed=first.provenance.seed)
    seeds = [one["seed"] for one in first["y"].values()]
    assert len({*seeds, first.provenance.seed}) == 3
    assert seeds == [one["seed"] for one in again["y"].values()] == [r.provenance.seed for r in first.steps.values()]


def test_the_provenance_lists_the_steps(adder: str, workflow: Workflow) -> None:
    """Each with its plugin's hash, its parameters and the digests of what it was given; as plain data, too."""
    result = workflow(*TWO).execute({"x": 1})
    steps = result.provenance.steps  # type: ignore[attr-defined]  # a workflow's
    assert [one.plugin_id for one in steps.values()] == ["adder", "adder"]
    assert steps["one"].parameters == {"add": 10}
    assert len(steps["two"].content_hash) == 64
    plain = result.provenance.as_dict()
    assert plain["plugin_id"] == "flow"
    assert plain["steps"]["two"]["input_digests"] == dict(steps["two"].input_digests)
    assert {"x", "steps"} == set(plain["input_digests"])


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_step_that_raises_is_named(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow, failing: int
) -> None:
    """With the plugin's own traceback; the steps after it are not run, and the next run works."""
    body = f"if parameters['add'] == 99: raise ValueError('too much')\n{ADDS}"
    manager.load(write_plugin("adder", body=body, definition=ADDER))
    steps = [
        step(f"s{index}", x=f"s{index - 1}.y" if index else "inputs.x", parameters={"add": "parameters.add"})
        for index in range(3)
    ]
    for one in steps[:failing]:
        one["parameters"] = {}
    flow = workflow(*steps)
    done: list[str] = []
    undo = manager.events.subscribe("executed", lambda event: done.append(event.plugin_id))
    with pytest.raises(PluginExecutionError) as caught:
        flow.execute({"x": 1}, {"add": 99})
    undo()
    assert done == ["adder"] * failing
    assert caught.value.plugin_id == "adder"
    assert caught.value.path == f"$.steps[{failing}]"
    assert f"step `s{failing}` of flow: ValueError: too much" in str(caught.value)
    assert "raise ValueError('too much')" in caught.value.traceback_text
    failure = manager.last_failure("flow")
    assert failure is not None
    assert "too much" in failure.message
    assert flow.execute({"x": 1}, {"add": 1})["y"]["s2"]["y"] == 4


def test_the_workflows_own_failure_is_its_own(adder: str, workflow: Workflow) -> None:
    """What its own plugin raises after the steps is no step's."""
    with pytest.raises(PluginExecutionError, match="after") as caught:
        workflow(*TWO, body="raise RuntimeError('after')").execute({"x": 1})
    assert caught.value.path is None


@pytest.mark.parametrize(
    ("steps", "says", "path"),
    [
        ([step(x="inputs.x", mor="inputs.x")], "did you mean `more`", "$.steps[0].inputs.mor"),
        ([step(x="inputs.x", parameters={"ad": 1})], "did you mean `add`", "$.steps[0].parameters.ad"),
        ([step(x="inputs.x"), step("two", x="one.z")], "known: y, seed", "$.steps[1].inputs.x"),
    ],
)
def test_names_that_a_plugin_has_not_are_found_before_anything_runs(
    manager: PluginManager, adder: str, workflow: Workflow, steps: list[Any], says: str, path: str
) -> None:
    """The nearest is named, and no step has run."""
    flow = workflow(*steps)
    done: list[str] = []
    undo = manager.events.subscribe("executed", lambda event: done.append(event.plugin_id))
    with pytest.raises(DefinitionError) as caught:
        flow.execute({"x": 1})
    undo()
    assert says in str(caught.value)
    assert caught.value.path == path
    assert not done


def test_values_are_checked_like_any_callers(adder: str, workflow: Workflow) -> None:
    """A parameter out of its plugin's range is an error of the step, with the way to it."""
    with pytest.raises(InputError, match="above the maximum 100") as caught:
        workflow(*TWO).execute({"x": 1}, {"add": 1000})
    assert caught.value.path == "$.steps[0].parameters.add"


def test_a_plugin_that_is_not_there_is_named(workflow: Workflow) -> None:
    """With its step."""
    with pytest.raises(UnknownPlugin) as caught:
        workflow(step(plugin="gain_nod", x="inputs.x")).execute({"x": 1})
    assert caught.value.path == "$.steps[0]"
    assert "gain_node" in str(caught.value)


def test_a_version_that_the_workflow_does_not_take_is_refused(adder: str, workflow: Workflow) -> None:
    """What metadata.dependencies says holds."""
    with pytest.raises(DefinitionError, match="needs adder>=2, and there is version 1"):
        workflow(step(x="inputs.x"), dependencies=["adder>=2"]).execute({"x": 1})


def test_a_step_has_its_own_plugins_limits(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow
) -> None:
    """Not the workflow's, and not those of the call, which are about the workflow's own plugin."""
    body = "time.sleep(60)"
    manager.load(write_plugin("adder", body=body, definition=ADDER, manifest={"limits": {"wall_s": 0.3}}))
    flow = workflow(step(x="inputs.x"), manifest={"limits": {"wall_s": 50}})
    with pytest.raises(LimitExceeded) as caught:
        flow.execute({"x": 1}, limits={"wall_s": 40})
    assert caught.value.setting == "wall_s"
    assert "step `one` of flow" in caught.value.message


def sleeping(manager: PluginManager, write_plugin: WritePlugin) -> None:
    body = """
if parameters['add'] == 7:
    self.context.progress(0.5)
    time.sleep(60)
return {'y': 1, 'seed': 1}
"""
    manager.load(write_plugin("adder", body=body, definition=ADDER))


SLEEPS = (step(x="inputs.x", parameters={"add": "parameters.add"}), step("two", x="one.y", parameters={"add": 3}))


def test_ctrl_c_ends_the_step_and_the_rest(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow
) -> None:
    """At once; nothing is left over, and the next run works."""
    sleeping(manager, write_plugin)
    flow = workflow(*SLEEPS)
    before, done = set(manager.instances), []
    undo = manager.events.subscribe("executed", lambda event: done.append(event.plugin_id))
    began_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        flow.execute({"x": 1}, {"add": 7}, on_progress=lambda *_: os.kill(os.getpid(), signal.SIGINT))
    undo()
    assert time.monotonic() - began_s < DEADLINE_S
    assert not done
    assert set(manager.instances) == before
    assert flow.stats.cancelled == 1
    assert flow.execute({"x": 1}, {"add": 1})["y"]["two"]["y"] == 1


def test_cancelling_a_task_ends_the_step(manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow) -> None:
    """As Ctrl-C does."""
    sleeping(manager, write_plugin)
    flow = workflow(*SLEEPS)
    before = set(manager.instances)

    async def cancelled() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(flow.aexecute({"x": 1}, {"add": 7}, on_progress=lambda *_: begun.set()))
        await asyncio.wait_for(begun.wait(), DEADLINE_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert set(manager.instances) == before
    assert asyncio.run(flow.aexecute({"x": 1}, {"add": 1}))["y"]["two"]["y"] == 1


def test_destroying_a_workflow_ends_the_step_that_runs(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow
) -> None:
    """Who waits for it is told that it is gone."""
    sleeping(manager, write_plugin)
    flow = workflow(*SLEEPS)
    begun, raised = threading.Event(), []

    def run() -> None:
        try:
            flow.execute({"x": 1}, {"add": 7}, on_progress=lambda *_: begun.set())
        except UnknownPlugin as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(DEADLINE_S)
    manager.destroy_instance(flow.id)
    thread.join(DEADLINE_S)
    assert [str(error) for error in raised] == [f"the instance {flow.id} has been destroyed → create another one"]
    assert not [one for one in manager.instances.values() if one.plugin_id == "adder"]


def test_a_run_within_a_run_is_refused(adder: str, workflow: Workflow) -> None:
    """Runs of one instance never overlap: one that would wait for itself is told so."""
    flow = workflow(*TWO)
    with pytest.raises(InputError, match="never overlap"):
        flow.execute({"x": 1}, on_progress=lambda *_: flow.execute({"x": 1}))
    assert flow.execute({"x": 1})["y"]["one"]["y"] == 11


def test_a_reload_brings_other_steps(manager: PluginManager, adder: str, workflow: Workflow) -> None:
    """The instance that somebody holds goes on with them."""
    flow = workflow(step(x="inputs.x"))
    assert list(flow.execute({"x": 1})["y"]) == ["one"]
    main = flow.plugin.root / "main.py"
    main.write_text(main.read_text().replace("'id': 'one'", "'id': 'other'"))
    manager.reload("flow")
    assert list(flow.execute({"x": 1})["y"]) == ["other"]


def test_a_manager_with_a_workflow_can_be_forgotten(adder: str, workflow: Workflow) -> None:
    """The instance asks it for others, and does not hold it."""
    folder = workflow(*TWO).plugin.root
    forgotten = PluginManager([folder, folder.parent / "adder"])
    assert forgotten.create_instance("flow").execute({"x": 1})["y"]["one"]["y"] == 11
    reference = weakref.ref(forgotten)
    del forgotten
    gc.collect()
    assert reference() is None
