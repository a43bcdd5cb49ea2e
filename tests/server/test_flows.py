"""Flows over HTTP: kept as files that are whole, run as runs, and hostile until they are checked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Scope, Server

from .conftest import ANY


def node(id: str, plugin: str, **parameters: Any) -> dict[str, Any]:
    return {"id": id, "type": "plugin", "data": {"plugin": plugin, "parameters": parameters}}


def edge(source: str, handle: str, target: str, into: str) -> dict[str, Any]:
    ends = {"source": source, "sourceHandle": handle, "target": target, "targetHandle": into}
    return {"id": f"{source}-{target}-{into}", **ends}


def entry(name: str, kind: str) -> dict[str, Any]:
    return {"id": name, "type": "input", "data": {"name": name, "type": kind}}


GAINS: dict[str, Any] = {
    "nodes": [entry("song", "audio"), node("half", "gain_node", gain_db=-6.0206), node("a/b", "gain_node", gain_db=0)],
    "edges": [edge("song", "value", "half", "audio"), edge("half", "audio", "a/b", "audio")],
}


def sound() -> dict[str, Any]:
    return {"samples": [[0.5, -0.5]], "sample_rate": 8000}


def test_a_flow_is_saved_listed_fetched_and_forgotten(client: httpx.Client, tmp_path: Path) -> None:
    """As React Flow's document, with an ETag that says whether somebody else has saved since."""
    saved = client.put("/api/flows/study", json=GAINS)
    assert saved.status_code == 201, saved.text
    assert (tmp_path / "data" / "schillinger" / "flows" / "study.json").is_file()
    fetched = client.get("/api/flows/study")
    assert [one["id"] for one in fetched.json()["nodes"]] == ["song", "half", "a/b"]
    assert fetched.headers["ETag"] == saved.headers["ETag"]
    changed = client.put("/api/flows/study", json={**GAINS, "edges": []}, headers={"If-Match": saved.headers["ETag"]})
    assert changed.status_code == 200
    late = client.put("/api/flows/study", json=GAINS, headers={"If-Match": saved.headers["ETag"]})
    assert (late.status_code, late.json()["title"]) == (412, "Changed")
    assert client.get("/api/flows/study").json()["edges"] == []
    client.put("/api/flows/another", json=GAINS)
    page = client.get("/api/flows", params={"limit": 1, "offset": 1}).json()
    assert ([one["name"] for one in page["flows"]], page["total"]) == (["study"], 2)
    assert client.delete("/api/flows/study").status_code == 204
    assert client.get("/api/flows/study").status_code == 404
    assert client.delete("/api/flows/study").status_code == 404


def test_a_flow_runs_as_a_run(client: httpx.Client, manager: PluginManager) -> None:
    """Begun at once, looked at where runs are, its results under the ids of its nodes; its instances end with it."""
    client.put("/api/flows/study", json=GAINS)
    before = set(manager.instances)
    begun = client.post("/api/flows/study/runs", json={"inputs": {"song": sound()}})
    assert begun.status_code == 202, begun.text
    assert begun.json()["flow"] == "study"
    while (run := client.get(begun.headers["Location"]).json())["state"] == "running":
        pass
    assert run["state"] == "done", run["problem"]
    assert run["stats"]["states"] == {"half": "done", "a/b": "done"}
    assert run["provenance"]["nodes"]["half"]["parameters"]["gain_db"] == -6.0206
    for outputs in run["outputs"].values():
        fetched, rate = soundfile.read(io.BytesIO(client.get(outputs["audio"]["href"]).content))
        assert rate == 8000
        assert np.allclose(fetched, [0.25, -0.25], atol=1e-5)
    assert set(manager.instances) == before


def test_sounds_are_sent_to_a_flow_as_they_are(client: httpx.Client) -> None:
    """As parts that are named after its inputs; and who waits is answered with the results."""
    client.put("/api/flows/study", json=GAINS)
    file = io.BytesIO()
    soundfile.write(file, np.full(100, 0.5), 8000, format="FLAC")
    done = client.post("/api/flows/study/runs", params={"wait": "true"}, files={"song": ("x.flac", file.getvalue())})
    assert done.status_code == 200, done.text
    assert done.json()["outputs"]["half"]["audio"]["frames"] == 100


