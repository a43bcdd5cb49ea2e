"""Flows that run without being saved, and sounds that go into a flow and come out of it as they are."""

from __future__ import annotations

import gc
import io
import json
import weakref
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from schillinger_plugins import Audio, PluginManager
from schillinger_plugins.client import Client
from schillinger_plugins.server import Scope, Server

from .conftest import ANY
from .test_flows import GAINS, edge, entry, node, sound
from .test_sound import FLAC, TWO, WAV, file_of

DRAFT = "/api/flows/runs"
WAIT = {"wait": "true"}


def heard(answer: httpx.Response) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    return soundfile.read(io.BytesIO(answer.content))[0]  # type: ignore[no-any-return]  # it has no types


def test_whoever_runs_need_not_save(client: httpx.Client, server: Server, tmp_path: Path) -> None:
    """A draft is run by a token that may only run; it is theirs, found by its address, and kept nowhere."""
    ada = {"Authorization": f"Bearer {server.access.issue(Scope.RUN, user='ada')}"}
    begun = client.post(DRAFT, json={"flow": GAINS, "inputs": {"song": sound()}, "nodes": ["half"]}, headers=ada)
    assert begun.status_code == 202, begun.text
    assert (begun.json()["user"], begun.json()["flow"]) == ("ada", "")
    while (run := client.get(begun.headers["Location"], headers=ada).json())["state"] == "running":
        pass
    assert (run["state"], run["stats"]["states"], run["nodes"]["half"]["state"]) == ("done", {"half": "done"}, "done")
    eve = {"Authorization": f"Bearer {server.access.issue(Scope.RUN, user='eve')}"}
    assert client.get(begun.headers["Location"], headers=eve).status_code == 404
    reader = {"Authorization": f"Bearer {server.access.issue(Scope.READ, user='ada')}"}
    assert client.post(DRAFT, json={"flow": GAINS}, headers=reader).status_code == 403
    assert client.get("/api/flows").json()["total"] == 0
    assert not (tmp_path / "data" / "schillinger" / "flows").exists()


def test_the_client_runs_what_isnt_saved(server: Server, manager: PluginManager) -> None:
    """With sounds as parts."""
    with Client(server.url, server.token) as there:
        audio = Audio(np.full((1, 10), 0.5, np.float32), 8000)
        result = there.run_draft(GAINS, {"song": audio}).wait()
        assert np.allclose(result["half"]["audio"].samples, 0.25, atol=1e-4)
        assert there.flows() == []


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr("plugin.json", "{}")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "flow",
    [
        None,
        [],
        "study",
        {"nodes": [{"id": "a"}]},
        {"nodes": [], "edges": [{"id": "e", "source": "x", "target": "y"}]},
        {"schillinger": {"format": 99}},
        {"nodes": [node("one", "probe")] * 2},
        {"nodes": [{"id": "a", "type": "plugin", "data": {"plugin": "../../evil"}}]},
    ],
)
def test_what_is_no_flow_is_not_run(client: httpx.Client, manager: PluginManager, flow: Any) -> None:
    """It is as hostile as one that is saved; nothing is begun of it that could go on."""
    for sent in ({"json": {"flow": flow}}, {"files": {"request": (None, json.dumps({"flow": flow}))}}):
        refused = client.post(DRAFT, params=WAIT, **sent)  # type: ignore[arg-type]  # given by name
        assert refused.status_code in (404, 422), refused.text
        assert refused.json()["remedy"] or refused.json()["path"]
    assert not manager.instances


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"flow": ' + b"[" * 100_000,
        b'{"flow": {"nodes": {}, "nodes": []}}',
        b'{"flow": {"viewport": {"x": NaN}}}',
        b'{"flow": {}, "name": "x"}',
        b'{"flow": {"nodes": [' + b"1," * (4 << 20) + b"1]}}",
        zipped(),
    ],
    ids=["nothing", "none", "deep", "twice", "nan", "more", "large", "an archive"],
)
def test_a_body_that_is_none_is_refused(client: httpx.Client, body: bytes) -> None:
    """With 422, or 413 for one that is larger than any."""
    try:
        assert client.post(DRAFT, content=body, params=WAIT).status_code in (413, 422)
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):  # it hung up while we were still sending
        assert len(body) > 4 << 20


def test_a_draft_reads_no_file_of_the_server(client: httpx.Client, tmp_path: Path) -> None:
    """Neither as the value of an input nor as a parameter of a node."""
    soundfile.write(tmp_path / "private.wav", np.zeros(10), 8000)
    named = str(tmp_path / "private.wav")
    inputs = {"flow": GAINS, "inputs": {"song": named}}
    untyped = {**inputs, "flow": {**GAINS, "nodes": [entry("song", "any"), *GAINS["nodes"][1:]]}}
    within = {
        "flow": {"nodes": [{**node("half", "gain_node"), "data": {"plugin": "gain_node", "inputs": {"audio": named}}}]}
    }
    for body in (inputs, untyped, within):
        assert client.post(DRAFT, json=body, params=WAIT).status_code == 422


