"""What a client must not do, and what becomes of it: always a problem with a remedy, never a file of this machine."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.server import Access, Scope, Server, create_app

from .conftest import NO_MANAGER, Create


@pytest.mark.parametrize(
    ("headers", "status", "title"),
    [
        ({"Authorization": ""}, 401, "NoToken"),
        ({"Authorization": "Bearer " + "x" * 43}, 401, "NoToken"),
        ({"Authorization": "Basic abc"}, 401, "NoToken"),
        ({"Host": "music.evil.example"}, 421, "WrongHost"),
        ({"Host": "127.0.0.1.evil.example:80"}, 421, "WrongHost"),
        ({"Origin": "http://evil.example"}, 403, "ForeignOrigin"),
        ({"Origin": "null"}, 403, "ForeignOrigin"),
    ],
)
def test_who_may_not_call_is_told_so(client: httpx.Client, headers: dict[str, str], status: int, title: str) -> None:
    """Without a token, under another name (a rebound one), from another page; and no header lets that page read it."""
    refused = client.get("/api/plugins", headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (status, title)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["remedy"]
    assert not [name for name in refused.headers if name.lower().startswith("access-control")]


def test_every_address_but_two_needs_a_token(client: httpx.Client, server: Server) -> None:
    """Whatever the method; those two say whether it answers, and nothing else."""
    paths = client.get("/openapi.json").json()["paths"]
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        assert stranger.get("/health").status_code == 200
        for path, methods in paths.items():
            for method in methods:
                if path not in ("/health", "/ready"):
                    assert stranger.request(method, path.replace("{", "").replace("}", "")).status_code == 401
        assert stranger.get("/openapi.json").status_code == 401


def test_the_page_is_the_same_for_everybody(server: Server) -> None:
    """It needs no token and has none in it, but another name or origin doesn't get it; what is beside it isn't there."""
    with httpx.Client(base_url=server.url, trust_env=False) as stranger:
        page = stranger.get("/")
        assert server.token not in page.text
        assert 'data-token="asked"' in page.text
        script = "text/javascript"
        served = {"/": "text/html", "/page.js": script, "/page.css": "text/css", "/vega.js": script}
        for path, media_type in served.items():
            answer = stranger.get(path)
            assert answer.headers["Content-Type"].startswith(media_type)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert stranger.get(path, headers={"Host": "evil.example"}).status_code == 421
            assert stranger.get(path, headers={"Origin": "http://evil.example"}).status_code == 403
            assert stranger.post(path).status_code == 405
        for path in ("/flow.js", "/page.js/../flow.js", "/%2e%2e/page.js"):
            assert stranger.get(path).status_code == 401


def test_a_token_is_good_for_its_scope(client: httpx.Client, server: Server) -> None:
    """One for reading runs nothing, one for running reloads nothing; a revoked one is none."""
    reader, runner = server.access.issue(Scope.READ), server.access.issue(Scope.RUN)

    def status(token: str, method: str, path: str) -> int:
        return client.request(method, path, headers={"Authorization": f"Bearer {token}"}).status_code

    assert status(reader, "GET", "/api/plugins/gain_node") == 200
    assert status(reader, "POST", "/api/plugins/gain_node/instances") == 403
    assert status(runner, "POST", "/api/plugins/gain_node/instances") == 201
    assert status(runner, "POST", "/api/plugins/gain_node/reload") == 403
    server.access.revoke(runner)
    assert status(runner, "GET", "/api/plugins/gain_node") == 401


def test_a_token_is_not_kept_and_not_short() -> None:
    """The server holds digests; what could be guessed is refused."""
    access = Access()
    token = access.issue()
    assert token not in repr(vars(access))
    with pytest.raises(InputError, match="32 characters") as refused:
        access.accept("secret", Scope.READ)
    assert "secrets.token_urlsafe()" in str(refused.value)


def test_a_token_that_asks_too_often_is_told_when_to_come_back(shared_manager: PluginManager) -> None:
    """Another token's requests are answered meanwhile, and so is its own, later."""
    access = Access(requests_per_s=0.01, burst=3)  # so few that no machine is too slow for it
    greedy, modest = access.issue(Scope.READ), access.issue(Scope.READ)
    assert [access.admit(greedy)[1] for _ in range(3)] == [0, 0, 0]
    known, wait_s = access.admit(greedy)
    assert known is not None
    assert 0 < wait_s <= 100
    app = httpx.ASGITransport(create_app(shared_manager, access))

    async def ask(token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=app, base_url="http://localhost", headers=headers) as client:
            return await client.get("/api/plugins")

    refused = asyncio.run(ask(greedy))
    assert (refused.status_code, refused.json()["title"]) == (429, "TooMany")
    assert 0 < int(refused.headers["Retry-After"]) <= 100
    assert asyncio.run(ask(modest)).status_code == 200
    known.at_s -= 100  # later
    assert asyncio.run(ask(greedy)).status_code == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "can't be read"),
        (b"[]", "Expected `object`"),
        (b'{"inputs": 3}', "Expected `object`"),
        (b'{"input": {}}', "unknown field `input`"),
        (b'{"seed": -1}', "a seed is"),
        (b'{"parameters": {"gain_db": NaN}}', "can't be read"),
        (b'{"parameters": {"gain_db": 1e999}}', "out of range"),
        (b'{"parameters": {"gain_bd": 1}}', "gain_bd"),
        (b'{"inputs": {"audio": "/etc/passwd"}}', "files of the server are not read"),
        (b'{"inputs": {"audio": {"samples": [[1,2],[3]], "sample_rate": 8000}}}', "inhomogeneous"),
        (b'{"inputs": {"audio": {"samples": [[0.0]], "sample_rate": 0}}}', "sample_rate"),
        (b'{"inputs": {"data": {"base64": "!"}}}', "base64"),
        (b'{"limits": {"wall": 1}}', "wall"),
        (b"[" * 100_000, "can't be read"),
        (b'{"inputs": {"x": ' + b"[" * 100_000, "can't be read"),
        (b"\xff\xfe", "can't be read"),
    ],
)
def test_nonsense_is_refused_with_its_reason(client: httpx.Client, create: Create, body: bytes, says: str) -> None:
    """Nothing of it reaches the plugin."""
    instance = create("raise RuntimeError('it was called')")
    refused = client.post(f"/api/plugins/instances/{instance}/execute", content=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["title"] == "InputError"
    assert says in refused.text


def test_a_part_that_is_no_input_is_named(client: httpx.Client, create: Create) -> None:
    """With what the inputs are called, whatever is in it: nobody is told that their sound is no array."""
    instance = create("raise RuntimeError('it was called')")
    refused = client.post(f"/api/plugins/instances/{instance}/execute", files={"audoi": ("a.wav", b"RIFF")})
    assert (refused.status_code, refused.json()["path"]) == (422, "$.inputs.audoi")
    assert "audio" in refused.json()["remedy"]


def test_pickles_are_no_arrays(client: httpx.Client, create: Create, tmp_path: Path) -> None:
    """A .npy file of objects would run what its sender likes; so would a header that is no literal."""

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "bomb",)  # type: ignore[return-value]  # as pickle has it

    instance = create()
    file = io.BytesIO()
    np.save(file, np.array([Bomb()], dtype=object), allow_pickle=True)
    huge = b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999,), }".ljust(
        118
    )
    for data in (file.getvalue(), b"\x93NUMPY\x01\x00\x76\x00" + b"__import__('os').abort()".ljust(118), b"", huge):
        refused = client.post(f"/api/plugins/instances/{instance}/execute", files={"table": ("t.npy", data)})
        assert refused.status_code == 422, refused.text
        assert "no .npy file of numbers" in refused.text
    assert not (tmp_path / "bomb").exists()