def test_a_flow_is_cancelled(client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """In the middle of a node's call, with the progress that it had; what it had made for it is gone."""
    body = "self.context.progress(0.5, message='half')\nawait asyncio.sleep(60)"
    manager.load(write_plugin(body=body, definition=ANY))
    client.put("/api/flows/slow", json={"nodes": [node("one", "probe")], "edges": []})
    address = client.post("/api/flows/slow/runs", json={}).headers["Location"]
    while (run := client.get(address).json())["progress"] == 0:
        assert run["state"] == "running", run
    assert client.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert client.get(address).json()["state"] == "cancelled"
    assert not manager.instances


def test_a_node_that_fails_is_told(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """As a problem of the run, which names the node and what its plugin said."""
    manager.load(write_plugin(body="raise ValueError('no such key')", definition=ANY))
    client.put("/api/flows/broken", json={"nodes": [node("one", "probe")], "edges": []})
    failed = client.post("/api/flows/broken/runs", params={"wait": "true"}, json={})
    assert (failed.status_code, failed.json()["title"]) == (422, "FlowError")
    assert "one: " in failed.json()["detail"]
    assert "no such key" in failed.json()["detail"]


def test_saving_takes_more_than_running(client: httpx.Client, server: Server) -> None:
    """Who may run runs what is there; only who manages changes what is there."""
    client.put("/api/flows/study", json=GAINS)
    runner = {"Authorization": f"Bearer {server.access.issue(Scope.RUN)}"}
    reader = {"Authorization": f"Bearer {server.access.issue(Scope.READ)}"}
    assert client.put("/api/flows/mine", json=GAINS, headers=runner).status_code == 403
    assert client.delete("/api/flows/study", headers=runner).status_code == 403
    assert client.post("/api/flows/study/runs", json={}, headers=reader).status_code == 403
    assert client.get("/api/flows/study", headers=reader).status_code == 200
    begun = client.post("/api/flows/study/runs", json={"inputs": {"song": sound()}}, headers=runner)
    assert begun.status_code == 202


@pytest.mark.parametrize("name", ["..%2f..%2fetc", ".hidden", "a.json", "x" * 65, "%00", "ü", "a%0ab"])
def test_a_name_is_no_path(client: httpx.Client, tmp_path: Path, name: str) -> None:
    """Nothing is written, and nothing read."""
    assert client.put(f"/api/flows/{name}", json=GAINS).status_code in (404, 405, 422)
    assert client.get(f"/api/flows/{name}").status_code in (404, 422)
    assert not (tmp_path / "data" / "schillinger" / "flows").exists()


def test_a_link_among_the_flows_leads_nowhere(client: httpx.Client, tmp_path: Path) -> None:
    """What it points to was never saved here."""
    client.put("/api/flows/study", json=GAINS)
    folder = tmp_path / "data" / "schillinger" / "flows"
    (tmp_path / "secret.json").write_text(json.dumps(GAINS))
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    assert client.get("/api/flows/link").status_code == 404
    assert [one["name"] for one in client.get("/api/flows").json()["flows"]] == ["study"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"nodes": [{"id": "a"}]}',
        b'{"nodes": {}, "nodes": []}',
        b'{"nodes": [], "edges": [{"id": "e", "source": "x", "target": "y"}]}',
        b'{"schillinger": {"format": 99}}',
        b'{"viewport": {"x": NaN}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_flow_is_not_saved(client: httpx.Client, body: bytes) -> None:
    """What was there before stays as it was."""
    client.put("/api/flows/study", json=GAINS)
    tag = client.get("/api/flows/study").headers["ETag"]
    refused = client.put("/api/flows/study", content=body)
    assert (refused.status_code, refused.json()["title"]) == (422, "InputError")
    assert client.get("/api/flows/study").headers["ETag"] == tag


@pytest.mark.parametrize("kind", ["audio", "any", "string"])
def test_a_flow_reads_no_file_of_the_server(client: httpx.Client, tmp_path: Path, kind: str) -> None:
    """Whatever type its input claims to have, the name of a file is no sound."""
    soundfile.write(tmp_path / "private.wav", np.zeros(10), 8000)
    flow = {
        "nodes": [entry("song", kind), node("half", "gain_node")],
        "edges": [edge("song", "value", "half", "audio")],
    }
    client.put("/api/flows/thief", json=flow)
    inputs = {"song": str(tmp_path / "private.wav")}
    refused = client.post("/api/flows/thief/runs", params={"wait": "true"}, json={"inputs": inputs})
    assert refused.status_code == 422, refused.text
    assert "files of the server are not read" in refused.text or "host open the file" in refused.text
