"""Flows run with real plugins in real workers."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins import Audio, Flow, PluginManager
from schillinger_plugins.errors import Busy, FlowError, InputError, WorkerCrashed
from schillinger_plugins.flow import FlowEvent

WritePlugin = Callable[..., Path]
Plugin = Callable[..., str]

PORTS = {
    "type": "adder",
    "label": "Adder",
    "inputs": [{"name": "x", "type": "number"}, {"name": "more", "type": "any", "required": False}],
    "outputs": [{"name": "y", "type": "number"}, {"name": "seed", "type": "integer"}],
    "parameters": [{"name": "add", "type": "number", "default": 1, "min": 0, "max": 100}],
}
ADDS = """
self.context.progress(0.5, message='adding')
return {'y': inputs['x'] + parameters['add'], 'seed': self.context.seed}
"""
WAITS = """
Path = __import__('pathlib').Path
self.context.progress(0.25, message='waiting')
while True:
    await asyncio.sleep(0.01)
"""


@pytest.fixture
def flow(manager: PluginManager) -> Iterator[Flow]:
    """An empty one."""
    with Flow(manager, name="study", seed=7, concurrency=2) as flow:
        yield flow


@pytest.fixture
def plugin(manager: PluginManager, write_plugin: WritePlugin) -> Plugin:
    """The id of a plugin written on the spot: it adds."""

    def make(name: str = "adder", body: str = ADDS, **options: Any) -> str:
        return manager.load(write_plugin(name, body=body, **{"definition": PORTS, **options})).id

    return make


def chain(flow: Flow, plugin: str, length: int = 3) -> list[Any]:
    """An input, and nodes one after the other."""
    nodes = [flow.input("x", type="number", value=1)]
    for _ in range(length):
        node = flow.add(plugin)
        nodes[-1]["value" if len(nodes) == 1 else "y"] >> node["x"]
        nodes.append(node)
    return nodes


def told(flow: Flow) -> list[FlowEvent]:
    """What the flow tells, as it comes."""
    events: list[FlowEvent] = []
    flow.events.subscribe(events.append)
    return events


def test_what_one_gives_the_next_gets(flow: Flow, plugin: Plugin) -> None:
    """In the order of the flow, with states, progress and figures told; a subscriber that raises changes nothing."""
    _, a, b, _ = chain(flow, plugin())
    a.set(add=5)
    flow.events.subscribe(lambda _: 1 / 0)
    events, progress = told(flow), []
    run = flow.run(on_progress=lambda fraction, message: progress.append(fraction))
    assert [run[name]["y"] for name in run] == [6.0, 7.0, 8.0]
    assert run[b].provenance.parameters == {"add": 1.0}
    states = [event.state for event in events if event.node == a.id]
    assert states == ["queued", "running", "running", "done"]
    assert "adding" in [event.message for event in events if event.node == a.id]
    assert events[0].kind == "begun"
    assert events[-1].kind == "ended"
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert flow.last is run


def test_only_what_changed_runs_again(flow: Flow, plugin: Plugin) -> None:
    """And what depends on it, unless its result is the same; `anew` runs all."""
    _, a, b, c = chain(flow, plugin())
    flow.run()
    assert flow.run().cached == (a.id, b.id, c.id)
    b.set(add=2)
    again = flow.run()
    assert again.cached == (a.id,)
    assert again[c]["y"] == 5.0
    assert flow.run(x=3).cached == ()
    assert flow.run(anew=True).cached == ()
    assert flow.run(seed=8).cached == ()


def test_a_result_is_not_changed_by_who_has_it(flow: Flow, manager: PluginManager) -> None:
    """What comes out of the cache is what went in."""
    song = flow.input("song", type="audio", value=(np.ones(4), 8000))
    gain = flow.add("gain_node")
    song >> gain
    rhythm = flow.add("resultant_rhythm", a=3, b=2)
    run = flow.run()
    with pytest.raises(ValueError, match="read-only"):
        run[gain]["audio"].samples[:] = 0
    run[rhythm]["durations"].append(99)
    again = flow.run()
    assert again.cached == (gain.id, rhythm.id)
    assert again[rhythm]["durations"] == [2, 1, 1, 2]
    assert again[gain].provenance == run[gain].provenance


def test_results_that_may_be_others_tomorrow_are_not_kept(flow: Flow, plugin: Plugin) -> None:
    """Those of an integration, for one."""
    main = f"""
