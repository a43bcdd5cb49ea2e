"""Many clients, slow ones, half ones and ones that send without end: everybody else is answered, and nothing stays."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Server, patience

from .conftest import Create


def address(server: Server) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


def sockets() -> int:
    """How many this process has open."""
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found += os.readlink(entry).startswith("socket:")
        except OSError:
            continue
    return found


def test_five_hundred_clients_at_once(client: httpx.Client, server: Server, create: Create) -> None:
    """Each is answered, or told with 503 and Retry-After to come again; afterwards no socket and no run is left."""
    path = f"/api/plugins/instances/{create()}/execute"
    client.get("/health")
    before = sockets()
    body = b'{"inputs": {"x": 1}}'
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\nConnection: close\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection(*address(server))
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def crowd() -> list[bytes]:
        return await asyncio.gather(*(ask() for _ in range(500)))

    answers = asyncio.run(crowd())
    done = [one for one in answers if one.startswith(b"HTTP/1.1 200")]
    busy = [one for one in answers if one.startswith(b"HTTP/1.1 503")]
    assert len(done) + len(busy) == 500
    assert len(done) >= 32
    assert all(b"retry-after: 1" in one.lower() for one in busy)
    assert client.get("/api/plugins/system/status").json()["runs"] == 0
    while sockets() > before:
        client.get("/health")


def test_whoever_says_nothing_is_given_up(
    client: httpx.Client, server: Server, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a head, a body that stops: 408 or hung up on, while others are answered."""
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    monkeypatch.setattr(patience, "BODY_S", 0.3)
    path = f"/api/plugins/instances/{create()}/execute"
    half = [socket.create_connection(address(server)) for _ in range(100)]
    for number, one in enumerate(half):
        one.settimeout(20)
        one.sendall(b"GET /health HTTP/1.1\r\nHost: loc" if number % 2 else b"")
    with socket.create_connection(address(server)) as stopped:
        stopped.settimeout(20)
        token = f"Authorization: Bearer {server.token}\r\n"
        stopped.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{token}Content-Length: 50\r\n\r\n{{".encode())
        assert client.get("/health").status_code == 200
        assert stopped.recv(100).startswith(b"HTTP/1.1 408")
    for one in half:
        assert one.recv(100) == b""
        one.close()


def test_whoever_does_not_read_is_given_up(
    client: httpx.Client, server: Server, manager: PluginManager, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large answer waits for a while, then its connection is closed."""
    monkeypatch.setattr(patience, "UNREAD_S", 0.3)
    made = create("return {'y': np.zeros(2_500_000)}")
    done = client.post(f"/api/plugins/instances/{made}/execute", json={}).json()
    before = sockets()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(address(server))
        path = f"/api/plugins/runs/{done['id']}/outputs/y"
        deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode())
        while sockets() <= before + 1:
            client.get("/health")  # until the server has its end
        while sockets() > before + 1:
            client.get("/health")  # until it has given that up


def test_ten_gigabytes_are_never_read(client: httpx.Client, server: Server, create: Create) -> None:
    """Announced: refused at once. In pieces: hung up on soon after the most that a body may have."""
    path = f"/api/plugins/instances/{create()}/execute"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
    with socket.create_connection(address(server)) as announced:
        announced.settimeout(20)
        announced.sendall(f"{head}Content-Length: {10 << 30}\r\n\r\n".encode())
        assert announced.recv(100).startswith(b"HTTP/1.1 413")
    sent = 0
    with socket.create_connection(address(server)) as endless:
        endless.settimeout(20)
        endless.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
        with suppress(OSError):  # reset or a broken pipe, as the system likes
            while sent < 10 << 30:
                endless.sendall(piece)
                sent += len(piece)
    assert sent < 64 << 20
    assert client.get("/api/plugins").status_code == 200
