"""The broker against servers that a hostile plugin, or a hostile host, would bring along."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
from collections.abc import Callable

import pytest

from schillinger_plugins.broker import Broker, FetchLimits, FetchRecord, FetchReply, FetchRequest
from schillinger_plugins.errors import InputError, LimitExceeded, PermissionDenied, PluginError

from .conftest import Answer, Serve, Server, reply

MakeBroker = Callable[..., Broker]
SMALL = FetchLimits(received_bytes=1024 * 1024)


def get(broker: Broker, server: Server, path: str = "/", **options: object) -> FetchReply:
    return broker.fetch(FetchRequest(method="GET", url=f"http://127.0.0.1:{server.port}{path}", **options))  # type: ignore[arg-type]


def test_a_granted_host_is_reached_and_recorded(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """Status, headers and body come back; the record names the URL without the values of its query."""
    server = serve(reply(b"hello", headers="X-One: 1\r\n"))
    answer = get(broker(f"127.0.0.1:{server.port}"), server, "/a?token=secret")
    assert (answer.status, answer.body, answer.headers["x-one"]) == (200, b"hello", "1")
    (record,) = records
    assert (record.plugin_id, record.outcome, record.status) == ("probe", "answered", 200)
    came = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello"
    assert (record.sent_bytes, record.received_bytes) == (len(server.requests[0]), len(came))
    assert "secret" not in repr(record)


def test_a_body_and_headers_are_sent(serve: Serve, broker: MakeBroker) -> None:
    """What a plugin posts arrives, with nothing of the host's own beside it."""
    server = serve(reply())
    broker(f"127.0.0.1:{server.port}").fetch(
        FetchRequest(method="POST", url=f"http://127.0.0.1:{server.port}/", headers={"X-Key": "k"}, body=b"x" * 100_000)
    )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"x" * 100_000
    assert b"X-Key: k" in head
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert names == {b"host", b"x-key", b"accept-encoding", b"user-agent", b"content-length", b"connection"}


def test_another_host_is_refused_with_the_line_that_grants_it(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord]
) -> None:
    """Nothing is sent, the error names the host, and the refusal is on record."""
    server = serve(reply())
    with pytest.raises(PermissionDenied) as caught:
        get(broker("example.org"), server)
    assert caught.value.permission == "network"
    assert caught.value.target == f"127.0.0.1:{server.port}"
    assert f"%plugin grant probe network --host 127.0.0.1:{server.port}" in str(caught.value)
    assert not server.requests
    assert records[0].outcome.startswith("refused")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%eth0",
        "nonsense",
    ],
)
def test_a_name_that_leads_inside_is_refused(broker: MakeBroker, address: str) -> None:
    """A granted name whose address is private, local, or hides such a one is not connected to."""
    one = broker("example.test", resolver=lambda host, port: ["93.184.216.34", address])
    with pytest.raises(PermissionDenied, match="not public"):
        one.fetch(FetchRequest(method="GET", url="https://example.test/"))


def test_the_checked_address_is_the_one_that_is_used(serve: Serve, broker: MakeBroker) -> None:
    """A name is looked up once a request: a resolver that changes its mind changes nothing."""
    server = serve(reply())
    lookups: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        lookups.append(host)
        return ["127.0.0.1"]

    answer = broker(f"localhost:{server.port}", resolver=resolver).fetch(
        FetchRequest(method="GET", url=f"http://localhost:{server.port}/")
    )
    assert answer.status == 200
    assert lookups == ["localhost"]


def test_localhost_must_be_this_machine(broker: MakeBroker) -> None:
    """A resolver that sends localhost elsewhere is not followed."""
    with pytest.raises(PermissionDenied):
        broker("localhost:80", resolver=lambda host, port: ["93.184.216.34"]).fetch(
            FetchRequest(method="GET", url="http://localhost/")
        )


def test_a_redirect_is_checked_like_a_request(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """A granted host can't send the broker to one that was not granted."""
    inner = serve(reply(b"secret"))
    outer = serve(reply(status="302 Found", headers=f"Location: http://127.0.0.1:{inner.port}/\r\n"))
    with pytest.raises(PermissionDenied):
        get(broker(f"127.0.0.1:{outer.port}"), outer)
    assert not inner.requests
    assert [record.outcome.partition(":")[0] for record in records] == ["answered", "refused"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://a@b/", "//[", "http://\u00e9/", "\\\\evil"])
def test_a_redirect_to_nonsense_is_an_error(serve: Serve, broker: MakeBroker, location: str) -> None:
    """Where a redirect leads nowhere sensible, the request fails."""
    server = serve(reply(status="302 Found", headers=f"Location: {location}\r\n"))
    with pytest.raises(PluginError):
        get(broker(f"127.0.0.1:{server.port}"), server)


def test_redirects_end(serve: Serve, broker: MakeBroker) -> None:
    """A loop is followed five times."""
    server = serve(reply(status="302 Found", headers="Location: /again\r\n"))
    with pytest.raises(PluginError, match="more than 5 times"):
        get(broker(f"127.0.0.1:{server.port}"), server)
    assert len(server.requests) == 6


def test_credentials_stay_with_their_host(serve: Serve, broker: MakeBroker) -> None:
    """After a redirect to another origin Authorization and Cookie are gone, and a 303 asks with GET."""
    other = serve(reply())
    first = serve(reply(status="303 See Other", headers=f"Location: http://127.0.0.1:{other.port}/\r\n"))
    broker(f"127.0.0.1:{first.port}", f"127.0.0.1:{other.port}").fetch(
        FetchRequest(
            method="POST",
            url=f"http://127.0.0.1:{first.port}/",
            headers={"Authorization": "Bearer x", "Cookie": "y"},
            body=b"z",
        )
    )
    assert b"Bearer x" in first.requests[0]
    assert b"Bearer" not in other.requests[0]
    assert b"Cookie" not in other.requests[0]
    assert other.requests[0].startswith(b"GET ")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.org"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "0"},
        {"Connection": "upgrade"},
        {"X": "a\r\nEvil: b"},
        {"X\r\nEvil": "b"},
        {"X:": "b"},
        {"X": "\u00e9"},
        {"": "b"},
        {f"x{n}": "y" for n in range(51)},
        {"x": "y" * 5000},
    ],
)
def test_headers_that_could_smuggle_are_refused(serve: Serve, broker: MakeBroker, headers: dict[str, str]) -> None:
    """What the host sets, what ends a line, and what is too much is an InputError, and nothing is sent."""
    server = serve(reply())
    with pytest.raises(InputError):
        get(broker(f"127.0.0.1:{server.port}"), server, headers=headers)
    assert not server.requests


