"""The client in Python: what is there is as if it were here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from schillinger_plugins import Audio, Flow, PluginManager, errors
from schillinger_plugins import client as client_of_servers
from schillinger_plugins.client import Client, RemoteInstance
from schillinger_plugins.errors import ServerError
from schillinger_plugins.loader import inspect
from schillinger_plugins.server import Access, Scope, Server, create_app
from schillinger_plugins.types import Figure

from .conftest import ANY


@pytest.fixture
def there(server: Server, manager: PluginManager) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.url, server.token) as client:
        yield client


@pytest.fixture
def probe(there: Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[[str], RemoteInstance]:
    """An instance there, of a plugin whose ``execute`` has this body."""

    def probe(body: str) -> RemoteInstance:
        manager.load(write_plugin(body=body, definition=ANY))
        return there.create_instance("probe")

    return probe


def test_values_cross_both_ways_unchanged(probe: Callable[[str], RemoteInstance]) -> None:
    """Sounds, arrays, bytes and plain values, nested ones, too."""
    instance = probe("return {'y': {'all': [inputs['audio'], inputs['table'], inputs['data'], inputs['x']]}}")
    samples = np.random.default_rng(1).normal(size=(2, 777)).astype(np.float32)
    table = np.arange(6, dtype=np.int16).reshape(2, 3)
    given = {"audio": Audio(samples, 44100), "table": table, "data": b"\x00\x01", "x": {"deep": [1, "two", None]}}
    sound, array, data, plain = instance.execute(given)["y"]["all"]
    assert np.array_equal(sound.samples, samples)
    assert sound.sample_rate == 44100
    assert np.array_equal(array, table)
    assert array.dtype == np.int16
    assert (data, plain) == (b"\x00\x01", {"deep": [1, "two", None]})


def test_a_file_here_is_sent(there: Client, tmp_path: Path) -> None:
    """A path is read by the client: the server reads none."""
    import soundfile

    soundfile.write(tmp_path / "half.wav", np.full(100, 0.5), 8000)
    result = there.create_instance("gain_node").execute({"audio": tmp_path / "half.wav"}, {"gain_db": 6.0206})
    assert np.allclose(result["audio"].samples, 1.0, atol=1e-4)
    assert result.provenance["parameters"]["gain_db"] == 6.0206
    assert result.stats["wall_s"] > 0


def test_figures_are_figures(there: Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """With their words."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>"
    body = f"from schillinger_plugins.types import Figure\nreturn {{'y': Figure.svg({svg!r}, alt='nothing')}}"
    manager.load(write_plugin(body=body, definition={**ANY, "outputs": [{"name": "y", "type": "figure"}]}))
    figure = there.create_instance("probe").execute()["y"]
    assert isinstance(figure, Figure)
    assert figure.alt == "nothing"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise KeyError('tempo')", errors.PluginExecutionError),
        ("import os; os.abort()", errors.WorkerCrashed),
        ("while True: pass", errors.LimitExceeded),
        ("return 1", errors.DefinitionError),
    ],
)
def test_what_fails_there_raises_here(
    probe: Callable[[str], RemoteInstance], body: str, kind: type[errors.PluginError]
) -> None:
    """The same class, with what it knows; also of a run that nobody waited for."""
    instance = probe(body)
    with pytest.raises(kind) as caught:
        instance.execute(limits={"wall_s": 0.3})
    assert caught.value.plugin_id == "probe"
    if isinstance(caught.value, errors.PluginExecutionError):
        assert "raise KeyError('tempo')" in caught.value.traceback_text
    run = instance.start(limits={"wall_s": 0.3})
    while run.details()["state"] == "running":
        pass
    with pytest.raises(kind):
        run.result()


def test_unknown_names_and_wrong_values_are_named(there: Client) -> None:
    """As in a notebook."""
    with pytest.raises(errors.UnknownPlugin, match="did you mean 'gain_node'"):
        there.plugin("gain_nod")
    gain, silence = there.create_instance("gain_node"), Audio(np.zeros((1, 1), np.float32), 8000)
    with pytest.raises(errors.InputError, match="above the maximum") as caught:
        gain.execute({"audio": silence}, {"gain_db": 600})
    assert caught.value.path == "$.parameters.gain_db"


def test_a_run_is_followed_and_cancelled(probe: Callable[[str], RemoteInstance]) -> None:
    """And says that it was."""
    run = probe("await asyncio.sleep(60)").start()
    assert run.details()["state"] == "running"
    with pytest.raises(ServerError, match="is running"):
        run.result()
    with pytest.raises(ServerError, match="goes on"):
        run.forget()
    assert run.cancel()["state"] == "cancelled"
    with pytest.raises(ServerError, match="is cancelled"):
        run.result()
    run.forget()
    with pytest.raises(errors.UnknownPlugin):
        run.details()


