"""Redirects: each is a request of its own, checked and recorded like the first."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from schillinger_plugins.broker import Broker, FetchLimits, FetchRecord, FetchReply, FetchRequest
from schillinger_plugins.errors import LimitExceeded, PermissionDenied, PluginError

from .conftest import Answer, Serve, Server, reply

MakeBroker = Callable[..., Broker]


def to(location: str, status: str = "302 Found") -> Answer:
    return reply(b"", status=status, headers=f"Location: {location}\r\n")


def once(location: str, status: str = "302 Found") -> Answer:
    """Redirects a request for / and answers others."""

    def answer(connection: socket.socket, head: bytes) -> None:
        (to(location, status) if b" / " in head else reply(b"arrived"))(connection, head)

    return answer


def fetch(one: Broker, server: Server, **options: object) -> FetchReply:
    given = {"method": "GET", "url": f"http://127.0.0.1:{server.port}/", **options}
    return one.fetch(FetchRequest(**given))  # type: ignore[arg-type]  # given by name


def test_a_redirect_is_checked_like_a_request(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """A granted host can't send the broker to one that was not granted, nor to this machine's other ports."""
    inner = serve(reply(b"secret"))
    outer = serve(to(f"http://127.0.0.1:{inner.port}/"))
    with pytest.raises(PermissionDenied) as caught:
        fetch(broker(f"127.0.0.1:{outer.port}"), outer)
    assert f"--host 127.0.0.1:{inner.port}" in str(caught.value)
    assert not inner.requests
    assert [record.outcome.partition(":")[0] for record in records] == ["answered", "refused"]


def test_a_redirect_to_a_name_that_leads_inside_is_refused(serve: Serve, broker: MakeBroker) -> None:
    """Being granted doesn't make it public: the name of each redirect is looked up and checked."""
    inner = serve(reply(b"secret"))
    outer = serve(to(f"http://rebound.test:{inner.port}/"))
    one = broker(f"127.0.0.1:{outer.port}", f"rebound.test:{inner.port}", resolver=lambda *_: ["127.0.0.1"])
    with pytest.raises(PermissionDenied, match="not public"):
        fetch(one, outer)
    assert not inner.requests


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http:evil",
        "http://a@b/",
        "http://u:s3cret@127.0.0.1/?key=s3cret",
        "//[",
        "http://\u00e9/",
        "\\\\evil",
        "/\\evil",
        "/a b",
        "/a\tb",
        "ht\ttp://evil/",
        "http://127.0.0.1:99999/",
    ],
)
def test_a_redirect_to_nonsense_is_an_error(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord], location: str
) -> None:
    """Where a redirect leads nowhere sensible, the request fails, on record and without repeating what may be secret."""
    server = serve(to(location))
    with pytest.raises(PluginError, match="can't be followed") as caught:
        fetch(broker(f"127.0.0.1:{server.port}"), server)
    assert len(server.requests) == 1
    assert "s3cret" not in f"{caught.value} {records}"
    assert [record.outcome.partition(":")[0] for record in records] == ["answered", "refused"]


def test_two_locations_are_none(serve: Serve, broker: MakeBroker) -> None:
    """Which of them is meant is not guessed."""
    server = serve(reply(b"", status="302 Found", headers="Location: /a\r\nLocation: /b\r\n"))
    with pytest.raises(PluginError, match="can't be followed"):
        fetch(broker(f"127.0.0.1:{server.port}"), server)


@pytest.mark.parametrize(
    ("location", "target"),
    [("/a?b", "/a?b"), ("a/../b", "/b"), ("?x", "/?x"), ("/a#part", "/a"), ("//127.0.0.1:PORT/a", "/a")],
)
def test_a_relative_redirect_stays_with_its_host(serve: Serve, broker: MakeBroker, location: str, target: str) -> None:
    """Joined to the URL that it comes from, and the reply says where it came from in the end."""
    server = serve(lambda connection, head: once(location.replace("PORT", str(server.port)))(connection, head))
    if location == "?x":
        server = serve(lambda connection, head: (reply() if b"?x" in head else to(location))(connection, head))
    answer = fetch(broker(f"127.0.0.1:{server.port}"), server)
    assert (answer.status, answer.url) == (200, f"http://127.0.0.1:{server.port}{target}")


