"""Plugins that are sent: only where that was switched on, only from this machine, whole or not at all, and never run."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from schillinger_plugins import PluginManager, package
from schillinger_plugins.client import Client
from schillinger_plugins.errors import AlreadyThere, InputError, PackageError
from schillinger_plugins.loader import user_folder
from schillinger_plugins.server import Access, Scope, Server, create_app, uploads

from .conftest import NO_MANAGER

ZIP = {"Content-Type": "application/zip"}
MAIN = """
from schillinger_plugins.types import NodePlugin
class Sent(NodePlugin):
    async def execute(self, inputs, parameters):
        return {"y": WORD}
    def get_node_definition(self):
        outputs = [{"name": "y", "type": "string"}]
        return {"type": "sent", "label": "Sent", "inputs": [], "outputs": outputs, "parameters": []}
"""


def manifest(**more: Any) -> bytes:
    metadata = {"name": "Sent", "version": "1.0.0", "description": "was sent", "author": "a stranger"}
    metadata |= {"plugin_type": "NODE", "category": "Test", "dependencies": [], "requires_permissions": ["execute"]}
    plain = {"metadata": metadata, "main_file": "main.py", "config_schema": {}, "default_config": {}, "id": "sent"}
    return json.dumps(plain | more).encode()


def archive(*others: tuple[str | zipfile.ZipInfo, bytes], word: str = "one", **more: Any) -> bytes:
    """A plugin, and what else is in the archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        files = [("plugin.json", manifest(**more)), ("main.py", MAIN.replace("WORD", repr(word)).encode()), *others]
        for name, data in files:
            written.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def server(shared_manager: PluginManager) -> Iterator[Server]:
    """One that takes plugins."""
    server = Server(shared_manager, port=0, allow_upload=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def taken(manager: PluginManager) -> Iterator[None]:
    """What was sent is forgotten afterwards."""
    yield
    for plugin_id in [one.id for one in manager.plugins.values() if one.root.parent == user_folder().resolve()]:
        manager.unload(plugin_id)


def left() -> list[str]:
    """What is in the folder of plugins, hidden or not."""
    return sorted(os.listdir(user_folder())) if user_folder().is_dir() else []


def head(server: Server, length: str, path: str = "/api/plugins") -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {server.token}", ZIP_LINE, length)
    return "\r\n".join((*lines, "", "")).encode()


ZIP_LINE = "Content-Type: application/zip"


def connected(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_a_plugin_that_is_sent_is_there_and_was_not_run(
    client: httpx.Client, manager: PluginManager, taken: None, tmp_path: Path
) -> None:
    """Its details and what it asks for come back; it is only discovered, and not granted what it asks for."""
    asks = {"network": {"reason": "looks things up", "hosts": ["example.org"]}}
    metadata = json.loads(manifest())["metadata"] | {"requires_permissions": ["execute", "network"]}
    trap = MAIN.replace("WORD", "''") + f"\nopen({str(tmp_path / 'was_run')!r}, 'w')\n"
    body = archive(("assets/a.txt", b"a"), metadata=metadata, permissions=asks)
    sent = client.post("/api/plugins", content=body, headers=ZIP)
    assert sent.status_code == 201, sent.text
    assert sent.headers["Location"] == "/api/plugins/sent"
    told = sent.json()
    assert (told["id"], told["state"], told["instances"]) == ("sent", "discovered", [])
    assert {"permission": "network", "wants": "reach example.org", "reason": "looks things up"} in told["asks_for"]
    assert client.get(sent.headers["Location"]).json() == told
    assert (user_folder() / "sent" / "assets" / "a.txt").read_bytes() == b"a"
    assert left() == ["sent"]
    refused = client.post("/api/plugins/sent/instances")
    assert (refused.status_code, refused.json()["title"]) == (403, "PermissionDenied")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr("plugin.json", manifest(id="trap"))
        written.writestr("main.py", trap)
    assert client.post("/api/plugins", content=buffer.getvalue(), headers=ZIP).status_code == 201
    assert not (tmp_path / "was_run").exists()


def test_a_part_is_called_as_its_file(client: httpx.Client, taken: None) -> None:
    """Where the manifest has no id, the file's name is one, whatever folders stand before it; without one it is refused."""
    nameless = json.loads(manifest())
    del nameless["id"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr("plugin.json", json.dumps(nameless))
        written.writestr("main.py", MAIN)
    files = {"package": ("halve.zip", buffer.getvalue())}
    assert client.post("/api/plugins", files=files).json()["id"] == "halve"
    for name in ("../../evil.zip", "/etc/x.zip", "Ü.zip", ".zip"):
        refused = client.post("/api/plugins", files={"package": (name, buffer.getvalue())})
        assert (refused.status_code, refused.json()["title"]) == (422, "PackageError"), name
    raw = client.post("/api/plugins", content=buffer.getvalue(), headers=ZIP)
    assert (raw.status_code, raw.json()["path"]) == (422, "$.id")
    assert left() == ["halve"]


def test_what_is_there_is_replaced_only_if_that_is_asked_for(
    client: httpx.Client, server: Server, manager: PluginManager, taken: None, tmp_path: Path
) -> None:
    """Otherwise 409; and what is loaded of it runs on until it is reloaded."""
    path = tmp_path / "sent-1.0.0.zip"
    path.write_bytes(archive())
    with Client(server.url, server.token) as there:
        first = there.upload(path)
        instance = there.create_instance("sent")
        with pytest.raises(AlreadyThere, match="already") as caught:
            there.upload(path)
        assert caught.value.remedy == "ask for its replacement: ?replace=true"
        path.write_bytes(archive(word="two"))
        second = there.upload(path, replace=True)
        assert second["content_hash"] != first["content_hash"]
        assert instance.execute()["y"] == "one"
        there.reload("sent")
        assert instance.execute()["y"] == "two"
    assert client.post("/api/plugins", content=archive(), headers=ZIP).status_code == 409
    assert left() == ["sent"]


def test_no_plugin_elsewhere_loses_its_name(client: httpx.Client) -> None:
    """One that is sent can't come before one that has its id, not even as its replacement."""
    for query in ({}, {"replace": "true"}):
        refused = client.post("/api/plugins", content=archive(id="gain_node"), headers=ZIP, params=query)
        assert (refused.status_code, refused.json()["title"]) == (409, "AlreadyThere")
    assert left() == []
    assert client.get("/api/plugins/gain_node").json()["name"] == "Gain"


def hostile() -> dict[str, bytes]:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    whole = archive(("big.txt", os.urandom(20_000)))
    return {
        "out of its folder": archive(("../../evil", b"x")),
        "absolute": archive(("/var/evil", b"x")),
        "a link": archive((link, b"/etc/passwd")),
        "a bomb": archive(("zeros", bytes(30 << 20))),
        "cut off": whole[: len(whole) // 2],
        "without its end": whole[:-1],
        "nothing": b"",
        "no archive": b"import os",
        "a tar that is none": b"\x1f\x8b" + os.urandom(100),
        "a broken manifest": archive(id="no id!"),
        "no main file": archive(main_file="other.py"),
    }


@pytest.mark.parametrize(("flaw", "body"), hostile().items(), ids=hostile())
def test_a_package_with_a_flaw_leaves_nothing(client: httpx.Client, flaw: str, body: bytes, tmp_path: Path) -> None:
    """It is refused with what is wrong, which tells nobody where this machine keeps its files."""
    for sent in ({"content": body, "headers": ZIP}, {"files": {"package": ("sent.zip", body)}}):
        refused = client.post("/api/plugins", **sent)  # type: ignore[arg-type]  # given by name
        assert (refused.status_code, refused.json()["title"]) == (422, "PackageError"), (flaw, refused.text)
        assert refused.json()["remedy"]
        assert str(tmp_path) not in refused.text
        assert left() == []
    assert not (tmp_path / "data" / "evil").exists()


def test_other_forms_are_refused(client: httpx.Client) -> None:
    """A body that is no archive by its own word, and parts without a file."""
    assert client.post("/api/plugins", json={"path": "/var/x.zip"}).status_code == 415
    assert client.post("/api/plugins", content=archive()).status_code == 415
    boundary = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/api/plugins", content=b"--x--\r\n", headers=boundary).status_code == 422
    two = {"package": ("a.zip", archive()), "other": ("b.zip", archive())}
    assert client.post("/api/plugins", files=two).status_code == 400
    assert left() == []


def test_a_body_that_is_too_large_is_not_kept(
    client: httpx.Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10 GB are refused before a byte is read; what doesn't say how large it is, as soon as it is too large."""
    with connected(server) as one:
        one.sendall(head(server, f"Content-Length: {10 << 30}"))
        assert one.recv(1000).startswith(b"HTTP/1.1 413")
    monkeypatch.setattr(package, "MAX_ARCHIVE_BYTES", 100_000)
    with connected(server) as one:
        one.sendall(head(server, "Transfer-Encoding: chunked"))
        answer = b""
        while not answer:
            one.sendall(b"10000\r\n" + bytes(1 << 16) + b"\r\n")
            one.settimeout(0.05)
            try:
                answer = one.recv(1000)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 413")
    while server.app.state.uploads.going_on:
        client.get("/health")
    assert left() == []


def test_whoever_may_not_is_told_before_anything_is_read(server: Server, shared_manager: PluginManager) -> None:
    """Nobody may, unless it was switched on; then only who manages. No byte of a body has to be sent for that."""
    runner = server.access.issue(Scope.RUN, user="eve")
    with connected(server) as one:
        one.sendall(head(server, "Content-Length: 1000").replace(server.token.encode(), runner.encode()))
        answer = b""
        while not answer.endswith(b"}"):
            answer += one.recv(2000)
        assert b'"ScopeTooNarrow"' in answer
    closed = Server(shared_manager, port=0)
    closed.start()
    try:
        with connected(closed) as one:
            one.sendall(head(closed, "Content-Length: 1000"))
            answer = b""
            while piece := one.recv(2000):
                answer += piece
        assert answer.startswith(b"HTTP/1.1 403")
        assert b'"UploadsOff"' in answer
        assert b"--allow-upload" in answer
    finally:
        closed.stop()


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("192.0.2.7", {}, 403),
        ("::ffff:192.0.2.7", {}, 403),
        ("testclient", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"X-ProxyContextPath": "/proxy/8707"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
        ("127.0.0.1", {"Host": "music.example.org"}, 421),
        ("127.0.0.1", {"Origin": "http://evil.example"}, 403),
        ("127.0.0.1", {}, 415),
    ],
)
def test_code_comes_from_this_machine_alone(
    shared_manager: PluginManager, peer: str, headers: dict[str, str], status: int
) -> None:
    """Not from another address, through a proxy, under another name or from a page elsewhere; the last gets to the body."""
    access = Access()
    app = create_app(shared_manager, access, allow_upload=True)
    sent = {"Authorization": f"Bearer {access.issue()}", **headers}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post("/api/plugins", content=b"x", headers=sent)

    assert asyncio.run(ask()).status_code == status


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"host": "0.0.0.0", "names": ["x.example"], "allow_plain": True}, "from other machines"),  # noqa: S104 - refused
        ({"names": ["x.example"]}, "--name"),
        ({"allow_plain": True}, "--allow-plain"),
        ({"behind_proxy": True}, "--behind-proxy"),
        ({"root_path": "/user/ada"}, "--root-path"),
    ],
)
def test_it_is_not_switched_on_where_others_may_get_in(options: dict[str, Any], word: str) -> None:
    """Beyond loopback, and wherever something on this machine lets others through."""
    with pytest.raises(InputError, match=word) as caught:
        Server(NO_MANAGER, port=0, allow_upload=True, **options)
    assert "leave --allow-upload" in str(caught.value.remedy)


