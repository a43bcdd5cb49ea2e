"""The broker against servers that a hostile plugin, or a hostile host, would bring along."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins.broker import Broker, FetchLimits, FetchRecord, FetchRequest
from schillinger_plugins.errors import InputError, LimitExceeded, PermissionDenied, PluginError

from .conftest import Serve, get, reply

MakeBroker = Callable[..., Broker]


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
        "0.0.0.0",  # noqa: S104 - refused
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
        {"X": " y"},
        {"X": "y\t"},
        {"X": "a\x00b"},
        {"X": "a", "x": "b"},
        {"Proxy-Authorization": "y"},
        {"Upgrade": "h2c"},
        {"X Y": "b"},
        {f"x{n}": "y" * 4000 for n in range(5)},
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


def test_a_new_broker_does_not_begin_anew(serve: Serve, broker: MakeBroker) -> None:
    """All brokers of one plugin share one allowance: a plugin that ends its worker gains nothing. Another has its own."""
    server = serve(reply())

    def one(plugin_id: str) -> Broker:
        limits = FetchLimits(per_minute=1)
        return Broker(plugin_id=plugin_id, hosts=[f"127.0.0.1:{server.port}"], record=lambda _: None, limits=limits)

    assert get(one("twice"), server).status == 200
    with pytest.raises(LimitExceeded, match="a minute"):
        get(one("twice"), server)
    assert get(one("another"), server).status == 200


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


def test_nothing_of_the_users_home_is_sent(
    serve: Serve, broker: MakeBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A .netrc with a password for that very host stays where it is."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = serve(reply())
    get(broker(f"127.0.0.1:{server.port}"), server)
    assert b"authorization" not in server.requests[0].lower()


def test_cookies_are_forgotten(serve: Serve, broker: MakeBroker) -> None:
    """What a server sets in one answer isn't sent with the next request."""
    server = serve(reply(headers="Set-Cookie: id=1\r\n"))
    one = broker(f"127.0.0.1:{server.port}")
    get(one, server)
    get(one, server)
    assert b"cookie" not in server.requests[1].lower()


SECRETS: list[dict[str, object]] = [
    {"headers": {"Authorization": " Bearer s3cret"}},
    {"headers": {"X-Key": "s3cret\r\nX: y"}},
    {"headers": {"Host": "s3cret"}},
    {"headers": {"Authorization": "Bearer s3cret"}},
    {"path": "/?key=s3cret"},
    {"path": "/?key=s3cret#part"},
    {"path": "@evil.org/s3cret"},
]


@pytest.mark.parametrize("options", SECRETS)
def test_no_error_and_no_record_holds_a_credential(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord], options: dict[str, object]
) -> None:
    """Whether it is refused here, or a server answers with nothing but what it was sent."""
    server = serve(lambda connection, head: connection.sendall(head + b"\r\n\r\n"))
    with pytest.raises(PluginError) as caught:
        get(broker(f"127.0.0.1:{server.port}"), server, **options)  # type: ignore[arg-type]  # by name
    assert "s3cret" not in f"{caught.value} {caught.value!r} {records}"
    assert len(records) == 1


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ({"method": "TRACE"}, "refused: 'TRACE' is no method"),
        ({"url": "ftp://x"}, "refused: 'ftp://x' is no URL"),
        ({"headers": {"Host": "x"}}, "refused: the header Host"),
        ({"body": b"x" * (16 * 1024 * 1024 + 1)}, "refused: a body may have 16 MB"),
        ({"timeout_s": 0.0}, "refused: timeout_s"),
        ({"timeout_s": float("nan")}, "refused: timeout_s"),
        ({"url": "https://example.org/"}, "refused: it may not reach example.org over https"),
    ],
)
def test_every_refusal_is_on_record(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord], options: dict[str, object], outcome: str
) -> None:
    """Even of what is no request at all; and a refusal counts as a request."""
    server = serve(reply())
    one = broker(f"127.0.0.1:{server.port}", limits=FetchLimits(per_minute=1))
    request = FetchRequest(**{"method": "GET", "url": f"http://127.0.0.1:{server.port}/", **options})  # type: ignore[arg-type]  # by name
    with pytest.raises(PluginError) as caught:
        one.fetch(request)
    assert caught.value.plugin_id == "probe"
    assert records[0].outcome.startswith(outcome)
    assert (records[0].sent_bytes, records[0].status) == (0, 0)
    with pytest.raises(LimitExceeded):
        one.fetch(request)
    assert records[1].outcome == "refused: it makes more than 1 requests a minute"
    assert not server.requests
