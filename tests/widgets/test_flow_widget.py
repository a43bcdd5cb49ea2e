"""The canvas of a flow, with real workers and no page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipywidgets.widgets.widget import _instances

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.flow import FlowEvent
from schillinger_plugins.widgets import FlowWidget, flow_view
from schillinger_plugins.widgets.canvas import shown, standings, widget
from schillinger_plugins.widgets.contract import flow as contract
from schillinger_plugins.widgets.contract.flow import FlowState
from schillinger_plugins.widgets.contract.flow import Shown as ShownMessage

DEADLINE_S = 20.0
SOUND = (np.full(800, 0.5, np.float32), 8000)
WAITS = """
self.context.progress(0.25, message='waiting')
while True:
    await asyncio.sleep(0.01)
"""
PORTS = {
    "type": "adder",
    "label": "Adder",
    "inputs": [{"name": "x", "type": "number"}],
    "outputs": [{"name": "y", "type": "number", "label": "Sum"}],
    "parameters": [{"name": "add", "type": "number", "default": 1, "min": 0, "max": 100}],
}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["a", "song", "plugin"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_IDS = st.sampled_from(["a", "b", "song", "new", "group"])


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Mostly such as can be taken: nodes and edges of any kind, between nodes that are there."""
    data = st.fixed_dictionaries(
        {"plugin": st.sampled_from(["gain_node", "nobody"])},
        optional={"parameters": st.dictionaries(st.text(max_size=4), JSON, max_size=2), "value": JSON, "held": JSON},
    )
    place = st.fixed_dictionaries({"x": st.integers(-9, 9), "y": st.floats(-9, 9)})
    kinds = st.sampled_from(["plugin", "input", "comment", "group"])
    known = {"id": _IDS, "type": kinds, "position": place, "data": data}
    node = st.fixed_dictionaries(known, optional={"parentId": _IDS, "width": st.floats(1, 9)})
    nodes = draw(st.lists(node, max_size=5, unique_by=lambda one: one["id"]))
    ends = st.sampled_from([one["id"] for one in nodes]) if nodes else st.nothing()
    handle = st.sampled_from(["audio", "value", "gone"])
    edge = {"id": st.uuids().map(str), "source": ends, "target": ends, "sourceHandle": handle, "targetHandle": handle}
    edges = draw(st.lists(st.fixed_dictionaries(edge), max_size=4)) if nodes else []
    viewport = {"x": 0, "y": 0, "zoom": 1}
    return {"nodes": nodes, "edges": edges, "viewport": viewport, "revision": draw(st.integers(0, 40))}


class _Page:
    """Stands for a page: it has the state that it was sent last, and writes the document."""

    def __init__(self, canvas: FlowWidget, name: str = "page") -> None:
        self.canvas, self.name = canvas, name
        self.writes = 0
        self.revision = canvas.document["revision"]
        self.sent: list[set[str]] = []
        self.shown: list[tuple[dict[str, Any], list[bytes]]] = []
        self._came = threading.Condition()
        canvas.send_state = self._take_state
        canvas.send = self._take

    @property
    def document(self) -> dict[str, Any]:
        """What came last, as JSON brings it."""
        document: dict[str, Any] = json.loads(json.dumps(self.canvas.document))
        return document

    def write(self, document: dict[str, Any], **more: Any) -> None:
        self.writes += 1
        envelope = {"revision": self.revision, "page": self.name, "write": self.writes, "heard": {}}
        self.canvas.set_state({"document": {**document, **envelope, **more}})

    def hear(self) -> dict[str, Any]:
        """Take over what Python has told."""
        self.revision = self.document["revision"]
        return self.document

    def say(self, **content: Any) -> None:
        self.canvas.on_request(content)

    def wait(self, wanted: Callable[[], bool]) -> None:
        """Until it is told."""
        with self._came:
            assert self._came.wait_for(wanted, DEADLINE_S), self.canvas.standings

    def _take_state(self, key: Any = None) -> None:
        with self._came:
            self.sent.append({key} if isinstance(key, str) else set(key or ()))
            self._came.notify_all()

    def _take(self, content: dict[str, Any], buffers: Any = None) -> None:
        with self._came:
            self.shown.append((content, list(buffers or ())))
            self._came.notify_all()