def test_of_two_at_once_one_is_there(client: httpx.Client, server: Server, taken: None) -> None:
    """And it is whole; the other is told that it came late."""
    bodies = [archive(word="one"), archive(word="two")]

    def send(body: bytes) -> int:
        with httpx.Client(base_url=server.url, headers=client.headers, trust_env=False, timeout=60) as own:
            return own.post("/api/plugins", content=body, headers=ZIP).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(send, bodies))
    assert sorted(statuses) == [201, 409]
    there = (user_folder() / "sent" / "main.py").read_text()
    assert there == MAIN.replace("WORD", repr(("one", "two")[statuses.index(201)]))
    assert left() == ["sent"]


def test_too_many_at_once_are_told_to_come_again(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may fill the disk by what an archive may hold."""
    monkeypatch.setattr(uploads, "MAX_AT_ONCE", 0)
    busy = client.post("/api/plugins", content=archive(), headers=ZIP)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")


def test_a_client_that_goes_away_leaves_nothing(client: httpx.Client, server: Server) -> None:
    """In the middle of what it sends."""
    with connected(server) as one:
        one.sendall(head(server, "Content-Length: 100000") + archive()[:50])
        while not left():
            client.get("/health")
        assert re.fullmatch(r"\.schillinger-unpack-\w+", left()[0])
    while server.app.state.uploads.going_on:
        client.get("/health")
    assert left() == []


def test_a_server_that_is_killed_leaves_no_plugin(own_places: None, manager: PluginManager) -> None:
    """Half of an archive is nobody's plugin, and what there is of it goes when the next one starts."""
    command = [sys.executable, "-m", "schillinger_plugins", "serve", "--port", "0", "--allow-upload"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as killed:
        assert killed.stdout is not None
        url = killed.stdout.readline().removesuffix("/api/plugins\n")
        token = killed.stdout.readline().split()[1]
        host, port = url.removeprefix("http://").split(":")
        lines = ("POST /api/plugins HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", ZIP_LINE)
        with socket.create_connection((host, int(port)), timeout=60) as one:
            one.sendall("\r\n".join((*lines, "Content-Length: 100000", "", "")).encode() + archive()[:50])
            while not left():
                assert killed.poll() is None
            killed.send_signal(signal.SIGKILL)
            killed.wait(30)
    assert left()
    manager.discover()
    assert "sent" not in manager.plugins
    Server(manager, port=0, allow_upload=True).close()
    assert left() == []


@pytest.mark.parametrize("kind", [AlreadyThere, PackageError])
def test_being_there_is_a_conflict(kind: type[PackageError]) -> None:
    """And all else that is wrong with a package is its sender's."""
    from schillinger_plugins.server.problems import problem_of

    assert problem_of(kind("it is")).status == (409 if kind is AlreadyThere else 422)
