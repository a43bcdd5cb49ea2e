"""Addresses: what is public, and that a name leads only there."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.broker import Broker, FetchLimits, FetchRecord, FetchRequest
from schillinger_plugins.broker.address import is_public, is_this_machine
from schillinger_plugins.errors import LimitExceeded, PermissionDenied, PluginError

from .conftest import Serve, reply

MakeBroker = Callable[..., Broker]
PUBLIC = "93.184.216.34"
GET = FetchRequest(method="GET", url="https://example.test/", timeout_s=20)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would be connected to. Public ones can't be from a test."""
    addresses: list[str] = []

    class Socket(socket.socket):
        def connect(self, address: tuple[str, int]) -> None:  # type: ignore[override]  # as it is called here
            if self.type == socket.SOCK_STREAM and not ipaddress.ip_address(address[0]).is_loopback:
                addresses.append(address[0])
                raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
            super().connect(address)

    monkeypatch.setattr(socket, "socket", Socket)
    return addresses


@pytest.mark.parametrize(
    "address",
    """
    0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.0.1 169.254.169.254 169.254.170.2 172.31.0.1
    168.63.129.16 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.1.1.1 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::93.184.216.34 ::ffff:127.0.0.1 ::ffff:93.184.216.34 ::ffff:0:7f00:1 64:ff9b::7f00:1 64:ff9b::5db8:d822
    64:ff9b:1::1 100::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%lo fec0::1 ff02::1 ff0e::1 2001::1 2001:db8::1
    2001:20::1 2002:7f00:1:: 2002:5db8:d822:: 3fff::1 5f00::1 2a00:1450::200:5efe:7f00:1 2a00:1450::5efe:a00:1
    127.1 2130706433 0177.0.0.1 localhost
    """.split(),
)
def test_what_is_not_public(address: str) -> None:
    """This machine, its networks, its cloud's services, and everything that stands for one of them."""
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "168.63.129.15", "2606:4700::1111", "2a00:1450:4001:80b::200e"])
def test_what_is_public(address: str) -> None:
    """Addresses of the internet."""
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_private_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Whatever Python holds for private, local, reserved or a group is none that a name may lead to."""
    if (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
    ):
        assert not is_public(str(address))


def test_this_machine_is_known_by_its_routes() -> None:
    """An own address is one that it would be reached from, which takes no packet to find out."""
    assert is_this_machine("127.0.0.1")
    assert not is_this_machine("127.0.0.2")
    assert not is_this_machine(PUBLIC)


def test_a_public_address_of_this_machine_is_refused(
    broker: MakeBroker, connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to this machine by its own public address gets no further than one that leads to 127.0.0.1."""
    # No test can give its machine such an address.
    monkeypatch.setattr("schillinger_plugins.broker.address.is_this_machine", lambda address: address == PUBLIC)
    with pytest.raises(PermissionDenied, match="not public"):
        broker("example.test", resolver=lambda *_: [PUBLIC]).fetch(GET)
    assert not connected


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(
    broker: MakeBroker, connected: list[str]
) -> None:
    """A resolver that says public first and private then (rebinding) is asked once, and its first answer is used."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    one = broker("example.test", resolver=lambda *_: next(answers))
    with pytest.raises(PluginError, match="Connection refused"):
        one.fetch(GET)
    assert connected == [PUBLIC]
    # The next request is another matter, and is refused.
    with pytest.raises(PermissionDenied):
        one.fetch(GET)
    assert connected == [PUBLIC]


def test_one_private_address_among_public_ones_is_enough(broker: MakeBroker, connected: list[str]) -> None:
    """The public ones are not tried either."""
    with pytest.raises(PermissionDenied):
        broker("example.test", resolver=lambda *_: [PUBLIC] * 50 + ["10.0.0.1"]).fetch(GET)
    assert not connected


def test_an_address_within_is_told_to_the_record_alone(
    broker: MakeBroker, records: list[FetchRecord], connected: list[str]
) -> None:
    """The plugin doesn't learn what a name means on this network; the user does."""
    with pytest.raises(PermissionDenied) as caught:
        broker("example.test", resolver=lambda *_: ["10.20.30.40"]).fetch(GET)
    assert "10.20.30.40" not in str(caught.value)
    assert records[0].outcome == "refused: example.test leads to 10.20.30.40"


@pytest.mark.parametrize("granted", ["127.0.0.1", "[::1]"])
def test_a_private_address_is_reached_if_it_was_granted_as_one(serve: Serve, broker: MakeBroker, granted: str) -> None:
    """The user named that very address, and it is not looked up."""
    host = granted.strip("[]")
    try:
        server = serve(reply(), host=host)
    except OSError:
        pytest.skip("no IPv6 here")
    one = broker(f"{granted}:{server.port}", resolver=lambda *_: pytest.fail("looked up"))
    assert one.fetch(FetchRequest(method="GET", url=f"http://{granted}:{server.port}/")).status == 200
    assert f"Host: {granted}:{server.port}".encode() in server.requests[0]


def test_an_address_where_nobody_answers_leaves_time_for_the_next(serve: Serve, broker: MakeBroker) -> None:
    """The first address swallows everything; the second is reached within the time."""
    server = serve(reply())
    with BlackHole("127.0.0.2", server.port):
        one = broker(f"localhost:{server.port}", resolver=lambda *_: ["127.0.0.2", "127.0.0.1"])
        url = f"http://localhost:{server.port}/"
        assert one.fetch(FetchRequest(method="GET", url=url, timeout_s=2)).status == 200


def test_a_connection_that_is_not_made_runs_out_of_time(broker: MakeBroker) -> None:
    """A server that doesn't accept is waited for until the deadline."""
    with BlackHole("127.0.0.1", 0) as hole, pytest.raises(LimitExceeded) as caught:
        broker(f"127.0.0.1:{hole.port}").fetch(
            FetchRequest(method="GET", url=f"http://127.0.0.1:{hole.port}/", timeout_s=0.3)
        )
    assert caught.value.setting == "time_s"


def test_lookups_that_hang_hold_up_nobody_else(broker: MakeBroker, connected: list[str]) -> None:
    """Their places are the plugin's own: when all are taken it is told so, and another plugin looks up as ever."""
    release = threading.Event()
    hanging = broker("example.test", resolver=lambda *_: [PUBLIC] * release.wait(30), limits=FetchLimits(at_once=2))
    soon = FetchRequest(method="GET", url="https://example.test/", timeout_s=0.1)
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            hanging.fetch(soon)
    with pytest.raises(PluginError, match="lookups hang"):
        hanging.fetch(soon)
    with pytest.raises(PluginError, match="Connection refused"):
        broker("example.test", resolver=lambda *_: [PUBLIC]).fetch(GET)
    release.set()


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label"), OSError("broken"), None])
def test_a_name_that_is_not_found_is_a_clear_error(broker: MakeBroker, error: Exception | None) -> None:
    """Whatever the resolver raises, and if it finds nothing at all."""

    def resolver(host: str, port: int) -> list[str]:
        if error is not None:
            raise error
        return []

    with pytest.raises(PluginError, match=r"the request failed: example\.test: the name"):
        broker("example.test", resolver=resolver).fetch(GET)


class BlackHole:
    """A port that takes part in no connection: its queue is full, and nobody empties it."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.create_server((host, port), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._filling: list[socket.socket] = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((host, self.port))
            self._filling.append(one)

    def __enter__(self) -> BlackHole:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [*self._filling, self._listener]:
            one.close()