from schillinger_plugins.types import *

class Lookup(IntegrationPlugin):
    async def execute(self, inputs, parameters):
        return {{'y': 1.0, 'seed': 1}}
    def get_node_definition(self):
        return {PORTS!r}
"""
    chain(flow, plugin("lookup", main=main, plugin_type="INTEGRATION"), 1)
    flow.run()
    assert flow.run().cached == ()


def test_each_node_has_its_own_seed_and_the_same_every_time(flow: Flow, plugin: Plugin) -> None:
    """It follows from the flow's and the node's id."""
    _, a, b, _ = chain(flow, plugin())
    first, second = flow.run(), flow.run(anew=True)
    assert first[a]["seed"] != first[b]["seed"]
    assert [first[name]["seed"] for name in first] == [second[name]["seed"] for name in second]


def test_a_failing_node_blocks_only_what_depends_on_it(flow: Flow, plugin: Plugin) -> None:
    """The error lists it, and has the results of the others."""
    _, a, b, c = chain(flow, plugin())
    crash = flow.add(plugin("crash", "os.kill(os.getpid(), 9)"))
    a["y"] >> crash["x"]
    after = flow.add("adder", id="after")
    crash["y"] >> after["x"]
    with pytest.raises(FlowError, match="1 of 5 nodes failed; 1 blocked: crash: ") as caught:
        flow.run()
    run = caught.value.run
    assert isinstance(run.failed["crash"], WorkerCrashed)
    assert run.states == {a.id: "done", b.id: "done", c.id: "done", "crash": "failed", "after": "blocked"}
    assert run.blocked == {"after": "crash"}
    assert run[c]["y"] == 4.0
    assert "blocked by crash" in repr(flow.run(raises=False))


def test_a_flow_with_a_problem_is_refused_before_anything_runs(flow: Flow, plugin: Plugin) -> None:
    """Unless it is to run as far as it can."""
    _, a, *_ = chain(flow, plugin(), 1)
    lonely = flow.add("adder")
    assert [problem.node for problem in flow.problems()] == [lonely.id]
    with pytest.raises(InputError, match=r"the input 'x' of 'adder_2' is missing → connect"):
        flow.run()
    run = flow.run(raises=False)
    assert run.states == {a.id: "done", lonely.id: "failed"}
    assert flow.run([a])[a]["y"] == 2.0


def test_cancelling_half_way_keeps_what_is_done(flow: Flow, plugin: Plugin) -> None:
    """A second run at once is refused; the flow runs again afterwards."""
    _, a, b, c = chain(flow, plugin())
    waiting = flow.add(plugin("waiting", WAITS))
    c["y"] >> waiting["x"]
    waits = threading.Event()
    flow.events.subscribe(lambda event: event.message == "waiting" and waits.set())
    running = flow.start()
    assert waits.wait(30)
    with pytest.raises(Busy, match="running already"):
        flow.run()
    flow.cancel()
    run = running.wait(30)
    assert run.cancelled
    assert run.states == {a.id: "done", b.id: "done", c.id: "done", waiting.id: "cancelled"}
    assert flow.run([c]).cached == (a.id, b.id, c.id)


def test_ctrl_c_ends_a_run(flow: Flow, plugin: Plugin) -> None:
    """It is raised where it was pressed, and nothing goes on behind it."""
    _, a = chain(flow, plugin("waiting", WAITS), 1)
    flow.events.subscribe(lambda event: event.message == "waiting" and os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        flow.run()
    assert flow.running is None
    assert flow.last is not None
    assert flow.last.states == {a.id: "cancelled"}


def test_a_run_goes_on_with_the_flow_it_began_with(flow: Flow, plugin: Plugin) -> None:
    """Nodes that are removed meanwhile are run, parameters that are set meanwhile count for the next run."""
    _, a, b, c = chain(flow, plugin())

    def change(event: FlowEvent) -> None:
        if (event.node, event.state) == (a.id, "done"):
            c.set(add=50)
            flow.remove(b)

    undo = flow.events.subscribe(change)
    run = flow.run()
    undo()
    assert run[c]["y"] == 4.0
    assert b.id in run
    assert b.id not in flow.nodes
    assert b.instance is None


def test_an_instance_that_somebody_ended_is_made_anew(flow: Flow, manager: PluginManager, plugin: Plugin) -> None:
    """The flow's own end with it."""
    _, a = chain(flow, plugin(), 1)
    flow.run()
    first = a.instance
    manager.destroy_instance(first.id)
    assert flow.run(anew=True)[a]["y"] == 2.0
    assert a.instance.id != first.id
    flow.close()
    assert not manager.instances