def test_a_sound_goes_into_a_flow_and_comes_out(client: httpx.Client) -> None:
    """Both as files: of a flow with one sound for input and one at its end; Location has the rest."""
    client.put("/api/flows/study", json=GAINS)
    flac, wav = (FLAC, file_of(form="FLAC", subtype="PCM_16")), (WAV, file_of())
    for (sent, body), accept in ((flac, "audio/wav"), (wav, "audio/flac")):
        answer = client.post("/api/flows/study/runs", content=body, params=WAIT, headers={**sent, "Accept": accept})
        assert answer.headers["Content-Type"] == accept, answer.text
        assert np.allclose(heard(answer), 0.25, atol=1e-4)
        run = client.get(answer.headers["Location"]).json()
        assert set(run["outputs"]) == {"half", "a/b"}
    begun = client.post("/api/flows/study/runs", content=body, headers={**sent, "Accept": "audio/wav"})
    assert begun.status_code == 202, "who doesn't wait is told where it will be"
    part = {"files": {"song": ("x.wav", file_of())}, "params": {**WAIT, "output": "half"}}
    assert np.allclose(
        heard(client.post("/api/flows/study/runs", **part, headers={"Accept": "audio/wav"})), 0.25, atol=1e-4
    )


def test_a_draft_answers_with_a_sound(client: httpx.Client) -> None:
    """As a saved one does."""
    request = {"flow": GAINS, "inputs": {"song": sound()}}
    answer = client.post(DRAFT, json=request, params=WAIT, headers={"Accept": "audio/wav"})
    assert np.allclose(heard(answer), [0.25, -0.25], atol=1e-4)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({}, "$.query.input"),
        ({"input": "middle"}, "$.query.input"),
        ({"input": "left"}, "$.query.output"),
        ({"input": "left", "output": "none"}, "$.query.output"),
        ({"input": "left", "output": "song"}, "$.query.output"),
        ({"input": "left", "output": "pair"}, "$.query.port"),
        ({"input": "left", "output": "pair", "port": "n"}, "$.query.port"),
    ],
)
def test_a_flow_with_several_sounds_is_told_which(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path], query: dict[str, str], path: str
) -> None:
    """Nothing is guessed, and nothing run before it is clear."""
    manager.load(write_plugin(body="return {}", definition=TWO))
    nodes = [entry("left", "audio"), entry("right", "audio"), node("pair", "probe"), node("half", "gain_node")]
    edges = [edge("left", "value", "pair", "left"), edge("right", "value", "half", "audio")]
    client.put("/api/flows/wide", json={"nodes": nodes, "edges": edges})
    before = client.get("/api/plugins/runs").json()["total"]
    sent = {**WAV, "Accept": "audio/wav"}
    refused = client.post("/api/flows/wide/runs", content=file_of(), params={**WAIT, **query}, headers=sent)
    assert (refused.status_code, refused.json()["path"]) == (422, path), refused.text
    assert refused.json()["remedy"]
    assert client.get("/api/plugins/runs").json()["total"] == before


def test_a_flow_that_fails_answers_no_sound(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """But with what is wrong, and so does one whose node wasn't to run."""
    definition = {**ANY, "outputs": [{"name": "y", "type": "audio"}]}
    manager.load(write_plugin(body="raise ValueError('no such key')", definition=definition))
    flow = {"nodes": [node("one", "probe"), node("rhythm", "resultant_rhythm", a=3, b=2)], "edges": []}
    accept, query = {"Accept": "audio/wav"}, {**WAIT, "output": "one"}
    failed = client.post(DRAFT, json={"flow": flow}, params=query, headers=accept)
    assert (failed.status_code, failed.json()["title"]) == (422, "FlowError")
    missed = client.post(DRAFT, json={"flow": flow, "nodes": ["rhythm"]}, params=query, headers=accept)
    assert (missed.status_code, missed.json()["detail"]) == (422, "the node 'one' wasn't run")


def test_what_a_run_gave_goes_when_it_is_forgotten(client: httpx.Client, server: Server) -> None:
    """At once, not when Python next collects its garbage: results are few, and large."""
    flow = {"nodes": [node("rhythm", "resultant_rhythm", a=3, b=2)], "edges": []}
    begun = client.post(DRAFT, json={"flow": flow}, params=WAIT)
    run = weakref.ref(server.app.state.runs.get(begun.json()["id"], lambda owner: True))
    assert run() is not None
    gc.disable()
    try:
        assert client.delete(begun.headers["Location"]).status_code == 204
        assert client.get("/health").is_success  # the request before is over
        assert run() is None
    finally:
        gc.enable()
