"""Events through a WebSocket: the same guard, and nobody who listens badly keeps anybody."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from schillinger_plugins import PluginManager
from schillinger_plugins.events import Event
from schillinger_plugins.server import Server, telling
from schillinger_plugins.server.telling import MAX_LISTENERS, MAX_WAITING


def listen(server: Server, path: str = "/api/plugins/events", **options: Any) -> ClientConnection:
    options.setdefault("additional_headers", {"Authorization": f"Bearer {server.token}"})
    return connect(server.url.replace("http", "ws") + path, compression=None, proxy=None, open_timeout=20, **options)


def narrow(server: Server) -> socket.socket:
    """A connection whose system keeps little of what isn't read yet."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    return connection


def gone(client: httpx.Client, manager: PluginManager) -> None:
    """Wait until nobody listens any more."""
    while manager.events.wants("executed"):
        client.get("/health")


def test_what_happens_is_told_through_a_socket(client: httpx.Client, server: Server, manager: PluginManager) -> None:
    """The events asked for, in order, as JSON; when it is closed nobody is told."""
    with listen(server, "/api/plugins/events?name=executed&name=instance_destroyed") as told:
        instance = manager.create_instance("resultant_rhythm")
        instance.execute({}, {"a": 3, "b": 2})
        manager.destroy_instance(instance.id)
        messages = [json.loads(told.recv(20)) for _ in range(2)]
    assert [one["event"] for one in messages] == ["executed", "instance_destroyed"]
    assert {one["instance_id"] for one in messages} == {instance.id}
    gone(client, manager)


def test_who_listens_for_what_never_comes_is_told(client: httpx.Client, server: Server, manager: PluginManager) -> None:
    """A name that no event has is refused through both doors, with those that there are; nobody waits for it."""
    refused = client.get("/api/plugins/events", params={"name": ["executed", "exekuted"]})
    assert (refused.status_code, refused.json()["path"]) == (422, "$.query.name.1")
    assert "'executed'" in refused.json()["detail"]
    with pytest.raises(InvalidStatus):
        listen(server, "/api/plugins/events?name=exekuted")
    gone(client, manager)


def test_who_has_nothing_to_hear_hears_that_the_server_is_there(
    client: httpx.Client, manager: PluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that both ends find out when the other has gone."""
    monkeypatch.setattr(telling, "HEARTBEAT_S", 0.01)
    with client.stream("GET", "/api/plugins/events", params={"name": "leaks"}, timeout=10) as stream:
        lines = stream.iter_lines()
        assert [next(lines) for _ in range(4)] == [": listening", "", ": ", ""]
    gone(client, manager)


def test_a_page_offers_its_token_as_a_subprotocol(client: httpx.Client, server: Server, manager: PluginManager) -> None:
    """Since it can't set a header; what is spoken is the other one, so the token isn't sent back."""
    offered = ["schillinger", f"bearer.{server.token}"]
    with listen(server, additional_headers={}, subprotocols=offered, origin=server.url) as told:
        assert told.subprotocol == "schillinger"
    gone(client, manager)


@pytest.mark.parametrize(
    ("options", "status", "title"),
    [
        ({"additional_headers": {}}, 401, "NoToken"),
        ({"additional_headers": {}, "subprotocols": ["schillinger", "bearer." + "x" * 43]}, 401, "NoToken"),
        ({"origin": "http://evil.example"}, 403, "ForeignOrigin"),
        ({"origin": "null"}, 403, "ForeignOrigin"),
    ],
)
def test_the_guard_looks_at_sockets_too(server: Server, options: dict[str, Any], status: int, title: str) -> None:
    """Another page's socket is refused even with the token: browsers don't ask before they open one."""
    with pytest.raises(InvalidStatus) as refused:
        listen(server, **options)
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"")["title"] == title


def test_a_socket_under_another_name_is_refused(server: Server) -> None:
    """A name that a page has rebound to this machine."""
    with pytest.raises(InvalidStatus) as refused:
        listen(server, additional_headers={"Authorization": f"Bearer {server.token}", "Host": "evil.example"})
    assert refused.value.response.status_code in (400, 421)


def test_whoever_speaks_is_shown_out(client: httpx.Client, server: Server, manager: PluginManager) -> None:
    """The socket is for listening; a flood of messages, or a huge one, ends with the first."""
    for message in ("hello", "x" * 1_000_000):
        with listen(server) as told:
            told.send(message)
            with pytest.raises(ConnectionClosed):
                told.recv(20)
    gone(client, manager)


def test_listeners_are_counted(client: httpx.Client, server: Server, manager: PluginManager) -> None:
    """One too many is told to come again; when the others have gone, somebody may."""
    with ExitStack() as held:
        for _ in range(MAX_LISTENERS):
            held.enter_context(listen(server))
        with pytest.raises(InvalidStatus) as refused:
            held.enter_context(listen(server))
        answer = refused.value.response
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    gone(client, manager)
    with listen(server):
        pass
    gone(client, manager)


def test_who_listens_slowly_or_vanishes_keeps_nobody(
    client: httpx.Client, server: Server, manager: PluginManager
) -> None:
    """A flood reaches one that reads, loses its oldest for one that doesn't, and the server holds no more than its queue."""
    told = 40 * MAX_WAITING
    filler = "x" * 2000
    with (
        listen(server, sock=narrow(server)) as slow,
        listen(server) as vanished,
        listen(server, "/api/plugins/events?name=loaded") as quick,
    ):
        vanished.socket.shutdown(socket.SHUT_RDWR)
        for number in range(told):
            manager.events.emit(Event("executed", "probe", None, {"number": number, "filler": filler}))
        manager.events.emit(Event("loaded", "probe"))
        assert json.loads(quick.recv(20))["event"] == "loaded"
        assert client.get("/api/plugins").status_code == 200
        seen: list[dict[str, Any]] = [{}]
        while seen[-1].get("number") != told - 1:
            seen.append(json.loads(slow.recv(20)))
    lost = sum(one["events"] for one in seen if one.get("event") == "lost")
    assert lost > 0
    assert lost + sum(one.get("event") == "executed" for one in seen) == told
    gone(client, manager)


def test_an_end_is_told(shared_manager: PluginManager) -> None:
    """Through both: an event `ending`, then the socket is closed as going away, and the stream is over."""
    server = Server(shared_manager, port=0)
    server.start()
    headers = {"Authorization": f"Bearer {server.token}"}
    with (
        listen(server) as told,
        httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client,
        client.stream("GET", "/api/plugins/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        asyncio.run(asyncio.to_thread(server.stop))
        assert json.loads(told.recv(20)) == {"event": "ending"}
        with pytest.raises(ConnectionClosed) as closed:
            told.recv(20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert "event: ending" in list(lines)


def test_answers_are_sent_at_once(server: Server) -> None:
    """asyncio leaves small packets waiting, 40 ms for each answer, where a socket doesn't name its protocol."""
    assert server._socket.proto == socket.IPPROTO_TCP
