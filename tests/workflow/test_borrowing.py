"""The confused deputy: a workflow that would have other plugins do what it may not do itself."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import DefinitionError, InputError, PermissionDenied
from schillinger_plugins.loader import inspect

from .conftest import PORTS, Workflow, WritePlugin, step

CANARY = "the canary sings at seventeen"
OPEN = {**PORTS, "inputs": [{"name": "x", "type": "any"}], "outputs": [{"name": "y", "type": "any"}]}
READS = "return {'y': open(inputs['x']).read()}"
WRITES = "open(inputs['x'], 'w').write('taken'); return {'y': 1}"
FETCHES = "reply = await self.context.fetch(inputs['x']); return {'y': reply.body.decode()}"
ASKS = {"inputs": [{"name": "x", "type": "any"}]}
Deputy = Callable[..., str]


@pytest.fixture
def deputy(manager: PluginManager, write_plugin: WritePlugin) -> Deputy:
    """A plugin that was granted something, honestly, for itself."""

    def make(body: str, permission: str, **named: Any) -> str:
        folder = write_plugin("deputy", body=body, definition=OPEN, requires_permissions=["execute", permission])
        manager.registry.register(inspect(folder))
        manager.grant("deputy", permission, **named)
        return manager.load("deputy").id

    return make


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with a canary in it."""
    folder = tmp_path / "shelf" / "music"
    (folder / "inner").mkdir(parents=True)
    (folder / "canary.txt").write_text(CANARY)
    return folder


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """The port of a server on loopback, and the paths it was asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(CANARY)))
            self.end_headers()
            self.wfile.write(CANARY.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served.server_port, asked
        served.shutdown()
        thread.join()


def refused(flow: Instance, x: Any) -> PermissionDenied:
    with pytest.raises(PermissionDenied) as caught:
        flow.execute({"x": x})
    assert caught.value.plugin_id == "flow"
    assert caught.value.path == "$.steps[0].plugin"
    assert "run deputy yourself and pass its result in" in str(caught.value)
    return caught.value


def test_a_plugin_that_may_read_reads_for_no_workflow(deputy: Deputy, music: Path, workflow: Workflow) -> None:
    """The user let the plugin read the folder, not the workflow; by hand the plugin still reads it."""
    reader = deputy(READS, "file_access", read=[music])
    error = refused(workflow(step(plugin=reader, x="inputs.x"), definition=ASKS), str(music / "canary.txt"))
    assert error.permission == "file_access"
    assert CANARY not in str(error)


def test_a_literal_path_is_no_way_around(deputy: Deputy, music: Path, workflow: Workflow) -> None:
    """Whoever chose the file."""
    reader = deputy(READS, "file_access", read=[music])
    refused(workflow(step(plugin=reader, x=str(music / "canary.txt")), definition=ASKS), 1)


def test_a_plugin_that_may_write_writes_for_no_workflow(deputy: Deputy, music: Path, workflow: Workflow) -> None:
    """Also for one that may read there."""
    writer = deputy(WRITES, "file_access", write=[music])
    flow = workflow(step(plugin=writer, x="inputs.x"), definition=ASKS, granted={"file_access": {"read": [music]}})
    assert "write" in str(refused(flow, str(music / "canary.txt")))
    assert (music / "canary.txt").read_text() == CANARY


def test_a_plugin_that_may_fetch_fetches_for_no_workflow(
    deputy: Deputy, server: tuple[int, list[str]], workflow: Workflow
) -> None:
    """What the workflow was given doesn't leave the machine through another's permission."""
    port, asked = server
    fetcher = deputy(FETCHES, "network", hosts=[f"127.0.0.1:{port}"])
    flow = workflow(step(plugin=fetcher, x="inputs.x"), definition=ASKS)
    assert refused(flow, f"http://127.0.0.1:{port}/?stolen={CANARY[:10]}").permission == "network"
    assert not asked


def test_other_hosts_than_the_workflows_are_refused(
    deputy: Deputy, server: tuple[int, list[str]], workflow: Workflow
) -> None:
    """A grant of one host is none of another; they are named."""
    port, asked = server
    fetcher = deputy(FETCHES, "network", hosts=[f"127.0.0.1:{port}", "example.org"])
    flow = workflow(
        step(plugin=fetcher, x="inputs.x"), definition=ASKS, granted={"network": {"hosts": ["example.org"]}}
    )
    assert f"127.0.0.1:{port}" in str(refused(flow, f"http://127.0.0.1:{port}/"))
    assert not asked


@pytest.mark.parametrize(("own", "fits"), [(".", True), ("..", True), ("inner", False)])
def test_the_same_folder_must_have_been_granted(
    deputy: Deputy, music: Path, workflow: Workflow, own: str, fits: bool
) -> None:
    """That one or one around it; a folder within it is less."""
    reader = deputy(READS, "file_access", read=[music])
    flow = workflow(
        step(plugin=reader, x="inputs.x"),
        definition=ASKS,
        granted={"file_access": {"read": [(music / own).resolve()]}},
    )
    if fits:
        assert flow.execute({"x": str(music / "canary.txt")})["y"]["one"]["y"] == CANARY
    else:
        assert str(music) in str(refused(flow, str(music / "canary.txt")))


def test_the_same_host_may_be_reached(deputy: Deputy, server: tuple[int, list[str]], workflow: Workflow) -> None:
    """If the user has granted it to both."""
    port, _ = server
    host = f"127.0.0.1:{port}"
    fetcher = deputy(FETCHES, "network", hosts=[host])
    flow = workflow(step(plugin=fetcher, x="inputs.x"), definition=ASKS, granted={"network": {"hosts": [host]}})
    assert flow.execute({"x": f"http://{host}/"})["y"]["one"]["y"] == CANARY


def test_a_plugin_that_is_granted_more_later_is_refused_then(
    manager: PluginManager, deputy: Deputy, music: Path, workflow: Workflow
) -> None:
    """What counts is what it has when the step is run."""
    inner = music / "inner"
    (inner / "a.txt").write_text("a")
    reader = deputy(READS, "file_access", read=[inner])
    flow = workflow(step(plugin=reader, x="inputs.x"), definition=ASKS, granted={"file_access": {"read": [inner]}})
    assert flow.execute({"x": str(inner / "a.txt")})["y"]["one"]["y"] == "a"
    manager.unload("deputy")
    manager.grant("deputy", "file_access", read=[music])
    refused(flow, str(music / "canary.txt"))


HEARS = {**PORTS, "inputs": [{"name": "audio", "type": "audio"}], "outputs": [{"name": "y", "type": "any"}]}


@pytest.mark.parametrize("way", ["literal", "input", "parameter", "step"])
def test_no_step_is_given_a_file_by_its_name(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow, tmp_path: Path, way: str
) -> None:
    """The host decodes files that a user names; one that a workflow names it would read for the workflow."""
    song = tmp_path / "private.wav"
    soundfile.write(song, np.full(1000, 0.17), 8000)
    heard: list[str] = []
    manager.load(write_plugin("hears", body="return {'y': inputs['audio'].samples}", definition=HEARS))
    manager.load(write_plugin("says", body=f"return {{'y': {str(song)!r}}}", definition={**OPEN, "inputs": []}))
    steps = {
        "literal": [step(plugin="hears", audio=str(song))],
        "input": [step(plugin="hears", audio="inputs.x")],
        "parameter": [step(plugin="hears", audio="parameters.named")],
        "step": [step("first", "says"), step(plugin="hears", audio="first.y")],
    }[way]
    definition = {**ASKS, "parameters": [{"name": "named", "type": "string", "default": str(song)}]}
    undo = manager.events.subscribe("executed", lambda event: heard.append(event.plugin_id))
    with pytest.raises(InputError, match="gives no files to its steps") as caught:
        workflow(*steps, definition=definition).execute({"x": str(song)})
    undo()
    assert "hears" not in heard
    assert caught.value.path == f"$.steps[{len(steps) - 1}].inputs.audio"


def test_a_workflow_is_no_step(workflow: Workflow) -> None:
    """Neither another one nor itself: no end could be told."""
    inner = workflow(name="inner")
    with pytest.raises(DefinitionError, match="is a workflow itself"):
        workflow(step(plugin=inner.plugin_id, x="inputs.x")).execute({"x": 1})
    with pytest.raises(DefinitionError, match="is a workflow itself"):
        workflow(step(plugin="own", x="inputs.x"), name="own").execute({"x": 1})


def test_a_plugin_that_lacks_a_permission_is_not_loaded_for_a_workflow(
    manager: PluginManager, write_plugin: WritePlugin, workflow: Workflow
) -> None:
    """Nobody is told to grant what would be refused then."""
    folder = write_plugin("deputy", body=READS, definition=OPEN, requires_permissions=["execute", "file_access"])
    manager.registry.register(inspect(folder))
    assert "grant" not in refused(workflow(step(plugin="deputy", x="inputs.x"), definition=ASKS), "x").remedy.split()  # type: ignore[union-attr]  # it has one
    assert manager.plugins["deputy"].state == "discovered"