def test_other_methods_are_refused(serve: Serve, broker: MakeBroker) -> None:
    """CONNECT, TRACE and inventions are no methods here."""
    server = serve(reply())
    for method in ("CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"):
        with pytest.raises(InputError, match="no method"):
            broker(f"127.0.0.1:{server.port}").fetch(
                FetchRequest(method=method, url=f"http://127.0.0.1:{server.port}/")
            )
    assert not server.requests


def test_compressed_answers_are_unpacked(serve: Serve, broker: MakeBroker) -> None:
    """A server that compresses unasked is understood."""
    server = serve(reply(gzip.compress(b"hello" * 100), headers="Content-Encoding: gzip\r\n"))
    assert get(broker(f"127.0.0.1:{server.port}"), server).body == b"hello" * 100


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


def many_headers(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n")


@pytest.mark.parametrize("answer", [endless, many_headers, eight_bit_headers, empty_members, early_hints])
def test_an_endless_answer_is_cut_off(serve: Serve, broker: MakeBroker, answer: Answer) -> None:
    """A body without end, even one that unpacks to nothing; headers by the hundred or too long; hints without end."""
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


def test_a_name_that_is_never_found_runs_out_of_time(broker: MakeBroker) -> None:
    """A resolver that hangs holds up the request no longer than its time."""
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(30)
        return []

    with pytest.raises(PluginError):
        broker("example.test", resolver=hang).fetch(
            FetchRequest(method="GET", url="https://example.test/", timeout_s=0.3)
        )
    release.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 999999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nxxxx",
    ],
)
def test_nonsense_is_a_clear_error(serve: Serve, broker: MakeBroker, answer: bytes) -> None:
    """Whatever a server sends, the outcome is a PluginError that says that the request failed."""
    server = serve(lambda connection, _: connection.sendall(answer))
    with pytest.raises(PluginError, match="the request failed"):
        get(broker(f"127.0.0.1:{server.port}"), server)


def test_nobody_there_is_a_clear_error(broker: MakeBroker) -> None:
    """A port where nobody listens is a failed request, on record."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(PluginError, match="the request failed"):
        broker(f"127.0.0.1:{port}").fetch(FetchRequest(method="GET", url=f"http://127.0.0.1:{port}/"))


def test_the_rate_is_limited(serve: Serve, broker: MakeBroker) -> None:
    """More requests a minute than may be are refused; each redirect counts."""
    server = serve(reply())
    one = broker(f"127.0.0.1:{server.port}", limits=FetchLimits(per_minute=2))
    get(one, server)
    get(one, server)
    with pytest.raises(LimitExceeded, match="a minute"):
        get(one, server)


def test_so_many_at_once_and_no_more(serve: Serve, broker: MakeBroker) -> None:
    """The fifth request while four are under way is refused."""
    arrived, release = threading.Semaphore(0), threading.Event()

    def wait(connection: socket.socket, head: bytes) -> None:
        arrived.release()
        release.wait(20)
        reply()(connection, head)

    server = serve(wait)
    one = broker(f"127.0.0.1:{server.port}")
    threads = [threading.Thread(target=get, args=(one, server)) for _ in range(FetchLimits().at_once)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert arrived.acquire(timeout=20)
    with pytest.raises(LimitExceeded, match="at once"):
        get(one, server)
    release.set()
    for thread in threads:
        thread.join(20)
    assert get(one, server).status == 200


def test_the_environments_proxy_is_ignored(serve: Serve, broker: MakeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor .netrc of the user's has a part in it."""
    proxy, server = serve(reply(b"proxied")), serve(reply(b"direct"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert get(broker(f"127.0.0.1:{server.port}"), server).body == b"direct"
    assert not proxy.requests


def test_every_length_of_body_arrives_whole(serve: Serve, broker: MakeBroker) -> None:
    """Bodies around the sizes of pieces and buffers come back as they were sent."""
    bodies = iter([bytes([n % 251]) * size for n, size in enumerate((0, 1, 65535, 65536, 65537, 1_000_000))])
    sent, kept = itertools.tee(bodies)
    server = serve(lambda connection, head: reply(next(sent))(connection, head))
    one = broker(f"127.0.0.1:{server.port}")
    for body in kept:
        assert get(one, server).body == body
