"""How a server ends: what goes on may end, what doesn't is cut off, and everybody is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from schillinger_plugins import PluginManager
from schillinger_plugins.server import Server, app

from .conftest import ANY

BODY = """
self.context.progress(0.5)
await asyncio.sleep(inputs['x'])
return {'y': 'it ended'}
"""


class Ending:
    """A server that ends while calls go on, and a client of it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.headers = {"Authorization": f"Bearer {server.token}"}
        self.client = httpx.Client(base_url=server.url, headers=self.headers, timeout=30, trust_env=False)
        made = self.client.post("/api/plugins/probe/instances").json()
        self.path = f"/api/plugins/instances/{made['id']}/execute"
        self._stopping = threading.Thread(target=server.stop)

    def begin(self, seconds: float) -> str:
        """A call that goes on: the address of its run."""
        begun = self.client.post(self.path, json={"inputs": {"x": seconds}}, params={"wait": "false"})
        while self.client.get(begun.headers["Location"]).json()["progress"] == 0:
            pass
        return begun.headers["Location"]

    def begin_to_end(self) -> None:
        """Returns when it has begun to."""
        self._stopping.start()
        while self.client.get("/ready").json().get("detail") != "the server ends":
            pass

    def close(self) -> None:
        if not self._stopping.ident:
            self._stopping.start()
        self._stopping.join()
        self.client.close()


@pytest.fixture
def ending(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ending]:
    monkeypatch.setattr(app, "GRACE_S", 1.0)
    manager.load(write_plugin(body=BODY, definition=ANY))
    server = Server(manager, port=0)
    server.start()
    one = Ending(server)
    yield one
    one.close()


def test_a_call_that_is_cut_off_is_told_so(ending: Ending) -> None:
    """Who waits for it gets 503, when to come again, and a problem; so does its run, as long as it can be asked."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ending.client.post, ending.path, json={"inputs": {"x": 60}})
        while not ending.client.get("/api/plugins/runs").json()["runs"]:
            pass
        ending.begin_to_end()
        cut = waiting.result(30)
    assert (cut.status_code, cut.json()["title"]) == (503, "ServerEnds")
    assert cut.headers["Content-Type"] == "application/problem+json"
    assert cut.headers["Retry-After"] == "1"
    assert cut.json()["remedy"]


def test_a_call_that_ends_in_time_is_answered(ending: Ending, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing was the matter."""
    monkeypatch.setattr(app, "GRACE_S", 30.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ending.client.post, ending.path, json={"inputs": {"x": 0.5}})
        while not ending.client.get("/api/plugins/runs").json()["runs"]:
            pass
        ending.begin_to_end()
        assert waiting.result(30).json()["outputs"] == {"y": "it ended"}


def test_nothing_is_begun_while_it_ends(ending: Ending, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with Retry-After, for calls, instances and sockets; what goes on may be looked at, and cancelled."""
    monkeypatch.setattr(app, "GRACE_S", 30.0)
    run = ending.begin(60)
    ending.begin_to_end()
    for path in (ending.path, "/api/plugins/probe/instances", "/api/plugins/probe/reload", "/api/flows/x/runs"):
        refused = ending.client.post(path, json={})
        assert (refused.status_code, refused.json()["title"]) == (503, "ServerEnds"), path
        assert refused.headers["Retry-After"] == "1"
    with pytest.raises(InvalidStatus) as socket:
        connect(ending.server.url.replace("http", "ws") + "/api/plugins/events", additional_headers=ending.headers)
    assert socket.value.response.status_code == 503
    assert ending.client.get(run).json()["state"] == "running"
    assert ending.client.post(f"{run}/cancel").json()["state"] == "cancelled"


def test_listeners_hear_of_what_was_cut_off_and_then_the_end(ending: Ending) -> None:
    """Through both doors the last event is `ending`; the one before says what became of the call that went on."""
    ending.begin(60)
    url = ending.server.url.replace("http", "ws") + "/api/plugins/events"
    with (
        connect(url, additional_headers=ending.headers, proxy=None) as socket,
        ending.client.stream("GET", "/api/plugins/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        threading.Thread(target=ending.server.stop).start()
        heard = [json.loads(socket.recv(20)) for _ in range(2)]
        with pytest.raises(ConnectionClosed):
            socket.recv(20)
        told = [line for line in lines if line.startswith("event")]
    assert [one["event"] for one in heard] == ["failed", "ending"]
    assert heard[0]["error"] == "cancelled"
    assert told == ["event: failed", "event: ending"]
