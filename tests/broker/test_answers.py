"""Answers: whole, odd, hostile and endless ones, none of which is trusted."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from collections.abc import Callable

import pytest

from schillinger_plugins.broker import Broker, FetchLimits, FetchRequest, wire
from schillinger_plugins.errors import LimitExceeded, PluginError
from schillinger_plugins.protocol import frames

from .conftest import Answer, Serve, get, reply

MakeBroker = Callable[..., Broker]
SMALL = FetchLimits(received_bytes=1024 * 1024)


def test_compressed_answers_are_unpacked(serve: Serve, broker: MakeBroker) -> None:
    """A server that compresses unasked is understood."""
    server = serve(reply(gzip.compress(b"hello" * 100) + gzip.compress(b"!"), headers="Content-Encoding: gzip\r\n"))
    answer = get(broker(f"127.0.0.1:{server.port}"), server)
    assert answer.body == b"hello" * 100 + b"!"
    assert not {"content-encoding", "content-length"} & answer.headers.keys()


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Same")])
def test_an_answer_without_a_body_is_whole(serve: Serve, broker: MakeBroker, method: str, status: str) -> None:
    """Whatever its headers say of a body that doesn't come."""
    headers = "Content-Encoding: gzip\r\nContent-Length: 5\r\n"
    server = serve(lambda connection, _: connection.sendall(f"HTTP/1.1 {status}\r\n{headers}\r\n".encode()))
    url = f"http://127.0.0.1:{server.port}/"
    answer = broker(f"127.0.0.1:{server.port}").fetch(FetchRequest(method=method, url=url))
    assert (answer.status, answer.body) == (int(status[:3]), b"")


def test_the_largest_headers_fit_a_frame(serve: Serve, broker: MakeBroker) -> None:
    """What the broker lets through travels to the plugin in one frame, with the longest URL and a piece of the body."""
    body, value = b"z" * frames.PIECE_BYTES, b"\xff" * ((wire.MAX_HEADER_BYTES - 60) // 2)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX: %s\r\n\r\n" % (len(body), value)
    server = serve(lambda connection, _: connection.sendall(head + body))
    answer = get(broker(f"127.0.0.1:{server.port}"), server, "/" + "a" * 8100)
    assert len(answer.headers["x"]) == len(value)
    assert frames.encode(frames.Fetched(answer.status, answer.url, answer.headers, answer.body))


def test_a_bomb_is_stopped_before_it_bursts(serve: Serve, broker: MakeBroker) -> None:
    """The cap is on what comes out of the decompression, not on what goes in."""
    server = serve(reply(gzip.compress(bytes(20 * 1024 * 1024)), headers="Content-Encoding: gzip\r\n"))
    with pytest.raises(LimitExceeded) as caught:
        get(broker(f"127.0.0.1:{server.port}", limits=SMALL), server)
    assert caught.value.limit == "output"


def endless(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def eight_bit_headers(connection: socket.socket, _: bytes) -> None:
    # In UTF-8, which is what travels on, these are twice as long.
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"\xff" * 15_000 + b"\r\n\r\n")


def empty_members(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08" + b"\0" * 7)
    while True:
        connection.sendall(b"\x00\x00\x00\xff\xff" * 1000)  # stored blocks that hold nothing


def early_hints(connection: socket.socket, _: bytes) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)


def tiny_chunks(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\nx\r\n" * 1000)


def many_headers(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n")


@pytest.mark.parametrize("answer", [endless, many_headers, eight_bit_headers, empty_members, early_hints, tiny_chunks])
def test_an_endless_answer_is_cut_off(serve: Serve, broker: MakeBroker, answer: Answer) -> None:
    """A body without end, even one that unpacks to nothing or comes a byte a chunk, and heads that don't end either."""
    server = serve(answer)
    with pytest.raises(LimitExceeded) as caught:
        get(broker(f"127.0.0.1:{server.port}", limits=SMALL), server)
    assert caught.value.limit == "output"


def test_a_server_that_drips_runs_out_of_time(serve: Serve, broker: MakeBroker) -> None:
    """The deadline is over all of the request: a byte now and then doesn't move it."""
    stopped = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stopped.wait(0.05):
            connection.sendall(b"x")

    server = serve(drip)
    with pytest.raises(LimitExceeded) as caught:
        get(broker(f"127.0.0.1:{server.port}"), server, timeout_s=0.5)
    stopped.set()
    assert caught.value.limit == "wall"


def test_a_server_that_does_not_read_runs_out_of_time(serve: Serve, broker: MakeBroker) -> None:
    """Sending has the same deadline: a server that takes nothing holds up a long body no longer."""
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as listener:  # it accepts nothing: the kernel does, and its buffers fill
        port = listener.getsockname()[1]
        with pytest.raises(LimitExceeded) as caught:
            broker(f"127.0.0.1:{port}").fetch(
                FetchRequest(method="PUT", url=f"http://127.0.0.1:{port}/", body=bytes(16_000_000), timeout_s=0.5)
            )
    assert caught.value.setting == "time_s"


def test_an_answer_before_the_body_is_sent_is_read(serve: Serve, broker: MakeBroker) -> None:
    """A server may refuse a body without reading it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def refuse() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            reply(b"too large", status="413 Too Large")(connection, b"")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{port}/"
        answer = broker(f"127.0.0.1:{port}").fetch(FetchRequest(method="PUT", url=url, body=bytes(4_000_000)))
        thread.join(20)
    assert answer.status == 413


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 999999 Odd\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nx",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"<html>HTTP/0.9</html>",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 110_000,
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello")[:-5],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 1001,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"hello")),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nxxxx",
    ],
)
def test_nonsense_is_a_clear_error(serve: Serve, broker: MakeBroker, answer: bytes) -> None:
    """Whatever a server sends, the outcome is a PluginError that says that the request failed."""
    server = serve(lambda connection, _: connection.sendall(answer))
    with pytest.raises(PluginError, match="the request failed"):
        get(broker(f"127.0.0.1:{server.port}"), server)


def test_every_length_of_body_arrives_whole(serve: Serve, broker: MakeBroker) -> None:
    """Bodies around the sizes of pieces and buffers come back as they were sent."""
    bodies = iter([bytes([n % 251]) * size for n, size in enumerate((0, 1, 65535, 65536, 65537, 1_000_000))])
    sent, kept = itertools.tee(bodies)
    server = serve(lambda connection, head: reply(next(sent))(connection, head))
    one = broker(f"127.0.0.1:{server.port}")
    for body in kept:
        assert get(one, server).body == body
