"""Parameters that are files, over HTTP: content comes with the request, and no file of the server is read for one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.client import Client
from schillinger_plugins.errors import InputError
from schillinger_plugins.server import Server
from schillinger_plugins.types import File
from tests.files.conftest import CANARY, SAYS, TAKES

from .test_flows import edge, entry, node

SENT = {"name": "mine.scl", "base64": base64.b64encode(b"sent").decode()}


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file of the server's."""
    file = tmp_path / "canary.scl"
    file.write_bytes(CANARY)
    return file


@pytest.fixture
def takes_file(manager: PluginManager, write_plugin: Callable[..., Path]) -> str:
    """The id of a plugin that says what file it got."""
    return manager.load(write_plugin("taker", body=SAYS, definition=TAKES)).id


@pytest.fixture
def run(client: httpx.Client, takes_file: str) -> Callable[..., httpx.Response]:
    """Call it."""
    made = client.post("/api/plugins/taker/instances", json={})
    address = f"/api/plugins/instances/{made.json()['id']}/execute"

    def run(**body: Any) -> httpx.Response:
        return client.post(address, **body)

    return run


def got(client: httpx.Client, answer: httpx.Response) -> tuple[str, bytes]:
    assert answer.status_code == 200, answer.text
    kind, name, _, data = answer.json()["outputs"]["y"]
    assert kind == "File"
    return name, client.get(data["href"]).content


def test_content_comes_in_json_or_as_a_part(client: httpx.Client, run: Callable[..., httpx.Response]) -> None:
    """With a name, without, or none at all; the record has name and digest."""
    answer = run(json={"parameters": {"scale": SENT}})
    assert got(client, answer) == ("mine.scl", b"sent")
    assert answer.json()["provenance"]["parameters"]["scale"]["file"] == "mine.scl"
    assert got(client, run(json={"parameters": {"scale": {"base64": SENT["base64"]}}})) == ("", b"sent")
    assert run(json={"parameters": {"scale": None}}).json()["outputs"]["y"] is None
    parts = {"request": (None, '{"parameters": {"octave": 5}}'), "scale": ("/a/part.scl", bytes(8192))}
    assert got(client, run(files=parts)) == ("part.scl", bytes(8192))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("CANARY", "files of the server are not read"),
        ({"path": "CANARY"}, "files of the server are not read"),
        ({"name": "CANARY"}, "files of the server are not read"),
        ({"base64": "CANARY", "path": "CANARY"}, "files of the server are not read"),
        (["CANARY"], "files of the server are not read"),
        (7, "files of the server are not read"),
        ({"base64": "?"}, ""),
        ({"base64": 7}, ""),
        ({"name": 7, "base64": ""}, "a File has a str"),
        ({"name": "a.txt", "base64": ""}, "ends in .scl or .tun"),
        ({"name": "a\0.scl", "base64": ""}, "no folder"),
        ({"base64": base64.b64encode(bytes(8193)).decode()}, "at most 8,192 are taken"),
    ],
)
def test_what_is_no_content_is_refused_and_nothing_is_read(
    run: Callable[..., httpx.Response], canary: Path, value: Any, said: str, opened: list[str]
) -> None:
    """Whatever a request claims a path to be."""
    meant = json.loads(json.dumps(value).replace("CANARY", str(canary)))
    refused = run(json={"parameters": {"scale": meant}})
    assert (refused.status_code, refused.json()["title"]) == (422, "InputError")
    assert refused.json()["path"] == "$.parameters.scale"
    assert said in refused.text
    assert not opened


def test_a_part_that_is_too_large_or_ends_otherwise_is_refused(run: Callable[..., httpx.Response]) -> None:
    """As its content in JSON is."""
    for name, data in (("a.scl", bytes(8193)), ("a.txt", b"")):
        refused = run(files={"request": (None, "{}"), "scale": (name, data)})
        assert (refused.status_code, refused.json()["path"]) == (422, "$.parameters.scale")