def test_what_happens_there_is_heard(there: Client, manager: PluginManager) -> None:
    """Until one has heard enough."""
    heard = there.events("instance_created")
    kinds = []
    with Client(str(there._http.base_url), there._http.headers["Authorization"].split()[1]) as other:
        listening = threading.Event()

        def listen() -> None:
            for event in heard:
                kinds.append(event)
                return

        thread = threading.Thread(target=lambda: (listening.set(), listen()))
        thread.start()
        listening.wait(10)
        while thread.is_alive():  # until it has been heard: it may not listen yet
            other.create_instance("resultant_rhythm").destroy()
    assert kinds[0]["event"] == "instance_created"
    assert kinds[0]["plugin_id"] == "resultant_rhythm"


def test_all_plugins_come_whatever_the_page(there: Client, manager: PluginManager) -> None:
    """And those of a type."""
    assert [plugin["id"] for plugin in there.plugins()] == list(manager.plugins)
    assert {plugin["plugin_type"] for plugin in there.plugins("effect")} == {"EFFECT"}


def test_a_server_that_is_not_there_is_said(there: Client) -> None:
    """With what to look at; and so is a token that isn't known."""
    with Client("http://127.0.0.1:1", "x" * 43) as nobody, pytest.raises(ServerError, match="doesn't answer"):
        nobody.status()
    with (
        Client(str(there._http.base_url), "x" * 43) as stranger,
        pytest.raises(ServerError, match="no token") as caught,
    ):
        stranger.status()
    assert caught.value.status == 401


def test_the_types_are_those_of_the_servers_page(manager: PluginManager) -> None:
    """Each has the keys that the page has, no more and no fewer, and None where the page has it."""
    page = create_app(manager, Access()).openapi()["components"]["schemas"]
    for name in (
        "Ask",
        "FlowProblem",
        "FlowSummary",
        "InstanceDetails",
        "LogLine",
        "NodeDetails",
        "PluginDetails",
        "RunDetails",
    ):
        known = get_type_hints(getattr(client_of_servers, name))
        told = page[{"Ask": "AskDetails", "LogLine": "LogDetails"}.get(name, name)]["properties"]
        assert set(known) == set(told), name
        for key, kind in known.items():
            may_be_null = any(one.get("type") == "null" for one in told[key].get("anyOf", ()))
            assert (type(None) in get_args(kind)) == may_be_null, f"{name}.{key}"


def test_flows_are_saved_run_and_forgotten(there: Client, manager: PluginManager) -> None:
    """What each node gave comes under its id; who saves what somebody else has saved since is told."""
    flow = Flow(manager, name="study", seed=1)
    song = flow.input("song", type="audio")
    song >> flow.add("gain_node", id="half", gain_db=-6.0206)
    saved = there.save_flow("study", flow.as_dict())
    assert [one["name"] for one in there.flows()] == ["study"]
    assert there.flow("study").document["nodes"] == saved.document["nodes"]
    run = there.run_flow("study", {"song": Audio(np.full((1, 4), 0.5, np.float32), 8000)}, nodes=["half"])
    result = run.wait()
    assert np.allclose(result["half"]["audio"].samples, 0.25, atol=1e-4)
    assert run.details()["nodes"] == there.run(run.id).details()["nodes"]
    there.save_flow("study", {"nodes": [], "edges": []}, unchanged_since=saved.tag)
    with pytest.raises(ServerError, match="another one") as caught:
        there.save_flow("study", flow.as_dict(), unchanged_since=saved.tag)
    assert caught.value.status == 412
    there.delete_flow("study")
    assert there.flows() == []
    with pytest.raises(errors.UnknownPlugin, match="no flow 'study'"):
        there.run_flow("study")
    flow.close()


def test_what_keeps_a_flow_from_running_is_told_before_it_is_saved(there: Client, manager: PluginManager) -> None:
    """At the nodes where it is, with what to do; nothing is kept of it, and nothing runs."""
    flow = {"nodes": [{"id": one, "type": "plugin", "data": {"plugin": one}} for one in ("gain_node", "gain_nod")]}
    found = {problem["node"]: problem for problem in there.flow_problems({**flow, "edges": []})}
    assert found["gain_node"]["port"] == "audio"
    assert "connect an output" in found["gain_node"]["remedy"]
    assert "gain_nod" in found["gain_nod"]["message"]
    assert (there.flows(), dict(manager.instances)) == ([], {})
    with pytest.raises(errors.InputError):
        there.flow_problems({"nodes": [1]})


