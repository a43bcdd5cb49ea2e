"""Closing a broker: what is under way ends at once, and nothing is fetched any more."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schillinger_plugins.broker import Broker, FetchRecord, FetchRequest
from schillinger_plugins.errors import PluginError

from .conftest import Certificate, Serve, reply

MakeBroker = Callable[..., Broker]


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """Where a request is under way."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize("secured", [False, True])
def test_a_request_under_way_is_ended(
    serve: Serve,
    broker: MakeBroker,
    records: list[FetchRecord],
    certify: Callable[..., Certificate],
    thread: ThreadPoolExecutor,
    secured: bool,
) -> None:
    """Whoever waits for a silent server gets an error at once, with or without TLS, and it is on record."""
    arrived, release = threading.Event(), threading.Event()

    def hold(connection: socket.socket, _: bytes) -> None:
        arrived.set()
        release.wait(60)

    certificate = certify("IP:127.0.0.1")
    server = serve(hold, certificate.server if secured else None)
    one = broker(f"127.0.0.1:{server.port}", ssl_context=certificate.trusting)
    url = f"http{'s' if secured else ''}://127.0.0.1:{server.port}/"
    waiting = thread.submit(one.fetch, FetchRequest(method="GET", url=url, timeout_s=60))
    assert arrived.wait(20)
    one.close()
    with pytest.raises(PluginError, match="the plugin was stopped"):
        waiting.result(20)
    release.set()
    assert records[0].outcome.endswith("the plugin was stopped")
    assert records[0].wall_s < 30


def test_a_body_that_is_cut_off_by_closing_is_no_answer(
    serve: Serve, broker: MakeBroker, thread: ThreadPoolExecutor
) -> None:
    """A body that ends with the connection isn't taken for whole when the end is our own."""
    arrived, release = threading.Event(), threading.Event()

    def hold(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nthe first half")
        arrived.set()
        release.wait(60)

    server = serve(hold)
    one = broker(f"127.0.0.1:{server.port}")
    request = FetchRequest(method="GET", url=f"http://127.0.0.1:{server.port}/", timeout_s=60)
    waiting = thread.submit(one.fetch, request)
    assert arrived.wait(20)
    one.close()
    with pytest.raises(PluginError, match="the plugin was stopped"):
        waiting.result(20)
    release.set()


def test_an_interrupted_request_ends_and_the_next_is_made(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord], thread: ThreadPoolExecutor
) -> None:
    """What is under way ends and says why, wherever it was; unlike a closed broker, an interrupted one goes on."""
    arrived, release = threading.Event(), threading.Event()

    def hold(connection: socket.socket, head: bytes) -> None:
        if b"/slow" not in head:
            reply()(connection, head)
            return
        arrived.set()
        release.wait(60)

    server = serve(hold)
    one = broker(f"127.0.0.1:{server.port}")
    url = f"http://127.0.0.1:{server.port}"
    waiting = thread.submit(one.fetch, FetchRequest(method="GET", url=f"{url}/slow", timeout_s=60))
    assert arrived.wait(20)
    one.interrupt()
    with pytest.raises(PluginError, match="the call was interrupted"):
        waiting.result(20)
    release.set()
    assert records[0].outcome == "failed: the call was interrupted"
    assert one.fetch(FetchRequest(method="GET", url=f"{url}/")).body == b"fine"


def test_a_lookup_under_way_is_not_waited_for(broker: MakeBroker, thread: ThreadPoolExecutor) -> None:
    """A resolver that hangs goes on hanging, alone."""
    arrived, release = threading.Event(), threading.Event()

    def hang(host: str, port: int) -> list[str]:
        arrived.set()
        release.wait(60)
        return ["127.0.0.1"]

    one = broker("example.test", resolver=hang)
    waiting = thread.submit(one.fetch, FetchRequest(method="GET", url="https://example.test/", timeout_s=60))
    assert arrived.wait(20)
    one.close()
    with pytest.raises(PluginError, match="the plugin was stopped"):
        waiting.result(20)
    release.set()


def test_nothing_is_fetched_after_that(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """Refused, on record; closing twice is no error."""
    server = serve(reply())
    one = broker(f"127.0.0.1:{server.port}")
    one.close()
    one.close()
    with pytest.raises(PluginError, match="the plugin was stopped"):
        one.fetch(FetchRequest(method="GET", url=f"http://127.0.0.1:{server.port}/"))
    assert not server.requests
    assert records[0].outcome.startswith("refused")


def test_many_threads_share_a_broker(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """Each gets its own answer, and all are on record."""
    server = serve(lambda connection, head: reply(head.split()[1])(connection, head))
    one = broker(f"127.0.0.1:{server.port}")

    def fetch(number: int) -> bytes:
        url = f"http://127.0.0.1:{server.port}/{number}"
        return one.fetch(FetchRequest(method="GET", url=url, timeout_s=30)).body

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fetch, range(100))) == [f"/{number}".encode() for number in range(100)]
    assert len(records) == 100


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_no_socket_is_left(serve: Serve, broker: MakeBroker) -> None:
    """After answers, refusals and failures the process has as many descriptors as before."""
    servers = [
        serve(reply()),
        serve(lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")),
        serve(lambda connection, _: connection.sendall(b"nonsense\r\n\r\n")),
    ]
    ports = [*(server.port for server in servers), 1]
    one = broker(*(f"127.0.0.1:{port}" for port in ports))

    def descriptors() -> int:
        for port in ports:
            for scheme in ("http", "https"):
                with contextlib.suppress(PluginError):
                    one.fetch(FetchRequest(method="GET", url=f"{scheme}://127.0.0.1:{port}/", timeout_s=0.2))
        for server in servers:
            server.settle()
        return len(os.listdir("/proc/self/fd"))

    assert len({descriptors() for _ in range(4)}) == 1
