"""Arrays as they are: a body that is a .npy file, and bodies that are no flow."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.client import Client, RemoteInstance
from schillinger_plugins.errors import InputError
from schillinger_plugins.server import Server

from .conftest import ANY, Create
from .test_flows import GAINS, edge, entry, node
from .test_sound import WAV, file_of

NPY = {"Content-Type": "application/x-npy"}
TABLE = np.arange(6, dtype=">i2").reshape(2, 3)
TOLD = "return {'y': [str(inputs['table'].dtype), inputs['table'].tolist(), parameters['gain_db']]}"
TWO: dict[str, Any] = {
    **ANY,
    "inputs": [{"name": name, "type": "array", "required": False} for name in ("left", "right")],
}


def npy(array: np.ndarray[Any, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def headed(header: bytes, data: bytes = bytes(16), version: int = 1) -> bytes:
    """A .npy file with a header of one's own."""
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def of(shape: str, kind: str = "<f8") -> bytes:
    return headed(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}".encode())


FLAWED = {
    "nothing": b"",
    "no npy": b"no array",
    "cut off": npy(TABLE)[:-1],
    "objects": npy(np.array([{}], object), allow_pickle=True),
    "no numbers": npy(np.array(["a", "b"])),
    "times": npy(np.array(["2026-11-29"], "datetime64[D]")),
    "code": headed(b"__import__('os').abort()"),
    "half a header": headed(b"((((("),
    "half a header of the second kind": headed(b"(((((", version=2),
    "unlike keys": headed(b"{1: 2, 'a': 3}"),
    "a key that is none": headed(b"{[]: 1}"),
    "too many for a machine": of("(100000000000000000000000,)"),
    "too many for memory": of("(10000000000000,)"),
    "more than there are": of("(1000000000,)"),
    "no numbers at all, without end": of("(1000000000000,)", "|V0"),
    "a yes for a length": of("(True,)"),
    "less than none": of("(-1,)"),
    "a header without end": headed(b"-" * 20_000),
    "a zip of arrays": b"PK\x03\x04" + bytes(26),
}