def test_a_flow_survives_a_reload(
    flow: Flow, manager: PluginManager, plugin: Plugin, write_plugin: WritePlugin
) -> None:
    """A renamed parameter keeps its value, a port that has gone is a problem, other code isn't taken from the cache."""
    _, a = chain(flow, plugin(), 1)
    a.set(add=5)
    assert flow.run()[a]["y"] == 6.0
    events = told(flow)
    renamed = {**PORTS["parameters"][0], "name": "amount", "aliases": ["add"]}
    body = ADDS.replace("parameters['add']", "2 * parameters['amount']")
    write_plugin("adder", body=body, definition={**PORTS, "parameters": [renamed]}, version="1.1.0")
    manager.reload("adder")
    assert "definitions" in [event.kind for event in events]
    (problem,) = flow.problems()
    assert (problem.grave, problem.message) == (False, "the flow was made with adder 1.0.0, here is 1.1.0")
    assert flow.run()[a]["y"] == 11.0
    assert a.parameters == {"amount": 5.0}
    flow.mend(problem, problem.fixes[0])
    assert not flow.problems()
    write_plugin("adder", body=body, definition={**PORTS, "parameters": [renamed], "inputs": []}, version="1.1.0")
    manager.reload("adder")
    (gone,) = flow.problems()
    assert (gone.message, gone.fixes[0].do) == ("'adder' has no input 'x'", "disconnect")
    assert len(flow.graph.edges) == 1
    with pytest.raises(InputError, match="has no input 'x'"):
        flow.run()


def test_a_saved_flow_has_the_names_of_now(
    flow: Flow, manager: PluginManager, plugin: Plugin, write_plugin: WritePlugin, tmp_path: Path
) -> None:
    """A renamed parameter is saved by its new name; the rest is as it was, what nobody knows included."""
    _, a = chain(flow, plugin(), 1)
    a.set(add=5)
    data = flow.as_dict()
    data["nodes"][1]["data"]["x-mine"] = None
    renamed = {**PORTS["parameters"][0], "name": "amount", "aliases": ["add"]}
    write_plugin("adder", body=ADDS.replace("'add'", "'amount'"), definition={**PORTS, "parameters": [renamed]})
    manager.reload("adder")
    with Flow.from_dict(data, manager) as old:
        old.save(tmp_path / "study.json")
        assert "amount=5.0" in old.to_python()
    data["nodes"][1]["data"]["parameters"] = {"amount": 5.0}
    with Flow.open(tmp_path / "study.json", manager) as again:
        assert again.as_dict() == data
        assert again.run()[a.id]["y"] == 6.0
    data["nodes"][1]["data"]["parameters"] = {"amount": 5.0, "add": 6.0}
    with Flow.from_dict(data, manager) as twice:  # only a person can tell which one counts
        assert twice.as_dict() == data
        assert [problem.grave for problem in twice.problems()] == [True]


def test_a_parameter_that_has_gone_is_told_with_what_to_do(
    flow: Flow, manager: PluginManager, plugin: Plugin, write_plugin: WritePlugin
) -> None:
    """The line that forgets its value, which mends it; and the one that may be meant instead."""
    _, a = chain(flow, plugin(), 1)
    a.set(add=5)
    write_plugin("adder", body="return {'y': inputs['x'], 'seed': 0}", definition={**PORTS, "parameters": []})
    manager.reload("adder")
    with pytest.raises(InputError) as raised:
        flow.run()
    assert raised.value.message == "'adder' has no parameter 'add'"
    assert raised.value.remedy == "flow['adder'].reset('add') forgets its value (there are none)"
    flow["adder"].reset("add")
    assert flow.run()[a]["y"] == 1.0
    other = {**PORTS["parameters"][0], "name": "added"}
    write_plugin("adder", definition={**PORTS, "parameters": [other]})
    manager.reload("adder")
    data = flow.as_dict()
    data["nodes"][1]["data"]["parameters"] = {"add": 5.0}
    with Flow.from_dict(data, manager) as old:
        (problem,) = old.problems()
        assert problem.remedy == "did you mean `added`? If not, flow['adder'].reset('add') forgets its value"
        old.mend(problem, problem.fixes[0])
        assert not old.problems()