def test_what_is_no_sound_is_refused_by_the_confined_decoder(client: httpx.Client, create: Create) -> None:
    """And nothing of it stays on disk."""
    refused = client.post(f"/api/plugins/instances/{create()}/execute", files={"audio": ("../../x.mp3", b"no sound")})
    assert refused.status_code == 422
    assert refused.json()["title"] == "AudioFileError"


def test_a_body_that_is_too_large_is_refused(client: httpx.Client, server: Server, create: Create) -> None:
    """Before it is sent, if it says how large it is, and while it comes, if it doesn't."""
    path = f"/api/plugins/instances/{create()}/execute"

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * (1 << 20)

    for content in (b" " * (5 << 20), endless()):
        try:
            refused = client.post(path, content=content)
            assert (refused.status_code, refused.json()["title"]) == (413, "TooLarge")
        except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):  # it hung up while we were still sending
            pass
    with socket.create_connection(server.url.removeprefix("http://").split(":")) as raw:
        raw.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n"
            f"Authorization: Bearer {server.token}\r\n\r\n".encode()
        )
        assert b"413" in raw.recv(100)
    assert client.get("/api/plugins").status_code == 200


@pytest.mark.parametrize(
    ("body", "title", "known"),
    [
        ("raise ValueError('no such key')", "PluginExecutionError", "traceback"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "WorkerCrashed", "signal"),
        ("while True: pass", "LimitExceeded", "limit"),
        ("return 3", "DefinitionError", "plugin_id"),
    ],
)
def test_what_a_plugin_does_wrong_is_no_fault_of_the_servers(
    client: httpx.Client, create: Create, body: str, title: str, known: str
) -> None:
    """422, with the error's class, remedy and what else is known; the next call is answered."""
    instance = create(f"if inputs.get('x') == 'well': return {{'y': 1}}\n{body}")
    path = f"/api/plugins/instances/{instance}/execute"
    failed = client.post(path, json={"limits": {"wall_s": 0.5}})
    assert (failed.status_code, failed.json()["title"]) == (422, title)
    assert failed.json()[known]
    assert client.post(path, json={"inputs": {"x": "well"}}).json()["outputs"] == {"y": 1}