def test_a_flows_failures_are_told_node_by_node(
    there: Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Each with the error that it would have raised here."""
    manager.load(write_plugin(body="raise KeyError('tempo')", definition=ANY))
    node = {"id": "one", "type": "plugin", "data": {"plugin": "probe"}}
    there.save_flow("broken", {"nodes": [node], "edges": []})
    with pytest.raises(errors.FlowError, match="one: ") as caught:
        there.run_flow("broken").wait()
    failure = caught.value.failed["one"]
    assert isinstance(failure, errors.PluginExecutionError)
    assert failure.exception_type == "KeyError"


def test_a_run_is_followed_until_it_ends(probe: Callable[[str], RemoteInstance]) -> None:
    """It is told when it is further, and at last how it ended; one that has ended tells that alone."""
    run = probe("self.context.progress(0.5, message='half')\nawait asyncio.sleep(60)").start()
    seen = []
    for told in run.follow():
        seen.append((told["state"], told["message"]))
        if seen[-1] == ("running", "half"):
            run.cancel()
    assert seen[-2:] == [("running", "half"), ("cancelled", "half")]
    assert [told["state"] for told in run.follow()] == ["cancelled"]
    with pytest.raises(ServerError, match="is cancelled"):
        run.wait()


def test_a_flows_run_tells_of_its_nodes(
    there: Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Which one goes on, how far it is, and what it says."""
    body = "self.context.progress(0.5, message='half')\nawait asyncio.sleep(60)"
    manager.load(write_plugin(body=body, definition=ANY))
    nodes = [{"id": name, "type": "plugin", "data": {"plugin": name}} for name in ("resultant_rhythm", "probe")]
    there.save_flow("slow", {"nodes": nodes, "edges": []})
    run = there.run_flow("slow")
    for told in run.follow():
        at = told["nodes"] or {}
        if at.get("probe", {}).get("progress") == 0.5 and at.get("resultant_rhythm", {}).get("state") == "done":
            assert (at["probe"]["state"], at["probe"]["message"]) == ("running", "half")
            run.cancel()
    assert told["state"] == "cancelled"


def test_lists_of_any_length_come_whole(
    there: Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """What a plugin has said, the newest first; instances and runs."""
    body = "for n in range(250):\n    print(f'line {n}')\nreturn {'y': 0}"
    manager.load(write_plugin("talkative", body=body, definition=ANY))
    instance = there.create_instance("talkative")
    run = instance.execute()
    lines = there.logs("talkative")
    assert [line["text"] for line in lines[:2]] == ["line 249", "line 248"]
    assert len(lines) == 250
    assert [line["text"] for line in there.logs("talkative", limit=120)] == [line["text"] for line in lines[:120]]
    assert [one["id"] for one in there.instances()] == [instance.id]
    assert there.runs()[0]["plugin_id"] == "talkative"
    assert run.stats["wall_s"] > 0


def test_what_is_asked_is_granted_by_another(
    there: Client, server: Server, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """Who asked can't."""
    asks = {"permissions": {"network": {"reason": "looks up", "hosts": ["example.org"]}}}
    folder = write_plugin("nosy", definition=ANY, requires_permissions=["execute", "network"], manifest=asks)
    manager.registry.register(inspect(folder, source="path"))
    ada, grace = (
        Client(server.url, server.access.issue(Scope.MANAGE, user=user, may_grant=True)) for user in ("ada", "grace")
    )
    with ada, grace:
        with pytest.raises(errors.PermissionDenied):
            ada.create_instance("nosy")
        asked = ada.ask_permission("nosy", "network")
        assert (asked["user"], asked["wants"]) == ("ada", "reach example.org")
        assert grace.asks() == [asked]
        with pytest.raises(ServerError, match="own question"):
            ada.grant(asked["id"])
        grace.grant(asked["id"])
        assert ada.create_instance("nosy").details()["plugin_id"] == "nosy"
        grace.decline(ada.ask_permission("nosy", "network")["id"])
        assert grace.asks() == []


def test_a_definition_is_a_definition(there: Client, manager: PluginManager) -> None:
    """The same object as here."""
    assert there.definition("gain_node") == manager.definition("gain_node")


def test_the_server_itself_is_asked(there: Client) -> None:
    """Whether it is ready, and its figures."""
    there.create_instance("gain_node").destroy()
    while not there.is_ready():  # it warms while it answers already
        pass
    assert "schillinger_plugins{" in there.metrics()
    with Client("http://127.0.0.1:1", "x" * 43) as nobody:
        assert not nobody.is_ready()


def test_a_name_is_one_part_of_an_address(there: Client) -> None:
    """Another address is not asked by it."""
    for name in ("system/status", "..", ""):
        with pytest.raises(errors.InputError, match="is no id"):
            there.plugin(name)
    with pytest.raises(errors.UnknownPlugin, match="no plugin 'a b"):
        there.plugin("a b?x=#1")
