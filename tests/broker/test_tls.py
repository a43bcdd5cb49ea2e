"""TLS: checked against the name that was granted, though the connection goes to an address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schillinger_plugins.broker import Broker, FetchRequest
from schillinger_plugins.errors import LimitExceeded, PluginError

from .conftest import Certificate, Serve, reply

MakeBroker = Callable[..., Broker]
Certify = Callable[..., Certificate]


def fetch(broker: Broker, host: str, port: int, **options: float) -> bytes:
    return broker.fetch(FetchRequest(method="GET", url=f"https://{host}:{port}/", **options)).body  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(("host", "names"), [("localhost", "DNS:localhost"), ("127.0.0.1", "IP:127.0.0.1")])
def test_a_certificate_for_the_host_is_trusted(
    serve: Serve, broker: MakeBroker, certify: Certify, host: str, names: str
) -> None:
    """A name is found in the certificate, and so is an address that was granted as one."""
    certificate = certify(names)
    server = serve(reply(b"over TLS"), certificate.server)
    one = broker(f"{host}:{server.port}", resolver=lambda *_: ["127.0.0.1"], ssl_context=certificate.trusting)
    assert fetch(one, host, server.port) == b"over TLS"
    assert server.requests[0].startswith(b"GET / HTTP/1.1\r\nHost: " + host.encode())


@pytest.mark.parametrize(
    "names", ["DNS:example.test", "DNS:localhost.example.test", "IP:127.0.0.1", "DNS:*", "DNS:127.0.0.1"]
)
def test_a_certificate_for_another_host_is_not(serve: Serve, broker: MakeBroker, certify: Certify, names: str) -> None:
    """Trusted as it may be, it is for somebody else; the address that is connected to doesn't count as a name."""
    certificate = certify(names)
    server = serve(reply(), certificate.server)
    one = broker(f"localhost:{server.port}", resolver=lambda *_: ["127.0.0.1"], ssl_context=certificate.trusting)
    with pytest.raises(PluginError, match=r"no trust: .*localhost"):
        fetch(one, "localhost", server.port)
    assert not server.requests


def test_a_certificate_that_nobody_signed_is_not(serve: Serve, broker: MakeBroker, certify: Certify) -> None:
    """Without anything said of trust, the system's certificates count, and this isn't one of theirs."""
    server = serve(reply(), certify("DNS:localhost").server)
    with pytest.raises(PluginError, match="no trust: self-signed"):
        fetch(broker(f"localhost:{server.port}", resolver=lambda *_: ["127.0.0.1"]), "localhost", server.port)
    assert not server.requests


def test_a_certificate_that_has_run_out_is_not(serve: Serve, broker: MakeBroker, certify: Certify) -> None:
    """Its name is right and its time is over."""
    certificate = certify("DNS:localhost", expired=True)
    server = serve(reply(), certificate.server)
    one = broker(f"localhost:{server.port}", resolver=lambda *_: ["127.0.0.1"], ssl_context=certificate.trusting)
    with pytest.raises(PluginError, match="no trust: certificate has expired"):
        fetch(one, "localhost", server.port)


def test_a_server_without_tls_is_not_talked_to(serve: Serve, broker: MakeBroker) -> None:
    """Where https was asked for, nothing is sent in the clear."""
    server = serve(reply())
    one = broker(f"localhost:{server.port}", resolver=lambda *_: ["127.0.0.1"])
    # It waits for the end of a request's head, which never comes.
    with pytest.raises((PluginError, LimitExceeded)):
        fetch(one, "localhost", server.port, timeout_s=0.5)
    assert not server.requests


def test_a_redirect_out_of_tls_is_not_followed(serve: Serve, broker: MakeBroker, certify: Certify) -> None:
    """Even where the port is granted: what was asked over TLS isn't repeated in the clear."""
    certificate = certify("DNS:localhost")
    plain = serve(reply())
    location = f"Location: http://localhost:{plain.port}/\r\n"
    server = serve(reply(status="307 Temporary Redirect", headers=location), certificate.server)
    one = broker(
        f"localhost:{server.port}",
        f"localhost:{plain.port}",
        resolver=lambda *_: ["127.0.0.1"],
        ssl_context=certificate.trusting,
    )
    with pytest.raises(PluginError, match="from https to http"):
        fetch(one, "localhost", server.port)
    assert not plain.requests