def test_a_figure_of_a_plugin_is_no_page_of_ours(client: httpx.Client, create: Create) -> None:
    """Whatever is fetched is sealed: no script of it runs at this origin, and no browser guesses another type."""
    done = client.post(f"/api/plugins/instances/{create()}/execute", json={"inputs": {"x": "<script>"}}).json()
    fetched = client.get(f"/api/plugins/runs/{done['id']}/outputs/y")
    assert fetched.headers["Content-Security-Policy"].startswith("sandbox")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/index.html", "/api", "/api/plugins/%00", "/api/plugins/..%2f..%2fetc", "/api/plugins/" + "x" * 5000]
)
def test_an_address_that_is_none_is_a_problem_too(client: httpx.Client, path: str) -> None:
    """404 or 422 in the same form as all others."""
    told = client.get(path)
    assert told.status_code in (404, 422)
    assert told.headers["Content-Type"] == "application/problem+json"


def test_a_server_for_others_needs_a_name(shared_manager: object) -> None:
    """Who listens beyond this machine says under which name, since any other Host is refused."""
    with pytest.raises(InputError, match="reached from other machines"):
        Server(shared_manager, host="0.0.0.0", port=0)  # type: ignore[arg-type]  # noqa: S104 - refused


def test_a_port_that_is_taken_is_said(server: Server) -> None:
    """With what to do; an address that isn't this machine's is no matter of ports."""
    with pytest.raises(InputError, match=r"can't be listened on.*--port 0"):
        Server(NO_MANAGER, port=int(server.url.rsplit(":", 1)[1]))
    with pytest.raises(InputError, match=r"can't be listened on.*address of this machine"):
        Server(NO_MANAGER, host="192.0.2.1", port=0, names=["x"], allow_plain=True)


def test_stopping_ends_what_goes_on(shared_manager: object, create: Create) -> None:
    """A server that is stopped lets runs end for a while, then cancels them; the manager goes on."""
    instance = create("await asyncio.sleep(60)")
    server = Server(shared_manager, port=0)  # type: ignore[arg-type]  # a fixture of any type
    server.start()
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
        client.post(
            f"/api/plugins/instances/{instance}/execute", params={"wait": "false"}, json={"limits": {"wall_s": 0.5}}
        )
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)
    assert shared_manager.instances[instance].state != "running"  # type: ignore[attr-defined]  # a fixture of any type


def test_a_listener_that_doesn_t_read_loses_the_oldest_events_and_keeps_nobody() -> None:
    """It is told how many, and the newest are there."""
    from schillinger_plugins.events import Event
    from schillinger_plugins.server.telling import MAX_WAITING, Listener, Message

    async def listen() -> list[Message | None]:
        listener = Listener(frozenset(), lambda _: True)
        for number in range(MAX_WAITING + 10):
            listener.hear(number, Event("executed", "probe"))
        messages = []
        async for message in listener.messages():
            messages.append(message)
            if len(messages) == MAX_WAITING + 2:
                listener.end()
        return messages

    messages = asyncio.run(listen())
    assert messages[1] == Message("lost", {"events": 10})
    assert messages[2] is not None
    assert messages[2].as_text().startswith("id: 10\n")
    assert messages[-1] == Message("ending", {})


def test_a_body_that_says_twice_how_long_it_is_is_refused(server: Server) -> None:
    """What follows it could be another request, which whoever stands before this server took for a part of the body."""
    host, port = server.url.removeprefix("http://").split(":")
    lines = ("POST /api/flows/problems HTTP/1.1", "Host: localhost", f"Authorization: Bearer {server.token}")
    both = ("Content-Length: 4", "Transfer-Encoding: chunked", "", "")
    with socket.create_connection((host, int(port)), timeout=20) as one:
        one.sendall("\r\n".join((*lines, *both)).encode() + b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := one.recv(4000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"TwoLengths"' in answer
    assert answer.count(b"HTTP/1.1") == 1