def test_redirects_end(serve: Serve, broker: MakeBroker, records: list[FetchRecord]) -> None:
    """A loop is followed five times; the sixth is refused, on record."""
    server = serve(to("/again"))
    with pytest.raises(PluginError, match="more than 5 times"):
        fetch(broker(f"127.0.0.1:{server.port}"), server)
    assert len(server.requests) == 6
    assert len(records) == 7
    assert records[-1].outcome.startswith("refused")


def test_redirects_count_as_requests(serve: Serve, broker: MakeBroker) -> None:
    """A loop can't be used to ask more often than may be."""
    server = serve(to("/again"))
    with pytest.raises(LimitExceeded, match="3 requests a minute"):
        fetch(broker(f"127.0.0.1:{server.port}", limits=FetchLimits(per_minute=3)), server)
    assert len(server.requests) == 3


def test_redirects_share_one_deadline(serve: Serve, broker: MakeBroker) -> None:
    """The time is over all of them: a redirect brings no new time."""
    silent = serve(lambda connection, _: connection.recv(1) and None)
    server = serve(to(f"http://127.0.0.1:{silent.port}/"))
    one = broker(f"127.0.0.1:{server.port}", f"127.0.0.1:{silent.port}")
    with pytest.raises(LimitExceeded, match="did not answer in time"):
        fetch(one, server, timeout_s=0.4)
    assert len(silent.requests) == 1


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "HEAD", "HEAD"),
        (301, "PUT", "PUT"),
        (302, "PATCH", "PATCH"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (302, "GET", "GET"),
    ],
)
def test_method_and_body_follow_the_rules(
    serve: Serve, broker: MakeBroker, records: list[FetchRecord], status: int, method: str, then: str
) -> None:
    """RFC 9110, 15.4: what becomes a GET leaves its body, and what was said of the body, behind."""
    server = serve(once("/there", f"{status} Elsewhere"))
    body = b"" if method in ("GET", "HEAD") else b"body"
    headers = {"Content-Type": "text/plain", "X-Own": "kept"}
    fetch(broker(f"127.0.0.1:{server.port}"), server, method=method, body=body, headers=headers)
    head, _, sent = server.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(f"{then} /there ".encode())
    assert b"X-Own: kept" in head
    changed = then != method
    assert sent == (b"" if changed else body)
    assert (b"Content-Type" in head) is not changed
    assert [record.method for record in records] == [method, then]


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Api-Key", "X-Auth-Token", "Client-Secret"])
def test_credentials_stay_with_their_host(serve: Serve, broker: MakeBroker, name: str) -> None:
    """They go along to another path of the same host, and not to another port or name."""
    for elsewhere in (False, True):
        other = serve(reply())
        first = serve(once(f"http://127.0.0.1:{other.port}/" if elsewhere else "/there"))
        one = broker(f"127.0.0.1:{first.port}", f"127.0.0.1:{other.port}")
        fetch(one, first, headers={name: "s3cret", "X-Own": "kept"})
        assert b"s3cret" in first.requests[0]
        last = (other if elsewhere else first).requests[-1]
        assert (b"s3cret" in last) is not elsewhere
        assert b"X-Own: kept" in last


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_other_answers_are_the_plugins(serve: Serve, broker: MakeBroker, status: int) -> None:
    """What is no redirect to follow, or leads nowhere, is an answer like any other."""
    server = serve(to("http://evil.test/", f"{status} Odd"))
    assert fetch(broker(f"127.0.0.1:{server.port}"), server).status == status