@pytest.fixture
def flow(manager: PluginManager) -> Iterator[Flow]:
    """A sound, a gain, another one."""
    with Flow(manager, name="study", seed=7) as flow:
        song = flow.input("song", type="audio", value=SOUND)
        song >> flow.add("gain_node", id="a", gain_db=-6) >> flow.add("gain_node", id="b")
        yield flow


@pytest.fixture
def canvas(flow: Flow) -> Iterator[FlowWidget]:
    canvas = flow_view(flow)
    canvas.wait()
    yield canvas
    canvas.close()


@pytest.fixture
def page(canvas: FlowWidget) -> _Page:
    return _Page(canvas)


def ids(document: dict[str, Any]) -> set[str]:
    return {node["id"] for node in document["nodes"]}


def node(name: str, **data: Any) -> dict[str, Any]:
    return {"id": name, "type": "plugin", "position": {"x": 1, "y": 2}, "data": {"plugin": "gain_node", **data}}


def states(canvas: FlowWidget) -> dict[str, str]:
    return {name: one["state"] + (", stale" if one["stale"] else "") for name, one in canvas.standings.items()}


def run(canvas: FlowWidget, page: _Page, *nodes: str, anew: bool = False) -> None:
    """Press Run and wait for the end."""
    page.say(kind="run", nodes=list(nodes), anew=anew)
    running = canvas.flow.running
    if running is not None:
        running.wait(DEADLINE_S)
    canvas.wait()


def test_what_is_shared_keeps_to_the_contract(canvas: FlowWidget) -> None:
    """Every trait is what the page was told to expect, and nothing else is shared."""
    state = {name: getattr(canvas, name) for name in FlowState.__struct_fields__}
    told = msgspec.convert(json.loads(json.dumps(state)), FlowState)
    assert ids(msgspec.to_builtins(told.document)) == {"song", "a", "b"}
    assert {entry.plugin for entry in told.palette} >= {"gain_node", "audio_analyzer"}
    assert told.definitions["gain_node"]["label"]
    assert told.document.page == ""


def test_what_python_does_is_told_in_few_messages(flow: Flow, page: _Page) -> None:
    """Fifty nodes that are added in a loop are no fifty messages; an undo in Python, a name and a move are told, too."""
    for number in range(50):
        flow.comment("one more", id=f"c{number}")
    flow.remove("c7")
    flow.name = "another"
    flow["a"].position = (5, 6)
    page.canvas.wait()
    assert len(page.sent) < 10
    assert ids(page.document) == {"song", "a", "b", *(f"c{number}" for number in range(50) if number != 7)}
    assert page.document["revision"] == flow.revision
    assert page.canvas.name == "another"


def test_what_the_page_writes_is_pythons(flow: Flow, page: _Page) -> None:
    """A parameter, a new node and an edge that is taken away; the answer says that it has been heard."""
    document = page.document
    document["nodes"][1]["data"]["parameters"]["gain_db"] = -12
    document["nodes"].append(node("c"))
    document["edges"] = document["edges"][:1]
    page.write(document)
    assert flow["a"].parameters == {"gain_db": -12}
    assert "c" in flow.nodes
    assert len(flow.graph.edges) == 1
    assert page.document["heard"] == {"page": 1}
    assert (page.document["page"], page.document["revision"]) == ("", flow.revision)


def test_a_hand_and_python_at_the_same_time_lose_nothing(flow: Flow, page: _Page) -> None:
    """The page's node and the cell's are both there, whichever came first, and each has its own change of a third."""
    document = page.document
    flow.add("gain_node", id="cell")
    flow["a"].set(invert=True)
    document["nodes"].append(node("hand"))
    document["nodes"][1]["data"]["parameters"]["gain_db"] = -3
    page.write(document)
    assert {"cell", "hand"} <= set(flow.nodes)
    assert flow["a"].parameters == {"gain_db": -3, "invert": True}