def test_an_array_goes_in_as_it_is(client: httpx.Client, create: Create) -> None:
    """To the only input that takes one; the query has the parameters, and the content type may say more."""
    execute = f"/api/plugins/instances/{create(TOLD)}/execute"
    query = {"parameters": '{"gain_db": -6}'}
    for kind in ("application/x-npy", "Application/X-NPY; version=1"):
        answer = client.post(execute, content=npy(TABLE), headers={"Content-Type": kind}, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outputs"]["y"] == ["int16", TABLE.tolist(), -6]


def test_what_comes_out_goes_in_again(client: httpx.Client, create: Create) -> None:
    """An output's data is a body as it is, with the type that it came with."""
    instance = create("return {'y': inputs['table'] * 2}")
    execute = f"/api/plugins/instances/{instance}/execute"
    first = client.post(execute, content=npy(np.arange(2000.0)), headers=NPY).json()
    fetched = client.get(first["outputs"]["y"]["href"])
    assert fetched.headers["Content-Type"] == NPY["Content-Type"]
    second = client.post(execute, content=fetched.content, headers=NPY).json()
    again = np.load(io.BytesIO(client.get(second["outputs"]["y"]["href"]).content))
    assert np.array_equal(again, np.arange(2000.0) * 4)


@pytest.mark.parametrize("flaw", FLAWED)
def test_what_is_no_array_of_numbers_is_refused(client: httpx.Client, create: Create, flaw: str) -> None:
    """As a body and as a part, with the input's name and what would do; nothing in it is run or believed."""
    execute = f"/api/plugins/instances/{create(TOLD)}/execute"
    for sent in ({"content": FLAWED[flaw], "headers": NPY}, {"files": {"table": ("t.npy", FLAWED[flaw])}}):
        refused = client.post(execute, **sent)  # type: ignore[arg-type]  # given by name
        assert (refused.status_code, refused.json()["title"]) == (422, "InputError"), refused.text
        assert refused.json()["path"] == "$.inputs.table"
        assert "no .npy file of numbers" in refused.json()["detail"]
        assert refused.json()["remedy"] == "write it with numpy.save"


def test_several_arrays_have_to_be_told_apart(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """By the query; a node without any says what it has."""
    manager.load(write_plugin(body="return {'y': sorted(inputs)}", definition=TWO))
    two = client.post("/api/plugins/probe/instances").json()["id"]
    gain = client.post("/api/plugins/gain_node/instances").json()["id"]
    for instance, query, remedy in (
        (two, {}, "?input=left or right"),
        (two, {"input": "middle"}, "left, right"),
        (gain, {}, "inputs are audio"),
    ):
        refused = client.post(
            f"/api/plugins/instances/{instance}/execute", content=npy(TABLE), headers=NPY, params=query
        )
        assert (refused.status_code, refused.json()["path"]) == (422, "$.query.input"), refused.text
        assert remedy in refused.json()["remedy"]
    done = client.post(
        f"/api/plugins/instances/{two}/execute", content=npy(TABLE), headers=NPY, params={"input": "right"}
    )
    assert done.json()["outputs"]["y"] == ["right"]


def test_a_saved_flow_takes_an_array_as_its_body(
    client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """For its only input that is one."""
    manager.load(write_plugin(body=TOLD, definition=ANY))
    nodes = [entry("numbers", "array"), entry("song", "audio"), node("one", "probe")]
    saved = client.put("/api/flows/study", json={"nodes": nodes, "edges": [edge("numbers", "value", "one", "table")]})
    assert saved.status_code == 201, saved.text
    query = {"wait": "true"}
    answer = client.post("/api/flows/study/runs", content=npy(TABLE), headers=NPY, params=query)
    assert answer.json()["outputs"]["one"]["y"] == ["int16", TABLE.tolist(), 0], answer.text


@pytest.mark.parametrize(
    ("body", "kind"), [(file_of(), WAV), (npy(TABLE), NPY), (b"MThd", {"Content-Type": "audio/midi"})]
)
def test_a_body_that_is_no_flow_is_told_how_to_come_with_one(
    client: httpx.Client, body: bytes, kind: dict[str, str]
) -> None:
    """A draft needs the flow itself, so a sound comes as a part beside it; what it is told to do does it."""
    refused = client.post("/api/flows/runs", content=body, headers=kind)
    assert (refused.status_code, refused.json()["title"]) == (415, "UnsupportedMediaType"), refused.text
    assert refused.json()["detail"] == f"the body is {kind['Content-Type']} alone, without the flow"
    assert "multipart/form-data" in refused.json()["remedy"]
    assert '{"flow": …} in the part `request`' in refused.json()["remedy"]
    parts = {
        "request": (None, httpx.Request("POST", "http://x", json={"flow": GAINS}).content),
        "song": ("a.wav", file_of()),
    }
    done = client.post("/api/flows/runs", files=parts, params={"wait": "true"})
    assert done.json()["stats"]["states"] == {"half": "done", "a/b": "done"}, done.text


def test_the_client_sends_an_array_alone_as_it_is(
    server: Server, manager: PluginManager, write_plugin: Callable[..., Path]
) -> None:
    """And with parts as soon as there is anything that a query has no room for; what comes of it is the same."""
    manager.load(write_plugin(body=TOLD, definition=ANY))
    with Client(server.url, server.token) as there:
        instance, kinds = there.create_instance("probe"), []
        there._http.event_hooks["request"] = [
            lambda asked: kinds.append(asked.headers.get("Content-Type", "").partition(";")[0])
        ]
        expected = ["int16", TABLE.tolist(), -6]
        assert instance.execute({"table": TABLE}, {"gain_db": -6})["y"] == expected
        assert instance.start({"table": TABLE}, {"gain_db": -6}).wait()["y"] == expected
        assert instance.execute({"table": TABLE}, {"gain_db": -6}, seed=3).provenance["seed"] == 3
        assert instance.execute({"table": TABLE, "x": 1}, {"gain_db": -6})["y"] == expected
        assert instance.execute({"table": TABLE}, {"gain_db": -6}, limits={"wall_s": 5})["y"] == expected
        sent = [kind for kind in kinds if kind != ""]
        assert sent == [NPY["Content-Type"]] * 2 + ["multipart/form-data"] * 3


def test_the_client_says_which_array_cant_cross(server: Server, create: Create) -> None:
    """Before anything is sent: objects would have to be pickled."""
    with Client(server.url, server.token) as there, pytest.raises(InputError, match="only arrays of numbers") as caught:
        RemoteInstance(there, create()).execute({"table": np.array([{}], object)})
    assert caught.value.path == "$.inputs.table"
