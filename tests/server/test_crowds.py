"""Many clients, slow ones, half ones and ones that send without end: everybody else is answered, and nothing stays."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Server, patience, runs

from .conftest import Create

TCP_REPAIR = 19
"""Of linux/tcp.h; Python has no name for it."""


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


def test_a_body_that_drips_is_given_up(
    client: httpx.Client, server: Server, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps no request open: a body has a time as a whole, which grows with what has come of it."""
    monkeypatch.setattr(patience, "BODY_S", 0.6)
    path = f"/api/plugins/instances/{create()}/execute"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
    with socket.create_connection(address(server)) as dripping:
        dripping.settimeout(0.05)
        dripping.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode())
        answer = b""
        while not answer:
            dripping.sendall(b" ")
            with suppress(TimeoutError):
                answer = dripping.recv(1000)
    assert answer.startswith(b"HTTP/1.1 408")
    monkeypatch.setattr(patience, "SLOWEST_BYTES_PER_S", 20)
    body = b'{"inputs": {"x": 1}}' + b" " * 40
    with socket.create_connection(address(server)) as slow:
        slow.settimeout(20)
        slow.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        for at in range(0, len(body), 5):  # at twice the slowest rate, for longer than a body may pause
            slow.sendall(body[at : at + 5])
            threading.Event().wait(0.1)
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")


def test_half_a_second_request_is_given_up(server: Server, create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    """As half a first one is: a connection that was answered once has no more time than a new one."""
    path = f"/api/plugins/instances/{create('await asyncio.sleep(0.5)')}/execute"
    monkeypatch.setattr(patience, "HEAD_S", 0.3)  # over before the first request is
    with socket.create_connection(address(server)) as one:
        one.settimeout(20)
        token = f"Authorization: Bearer {server.token}"
        one.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{token}\r\nContent-Length: 0\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}"):
            answer += one.recv(65536)
        one.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        assert one.recv(1000) == b""


def test_whoever_vanishes_is_missed(manager: PluginManager, create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose machine went out while it waited: no word comes of it, and its connection is let go."""
    monkeypatch.setattr(patience, "VANISHED_S", (1, 1, 1))
    instance = create("await asyncio.sleep(60)")
    server = Server(manager, port=0)
    server.start()
    try:
        before = sockets()
        path, token = f"/api/plugins/instances/{instance}/execute", f"Authorization: Bearer {server.token}"
        waiting = socket.create_connection(address(server))
        waiting.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{token}\r\nContent-Length: 0\r\n\r\n".encode())
        while not any(run.state == "running" for run in server.app.state.runs.all(lambda _: True)):
            pass
        assert sockets() > before + 1
        try:
            waiting.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)  # what is closed now is closed without a word
        except PermissionError:
            pytest.skip("needs CAP_NET_ADMIN")
        waiting.close()
        while sockets() > before:
            pass
    finally:
        manager.destroy_instance(instance)
        server.stop()


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # the beginning of TLS
        b"hello\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA\x00: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 100_000,
        b"GET /" + b"x" * 100_000,
    ],
)
def test_what_is_no_http_is_answered_with_a_problem(server: Server, text: bytes) -> None:
    """400 or another of the client's, in the same form as all others, and the connection is closed."""
    with socket.create_connection(address(server)) as one:
        one.settimeout(20)
        with suppress(OSError):  # it may have hung up before it has heard all
            one.sendall(text)
        answer = b"".join(iter(partial(_heard, one), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 ", b"HTTP/1.1 421 ", b"HTTP/1.1 501 ")), answer
    assert b"application/problem+json" in head
    assert json.loads(body)["remedy"]


def _heard(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except ConnectionResetError:
        return b""


def test_nothing_stays_of_requests(manager: PluginManager, create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right, wrong, refused and failed ones, some that hang up: as many files, threads, processes and bytes as before."""
    monkeypatch.setattr(runs, "MAX_KEPT", 10)
    instance = create("if inputs.get('x'): raise ValueError('no')\nreturn {'y': np.ones(100_000)}")
    path = f"/api/plugins/instances/{instance}/execute"
    server = Server(manager, port=0)
    server.start()
    token = {"Authorization": f"Bearer {server.token}"}

    def ask(times: int) -> None:
        for _ in range(times):
            line = http.client.HTTPConnection(*address(server), timeout=30)
            for method, target, body, headers, status in (
                ("POST", path, b"{}", token, 200),
                ("POST", path, b'{"inputs": {"x": 1}}', token, 422),
                ("POST", path, b"{", token, 422),
                ("GET", "/api/plugins?limit=1", None, token, 200),
                ("GET", "/api/plugins", None, {}, 401),
                ("GET", "/nowhere", None, token, 404),
            ):
                line.request(method, target, body, headers)
                answer = line.getresponse()
                assert answer.read()
                assert answer.status == status
            line.request("GET", "/api/plugins", None, token)
            line.close()  # before the answer

    def held() -> tuple[int, int, int]:
        children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children").read_text().split()
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(children)

    try:
        ask(20)
        before, memory = held(), resident_bytes()
        ask(60)
        until_s = time.monotonic() + 20
        while any(now > then for now, then in zip(held(), before, strict=True)):
            assert time.monotonic() < until_s, (held(), before)
        assert len(server.app.state.runs) <= 10
        assert resident_bytes() - memory < 64 << 20  # what the allocator keeps for itself included
    finally:
        server.stop()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


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