def test_a_page_that_writes_before_it_was_answered(flow: Flow, page: _Page) -> None:
    """Its second write grew from its first: what was added and taken away again is gone, what Python added is not."""
    before = page.document
    page.write({**before, "nodes": [*before["nodes"], node("brief"), node("kept")]})
    flow.add("gain_node", id="cell")
    page.write({**before, "nodes": [*before["nodes"], node("kept")]})
    assert set(flow.nodes) == {"song", "a", "b", "kept", "cell"}
    assert page.document["heard"] == {"page": 2}


def test_two_pages_write_to_one_flow(flow: Flow, canvas: FlowWidget, page: _Page) -> None:
    """Each from what it had; both are heard."""
    other = _Page(canvas, "other")
    document = page.document
    page.write({**document, "nodes": [*document["nodes"], node("one")]})
    other.write({**document, "nodes": [*document["nodes"], node("two")]})
    assert {"one", "two"} <= set(flow.nodes)
    assert page.document["heard"] == {"page": 1, "other": 1}


def test_what_was_heard_already_is_dropped(flow: Flow, page: _Page) -> None:
    """A write that comes twice, or late, changes nothing."""
    document = page.document
    page.write({**document, "nodes": [*document["nodes"], node("c")]})
    flow.remove("c")
    revision = flow.revision
    page.writes = 0
    page.write({**document, "nodes": [*document["nodes"], node("c", label="late")]})
    assert "c" not in flow.nodes
    assert flow.revision == revision


@pytest.mark.parametrize(
    "written",
    [
        None,
        [],
        {"nodes": []},
        {"nodes": [{"id": 7}], "edges": [], "viewport": {}},
        {"nodes": [node("a\x00b")], "edges": [], "viewport": {}},
        {"nodes": [{**node("x"), "type": "rocket"}], "edges": [], "viewport": {}},
        {"nodes": [{**node("x"), "position": {"x": float("nan"), "y": 0}}], "edges": [], "viewport": {}},
        {"nodes": [node("x"), node("x")], "edges": [], "viewport": {}},
        {"nodes": [node("x", label="z" * 200_000)], "edges": [], "viewport": {}},
        {"nodes": [], "edges": [{"id": "e", "source": "nobody", "target": "a"}], "viewport": {}},
        {"nodes": [], "edges": [], "viewport": {}, "page": ""},
        {"nodes": [], "edges": [], "viewport": {}, "page": "p" * 1000},
        {"nodes": [], "edges": [], "viewport": {}, "write": -1},
        {"nodes": [], "edges": [], "viewport": {}, "revision": "many"},
    ],
)
def test_what_is_no_document_is_refused_and_told(flow: Flow, page: _Page, written: Any) -> None:
    """The flow stays as it is, the page is told why, and its next write is taken."""
    before = flow.as_dict()
    envelope = {"revision": page.revision, "page": "page", "write": 1, "heard": {}}
    page.canvas.set_state({"document": {**envelope, **written} if isinstance(written, dict) else written})
    page.canvas.wait()
    assert flow.as_dict() == before
    assert "could not be taken" in page.canvas.message
    assert page.document["heard"] == {}
    page.writes = 1
    page.write({**page.document, "nodes": [*page.document["nodes"], node("next")]})
    assert "next" in flow.nodes


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=documents() | JSON, is_new=st.booleans(), page=st.sampled_from(["p", "q"]), content=JSON)
def test_whatever_a_page_writes_and_says_the_canvas_goes_on(
    canvas: FlowWidget, written: Any, is_new: bool, page: str, content: Any
) -> None:
    """It raises nothing, and what it has then is a flow that can be saved, told and opened again."""
    heard = canvas.document["heard"].get(page, 0)
    if isinstance(written, dict):
        written = {**written, "page": page, "write": heard + 1}
        written |= {"revision": canvas.document["revision"]} if is_new else {}
    for name in list(canvas.flow.nodes)[30:]:  # each example adds to what the others have left
        canvas.flow.remove(name)
    canvas.set_state({"document": written})
    canvas.on_request(content if isinstance(content, dict) else {"kind": content})
    told = msgspec.convert(json.loads(json.dumps(canvas.document)), contract.Document)
    assert told.page == ""
    if isinstance(written, dict) and "nodes" in written and told.heard.get(page, 0) > heard:
        assert {node["id"] for node in written["nodes"]} <= {node.id for node in told.nodes}
    again = Flow.from_dict(canvas.flow.as_dict(), canvas.flow.host)
    assert again.graph.nodes == canvas.flow.graph.nodes
    assert again.graph.edges == canvas.flow.graph.edges
    again.close()