def test_a_plugin_cannot_have_the_host_read_a_file(flow: Flow, plugin: Plugin, tmp_path: Path) -> None:
    """Text that comes out of one where sound is needed is refused, whatever the output is declared to be."""
    ports = {**PORTS, "inputs": [], "outputs": [{"name": "y", "type": "any"}]}
    names = flow.add(plugin("names", f"return {{'y': {str(tmp_path / 'secret.wav')!r}}}", definition=ports))
    gain = flow.add("gain_node")
    names["y"] >> gain["audio"]
    with pytest.raises(FlowError, match=r"gave .* where sound is needed"):
        flow.run()


def test_a_file_is_read_once_and_again_when_it_changed(flow: Flow, tmp_path: Path) -> None:
    """By whom it is needed, decoded for them."""
    import soundfile

    path = tmp_path / "song.wav"
    soundfile.write(path, np.full(8, 0.5), 8000, subtype="FLOAT")
    song = flow.input("song", type="audio", value=path)
    gain = flow.add("gain_node")
    song >> gain
    assert flow.run()[gain]["audio"] == Audio(np.full(8, 0.5), 8000)
    assert flow.run().cached == (gain.id,)
    soundfile.write(path, np.full(9, 0.25), 8000, subtype="FLOAT")
    assert flow.run()[gain]["audio"] == Audio(np.full(9, 0.25), 8000)
    path.unlink()
    with pytest.raises(FlowError, match=r"song\.wav"):
        flow.run()


def test_a_bypassed_node_lets_its_input_through(flow: Flow, plugin: Plugin) -> None:
    """The first of the same type; it has no result itself."""
    _, _, b, c = chain(flow, plugin())
    b.bypassed = True
    run = flow.run()
    assert run[c]["y"] == 3.0
    assert b.id not in run


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 101, "1", None])
def test_a_parameter_that_does_not_fit_is_refused(flow: Flow, plugin: Plugin, value: Any) -> None:
    """When it is set, and nothing is changed; a name that isn't there, too."""
    node = flow.add(plugin(), add=2)
    revision = flow.revision
    with pytest.raises(InputError, match="parameter 'add'"):
        node.set(add=value)
    with pytest.raises(InputError, match=r"no parameter 'ad' → did you mean `add`"):
        node.set(ad=1)
    with pytest.raises(InputError, match="it is an input"):
        node.set(x=1)
    with pytest.raises(InputError, match="is no label"):
        node.label = "x" * 10_000_000
    assert (node.parameters, flow.revision) == ({"add": 2.0}, revision)


def test_the_script_builds_the_same_flow(flow: Flow, manager: PluginManager, plugin: Plugin) -> None:
    """Names that are code elsewhere are names in it."""
    _, a, b, c = chain(flow, plugin())
    a.label = "'); import os; ('"
    b.bypassed = True
    c.set(add=3)
    flow.comment('"""\n\\ end', id="class")
    flow.group([a, b], label="both")
    text = flow.to_python()
    text = text.replace("PluginManager() as manager, ", "").replace(
        "from schillinger_plugins import Flow, PluginManager", ""
    )
    names = {"Flow": Flow, "manager": manager}
    exec(compile(text, "script", "exec"), names)  # noqa: S102 - it is what is tested
    other = names["flow"]
    assert names["run"][c.id]["y"] == flow.run()[c]["y"]

    def compared(flow: Any) -> Any:
        plain = flow.as_dict()
        return sorted(plain["nodes"], key=str), sorted(map(str, plain["edges"])), plain["schillinger"]

    assert compared(other) == compared(flow)