def test_a_flow_s_path_is_not_read_and_tells_nothing(
    client: httpx.Client, takes_file: str, canary: Path, opened: list[str]
) -> None:
    """Of a flow that was saved, is run unsaved or only looked over: not even whether there is such a file."""
    told = []
    for path in (canary, canary.with_name("nowhere.scl"), canary.parent):
        flow = {"nodes": [node("one", "taker", scale=str(path))], "edges": []}
        client.put("/api/flows/thief", json=flow)
        refused = client.post("/api/flows/thief/runs", params={"wait": "true"}, json={})
        assert refused.status_code == 422, refused.text
        draft = client.post("/api/flows/runs", params={"wait": "true"}, json={"flow": flow})
        found = client.post("/api/flows/problems", json=flow).json()["problems"]
        told.append((refused.json()["detail"], draft.json()["detail"], [one["message"] for one in found]))
    assert all("files of the server are not read" in detail for detail in told[0][:2])
    assert told[0] == told[1]
    assert not opened


def test_a_node_s_input_can_t_stand_for_its_file(
    client: httpx.Client, takes_file: str, canary: Path, opened: list[str]
) -> None:
    """An edge into a parameter is none."""
    flow = {
        "nodes": [entry("path", "string"), node("one", "taker")],
        "edges": [edge("path", "value", "one", "scale")],
    }
    client.put("/api/flows/thief", json=flow)
    client.post("/api/flows/thief/runs", params={"wait": "true"}, json={"inputs": {"path": str(canary)}})
    assert not opened


def test_a_run_of_a_flow_takes_files_for_its_nodes(client: httpx.Client, takes_file: str) -> None:
    """In the body or as a part, for that run alone; a path in the document doesn't matter then."""
    flow = {"nodes": [node("a.b", "taker", scale="/nowhere.scl")], "edges": []}
    client.put("/api/flows/study", json=flow)
    address, draft, wait = "/api/flows/study/runs", "/api/flows/runs", {"wait": "true"}

    def content(answer: httpx.Response) -> bytes:
        assert answer.status_code == 200, answer.text
        return client.get(answer.json()["outputs"]["a.b"]["y"][3]["href"]).content

    assert content(client.post(address, params=wait, json={"files": {"a.b": {"scale": SENT}}})) == b"sent"
    parts = {"request": (None, "{}"), "a.b.scale": ("part.scl", b"part")}
    assert content(client.post(address, params=wait, files=parts)) == b"part"
    assert client.post(address, params=wait, json={}).status_code == 422
    assert content(client.post(draft, params=wait, json={"flow": flow, "files": {"a.b": {"scale": SENT}}})) == b"sent"
    parts["request"] = (None, json.dumps({"flow": flow}))
    assert content(client.post(draft, params=wait, files=parts)) == b"part"


@pytest.mark.parametrize("files", [{"b": {"scale": SENT}}, {"a": {"octave": SENT}}, {"a": {"scale": "/etc/a.scl"}}])
def test_a_file_for_nothing_is_refused(client: httpx.Client, takes_file: str, files: Any, opened: list[str]) -> None:
    """So is the name of one."""
    client.put("/api/flows/study", json={"nodes": [node("a", "taker")], "edges": []})
    refused = client.post("/api/flows/study/runs", params={"wait": "true"}, json={"files": files})
    assert refused.status_code == 422
    assert refused.json()["path"].startswith("$.files.")
    assert not opened


def test_the_client_reads_the_files_of_its_own_machine(server: Server, takes_file: str, canary: Path) -> None:
    """A `Path`, bytes or a `File` is sent; text is none of them."""
    with Client(server.url, server.token) as there:
        instance = there.create_instance(takes_file)
        for given, name in ((canary, "canary.scl"), (CANARY, ""), (File("a.scl", CANARY), "a.scl")):
            y = instance.execute({}, {"scale": given})["y"]
            assert (y[1], y[3]) == (name, CANARY)
        with pytest.raises(InputError, match="files of the server are not read"):
            instance.execute({}, {"scale": str(canary)})
        there.save_flow("study", {"nodes": [node("a", "taker")], "edges": []})
        assert there.run_flow("study", files={"a": {"scale": canary}}).wait()["a"]["y"][3] == CANARY