def test_of_all_that_is_shared_the_document_alone_is_the_pages(canvas: FlowWidget) -> None:
    """A page can't say that something has run."""
    canvas.set_state({"standings": {"a": {"state": "done"}}, "running": True, "palette": [], "name": "mine"})
    assert not canvas.running
    assert canvas.palette
    assert canvas.name == "study"


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "run", "nodes": "a"},
        {"kind": "run", "nodes": ["nobody"]},
        {"kind": "define", "plugin": "../../etc"},
        {"kind": "define"},
        {"kind": "show", "node": "nobody"},
        {"kind": "show", "node": {}},
        {"kind": "explode"},
        {"kind": ["run"]},
        {},
    ],
)
def test_a_message_that_says_nothing_is_dropped(page: _Page, content: dict[str, Any]) -> None:
    """Nothing runs, nothing is shown."""
    page.say(**content)
    page.canvas.wait()
    assert page.canvas.flow.running is None
    assert page.canvas.flow.last is None
    assert not page.shown


def test_a_run_is_told_node_by_node(canvas: FlowWidget, page: _Page) -> None:
    """Its end, its figures; the second time all of it is there already, and of a change only what depends on it runs."""
    run(canvas, page)
    assert states(canvas) == {"a": "done", "b": "done"}
    assert canvas.standings["b"]["has_result"]
    assert canvas.standings["b"]["summary"][0] == {"label": "Audio", "text": "0.10 s, 1 ch", "unit": ""}
    assert (canvas.running, canvas.progress, canvas.message[:6]) == (False, 1.0, "2 done")
    canvas.flow["b"].set(gain_db=-1)
    canvas.wait()
    assert states(canvas) == {"a": "done", "b": "done, stale"}
    run(canvas, page)
    assert states(canvas) == {"a": "cached", "b": "done"}
    run(canvas, page, anew=True)
    assert states(canvas) == {"a": "done", "b": "done"}


def test_only_what_leads_to_a_node_is_run(canvas: FlowWidget, page: _Page) -> None:
    """The other one has not been heard of. Of nodes some of which are gone the others are run."""
    run(canvas, page, "a", "nobody")
    assert states(canvas) == {"a": "done"}


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (lambda flow: flow["a"].set(gain_db=0), lambda flow: flow["a"].set(gain_db=-6.0)),
        (lambda flow: setattr(flow["song"], "value", "x.wav"), lambda flow: setattr(flow["song"], "value", None)),
        (lambda flow: setattr(flow, "seed", 8), lambda flow: setattr(flow, "seed", 7)),
        (
            lambda flow: flow.disconnect(flow["song"]["value"], flow["a"]["audio"]),
            lambda flow: flow["song"]["value"] >> flow["a"]["audio"],
        ),
    ],
    ids=["parameter", "input", "seed", "edge"],
)
def test_a_result_is_stale_while_it_would_be_made_of_something_else(
    canvas: FlowWidget, change: Callable[[Flow], None], back: Callable[[Flow], None]
) -> None:
    """What is changed back isn't stale any more; nor is what was made of a sound that one run alone was given."""
    canvas.flow["song"].value = None
    for sound in ((np.zeros(80, np.float32), 8000), SOUND):
        canvas.flow.run(song=sound)
        canvas.wait()
    assert states(canvas) == {"a": "done", "b": "done"}
    change(canvas.flow)
    canvas.wait()
    assert states(canvas) == {"a": "done, stale", "b": "done, stale"}
    back(canvas.flow)
    canvas.wait()
    assert states(canvas) == {"a": "done", "b": "done"}