def test_a_flow_comes_back_from_its_file(flow: Flow, manager: PluginManager, plugin: Plugin, tmp_path: Path) -> None:
    """With its name, seed and values; what isn't here is told with the nearest there is."""
    _, a, *_ = chain(flow, plugin())
    path = tmp_path / "study.json"
    flow.save(path)
    with Flow.open(path, manager) as again:
        assert (again.name, again.seed, again.as_dict()) == ("study", 7, flow.as_dict())
        assert again.run()[a.id].provenance.seed == flow.run()[a].provenance.seed
    text = path.read_text().replace('"adder"', '"addder"')
    path.write_text(text)
    with Flow.open(path, manager) as elsewhere:
        problem = elsewhere.problems()[0]
        assert problem.message == "the plugin 'addder 1.0.0' isn't here"
        assert (problem.fixes[0].plugin, problem.fixes[0].version) == ("adder", "1.0.0")
        for problem in elsewhere.problems():
            if problem.fixes:
                elsewhere.mend(problem, problem.fixes[0])
        assert not elsewhere.problems()


def test_a_canvas_and_python_change_it_at_once(flow: Flow, plugin: Plugin) -> None:
    """What the page made of an earlier revision is taken in; what is no document changes nothing."""
    _, a, *_ = chain(flow, plugin())
    revision, page = flow.revision, flow.as_dict()
    del page["schillinger"]
    page["revision"] = revision
    page["nodes"][1]["position"] = {"x": 1.0, "y": 2.0}
    comment = flow.comment("meanwhile")
    a.set(add=9)
    flow.merge(page, revision)
    assert (a.position, a.parameters, comment.id in flow.nodes) == ((1.0, 2.0), {"add": 9.0}, True)
    assert flow.name == "study"
    before = flow.revision
    with pytest.raises(InputError):
        flow.merge({"nodes": 3}, revision)
    assert flow.revision == before


def test_a_circle_in_a_file_is_raised_by_its_path(manager: PluginManager, plugin: Plugin) -> None:
    """The nodes on it are never run; the others are, if it is to run as far as it can."""
    name = plugin()
    node = {"type": "plugin", "position": {"x": 0, "y": 0}, "data": {"plugin": name}}
    song = {
        "id": "song",
        "type": "input",
        "position": {"x": 0, "y": 0},
        "data": {"name": "n", "type": "number", "value": 1},
    }
    ends = {"sourceHandle": "y", "targetHandle": "x"}
    edges = [
        {"id": "1", "source": "a", "target": "b", **ends},
        {"id": "2", "source": "b", "target": "a", **ends},
        {"id": "3", "source": "song", "target": "c", **ends, "sourceHandle": "value"},
    ]
    nodes = [song, *({"id": key, **node} for key in "abc")]
    with Flow.from_dict({"nodes": nodes, "edges": edges}, manager) as flow:
        with pytest.raises(InputError, match=r"a → b → a|b → a → b"):
            flow.run()
        assert list(flow.run(raises=False)) == ["c"]
        with pytest.raises(InputError, match=r"no input 'm' → did you mean|known: n"):
            flow.run(m=3)


def test_a_plugin_that_is_reloaded_during_a_run_goes_on(
    flow: Flow, manager: PluginManager, plugin: Plugin, write_plugin: WritePlugin
) -> None:
    """The call under way ends on the old code, later nodes have the new, and no result is kept as another code's."""
    _, a, b, c = chain(flow, plugin())

    def reload(event: FlowEvent) -> None:
        if (event.node, event.state) == (a.id, "done"):
            write_plugin("adder", body=ADDS.replace("+ parameters", "+ 10 * parameters"), definition=PORTS)
            manager.reload("adder")

    undo = flow.events.subscribe(reload)
    first = flow.run()
    undo()
    assert [first[name]["y"] for name in first] == [2.0, 12.0, 22.0]
    assert flow.run()[c]["y"] == 31.0
    assert b.instance.plugin.content_hash == flow.last[b].provenance.content_hash


def test_a_flow_that_is_forgotten_ends_its_instances(manager: PluginManager, plugin: Plugin) -> None:
    """As one that is closed does."""
    flow = Flow(manager)
    chain(flow, plugin(), 1)
    flow.run()
    ended = threading.Event()
    undo = manager.events.subscribe("instance_destroyed", lambda _: ended.set())
    del flow
    gc.collect()
    assert ended.wait(30)
    undo()
    assert not manager.instances