def test_new_code_makes_a_result_stale(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """A reload under an open canvas: the definition is the new one, the result is of the old one."""
    plugin = manager.load(
        write_plugin("adder", body="return {'y': inputs['x'] + parameters['add']}", definition=PORTS)
    ).id
    with Flow(manager) as flow:
        flow.input("x", type="number", value=1) >> flow.add(plugin, id="sum")
        canvas = flow_view(flow)
        page = _Page(canvas)
        run(canvas, page)
        assert canvas.standings["sum"]["summary"][0] == {"label": "Sum", "text": "2", "unit": ""}
        ports = {**PORTS, "inputs": [{"name": "n", "type": "number"}]}
        write_plugin("adder", body="return {'y': inputs['n']}", definition=ports)
        manager.reload(plugin)
        canvas.wait()
        assert canvas.definitions[plugin]["inputs"][0]["name"] == "n"
        assert states(canvas) == {"sum": "done, stale"}
        assert {problem["port"] for problem in canvas.problems} == {"x", "n"}
        canvas.close()


def test_an_edge_to_a_port_that_is_gone_is_told_with_what_mends_it(flow: Flow, page: _Page) -> None:
    """It stays in the document until somebody takes it away."""
    document = page.document
    document["edges"].append({"id": "e", "source": "a", "sourceHandle": "gone", "target": "b", "targetHandle": "old"})
    page.write(document)
    page.canvas.wait()
    told = next(problem for problem in page.canvas.problems if problem["edge"] == "e")
    assert told["fixes"] == [{"label": "remove the edge", "do": "disconnect", "plugin": "", "version": ""}]
    document = page.hear()
    document["edges"] = [edge for edge in document["edges"] if edge["id"] != "e"]
    page.write(document)
    page.canvas.wait()
    assert page.canvas.problems == []


def test_a_failure_is_shown_where_it_is(canvas: FlowWidget, page: _Page, make_node: Callable[..., None]) -> None:
    """The plugin's own traceback; what depends on it is blocked, and the rest has run."""
    make_node("broken", "raise ValueError('<b>not today</b>')", after="a")
    make_node("after", "return {'y': 1}", after="broken")
    run(canvas, page)
    assert states(canvas) == {"a": "done", "b": "done", "broken": "failed", "after": "blocked"}
    error = canvas.standings["broken"]["error"]
    assert "<b>not today</b>" in error["message"]
    assert "main.py" in error["traceback"]
    assert not canvas.standings["broken"]["has_result"]
    assert canvas.message.startswith("2 done, 1 failed, 1 blocked")


def test_a_run_is_cancelled(canvas: FlowWidget, page: _Page, make_node: Callable[..., None]) -> None:
    """While it runs the canvas says what it does and how far it is; another run is refused."""
    make_node("slow", WAITS, after="a")
    page.say(kind="run", nodes=[], anew=False)
    running = canvas.flow.running
    page.wait(lambda: canvas.standings.get("slow", {}).get("message") == "waiting")
    assert canvas.running
    assert canvas.standings["slow"]["progress"] == 0.25
    page.say(kind="run", nodes=[], anew=False)
    page.wait(lambda: "running already" in canvas.message)
    page.say(kind="cancel")
    assert running is not None
    assert running.wait(DEADLINE_S).cancelled
    canvas.wait()
    assert states(canvas)["slow"] == "cancelled"
    assert not canvas.running


def test_a_result_outlasts_a_run_that_was_cancelled(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """It is the one of before, and stale."""
    body = f"""
    if parameters["add"] == 1:
        return {{"y": 1}}
    {WAITS.strip().replace(chr(10), chr(10) + "    ")}
    """
    with Flow(manager) as flow:
        flow.input("x", type="number", value=1) >> flow.add(
            manager.load(write_plugin("adder", body=body, definition=PORTS)).id, id="sum"
        )
        canvas = flow_view(flow)
        page = _Page(canvas)
        run(canvas, page)
        flow["sum"].set(add=2)
        page.say(kind="run", nodes=[], anew=False)
        running = flow.running
        page.wait(lambda: canvas.standings["sum"]["message"] == "waiting")
        page.say(kind="cancel")
        assert running is not None
        running.wait(DEADLINE_S)
        canvas.wait()
        assert states(canvas) == {"sum": "cancelled, stale"}
        assert canvas.standings["sum"]["has_result"]
        canvas.close()


def test_a_canvas_that_is_opened_during_a_run_shows_it(
    canvas: FlowWidget, page: _Page, make_node: Callable[..., None]
) -> None:
    """What is done already, and what goes on; after the run, how it ended."""
    make_node("slow", WAITS, after="b")
    page.say(kind="run", nodes=[], anew=False)
    page.wait(lambda: canvas.standings.get("slow", {}).get("state") == "running")
    canvas.close()
    later = flow_view(canvas.flow)
    assert later is not canvas
    assert states(later) == {"a": "done", "b": "done", "slow": "running"}
    assert later.running
    canvas.flow.cancel()
    running = canvas.flow.running
    if running is not None:
        running.wait(DEADLINE_S)
    later.wait()
    later.close()
    last = flow_view(canvas.flow)
    assert states(last) == {"a": "done", "b": "done", "slow": "cancelled"}
    last.close()


def test_a_thousand_events_are_few_messages(canvas: FlowWidget, page: _Page) -> None:
    """They are told by the newest state of each node."""
    for number in range(1000):
        canvas.follow(FlowEvent(kind="node", node="a", state="running", progress=number / 1000))
        canvas.follow(FlowEvent(kind="progress", progress=number / 1000))
    canvas.wait()
    assert len(page.sent) < 50
    assert canvas.standings["a"]["progress"] == pytest.approx(0.999)


def test_the_ports_of_a_plugin_are_asked_for(
    manager: PluginManager, canvas: FlowWidget, page: _Page, write_plugin: Callable[..., Path]
) -> None:
    """A page that adds what no manifest describes gets them from a worker; what can't tell is asked once."""
    for name, body in (("adder", "return {'y': 1}"), ("mute", "return {}")):
        definition = PORTS if name == "adder" else {"type": "mute", "outputs": 7}
        manager.registry.register(manager.look(write_plugin(name, body=body, definition=definition)))
    canvas.wait()
    entry = {one["plugin"]: one for one in canvas.palette}
    assert entry["adder"]["definition"] is None
    document = page.document
    document["nodes"].append({**node("sum"), "data": {"plugin": "adder"}})
    page.write(document)
    page.say(kind="define", plugin="adder")
    page.say(kind="define", plugin="mute")
    canvas.wait()
    canvas.wait()
    assert canvas.definitions["adder"]["label"] == "Adder"
    assert next(one for one in canvas.palette if one["plugin"] == "adder")["definition"]["label"] == "Adder"
    assert "mute doesn't say what its ports are" in canvas.message
    manager.registry.update("mute", state="broken")
    canvas.follow(FlowEvent(kind="progress", message="something else"))
    page.say(kind="define", plugin="mute")
    canvas.wait()
    assert canvas.message == "something else"
    manager.reload("adder")
    canvas.wait()
    assert "mute" not in {one["plugin"] for one in canvas.palette}


def test_a_result_is_shown_as_text_picture_and_sound(canvas: FlowWidget, page: _Page) -> None:
    """The parts say what each buffer is; of a node that has none, that is said."""
    run(canvas, page)
    page.say(kind="show", node="b")
    page.say(kind="show", node="song")
    canvas.wait()
    (answer, buffers), (nothing, none) = page.shown
    told = msgspec.convert(answer, ShownMessage)
    assert (told.node, [(part.mime, part.is_still) for part in told.parts]) == (
        "b",
        [("image/png", True), ("audio/wav", False)],
    )
    assert [buffers[0][:4], buffers[1][:4]] == [b"\x89PNG", b"RIFF"]
    assert told.outputs[0]["text"] == "0.100 s, mono, 8000 Hz"
    assert _instances[told.view].shown["audio"].frames == 800
    assert nothing["outputs"][0]["text"] == "there is no result any more: run it again"
    assert not none


def test_what_draws_vega_lite_comes_when_a_page_asks_for_it(page: _Page) -> None:
    """The script of a worker, which is no part of the canvas's own code."""
    page.canvas._receive(None, {"kind": "drawer"}, [])
    ((content, (script,)),) = page.shown
    assert content == {"kind": "drawer"}
    assert b"vega-lite" in script
    assert script not in page.canvas.code


def test_of_the_results_that_are_looked_into_the_last_few_stay_open(
    canvas: FlowWidget, page: _Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same result has the same view; with the canvas all are closed."""
    monkeypatch.setattr(widget, "MAX_OPENED", 1)
    run(canvas, page)
    for name in ("a", "b", "b"):
        page.say(kind="show", node=name)
        canvas.wait()
    first, second, third = (answer["view"] for answer, _ in page.shown)
    assert second == third
    assert first not in _instances
    assert second in _instances
    canvas.close()
    assert second not in _instances


def test_a_result_that_nobody_can_draw_is_told_even_so(
    canvas: FlowWidget, page: _Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How it ended with the others is seen; who opens it reads that it can't be shown."""

    def fail(_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(standings, "summary_of", fail)
    monkeypatch.setattr(shown, "views_of", fail)
    run(canvas, page)
    assert states(canvas) == {"a": "done", "b": "done"}
    page.say(kind="show", node="a")
    canvas.wait()
    assert page.shown[0][0]["outputs"][0]["text"] == "it can't be shown here; its outputs are audio"


def test_a_flow_has_one_canvas(flow: Flow, canvas: FlowWidget) -> None:
    """However often it is shown, until it is closed; then nothing of the old one listens any more."""
    assert flow_view(flow) is canvas
    canvas.close()
    flow.comment("unheard")
    other = flow_view(flow)
    assert other is not canvas
    assert "comment" not in ids(canvas.document)
    assert "comment" in ids(other.document)
    other.close()


def test_a_value_that_the_hand_has_taken_away_is_gone(flow: Flow, page: _Page) -> None:
    """A sound that Python held isn't used behind the page's back."""
    document = page.document
    del document["nodes"][0]["data"]["held"]
    page.write(document)
    assert flow["song"].value is None


def test_two_hundred_nodes_are_one_message_of_moderate_size(manager: PluginManager) -> None:
    """What is told ten times a second can be."""
    with Flow(manager) as flow:
        before = flow.input("x", type="audio")
        for _ in range(199):
            after = flow.add("gain_node")
            before >> after
            before = after
        canvas = flow_view(flow)
        for name in flow.nodes:
            canvas.follow(FlowEvent(kind="node", node=name, state="running", progress=0.5, message="half of it"))
        canvas.wait()
        assert len(json.dumps(canvas.standings)) < 60_000
        assert len(json.dumps(canvas.document)) < 120_000
        canvas.close()


@pytest.fixture
def make_node(canvas: FlowWidget, manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., None]:
    """Put a plugin of that body into the flow, behind another node."""

    def make(name: str, body: str, *, after: str) -> None:
        canvas.flow.add(manager.load(write_plugin(name, body=body)).id, id=name)
        output = "audio" if after in ("a", "b") else "y"
        canvas.flow[after][output] >> canvas.flow[name]["x"]

    return make
