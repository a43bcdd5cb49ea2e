"""TLS by flag: what is sent can be read by nobody on the way, and a pair that won't do is refused at once."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.server import Server

from .conftest import NO_MANAGER

Pair = tuple[Path, Path]


@pytest.fixture(scope="module")
def certify(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pair]:
    """A certificate for this machine, signed by itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")

    def certify(*more: str) -> Pair:
        folder = tmp_path_factory.mktemp("tls")
        certificate, key = folder / "server.crt", folder / "server.key"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*command.split(), *(more or ["-nodes"]), *names], check=True, capture_output=True, timeout=60)
        return certificate, key

    return certify


@pytest.fixture(scope="module")
def pair(certify: Callable[..., Pair]) -> Pair:
    return certify()


@pytest.fixture
def secured(pair: Pair, manager: PluginManager) -> Iterator[Server]:
    server = Server(manager, port=0, certificate=str(pair[0]), key=str(pair[1]))
    server.start()
    yield server
    server.stop()


def test_what_is_served_with_a_certificate_is_encrypted(secured: Server, pair: Pair) -> None:
    """Who trusts it is answered, by TLS 1.2 or newer; who doesn't refuses it; who speaks plainly hears nothing of it."""
    assert secured.url.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context(cafile=str(pair[0]))
    headers = {"Authorization": f"Bearer {secured.token}"}
    with httpx.Client(base_url=secured.url, headers=headers, verify=trusting, trust_env=False) as client:
        made = client.post("/api/plugins/resultant_rhythm/instances").json()
        done = client.post(f"/api/plugins/instances/{made['id']}/execute", json={"parameters": {"a": 3, "b": 2}})
        assert done.json()["outputs"]["durations"] == [2, 1, 1, 2]
        assert client.get("/api/plugins", headers={"Origin": secured.url}).status_code == 200
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(secured.url, trust_env=False)
    host, port = secured.url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port))) as plain:
        plain.settimeout(20)
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"ok" not in plain.recv(1000)
    with socket.create_connection((host, int(port))) as raw, trusting.wrap_socket(raw, server_hostname=host) as spoken:
        assert spoken.version() in ("TLSv1.2", "TLSv1.3")


def test_a_pair_that_will_not_do_is_refused_with_its_reason(certify: Callable[..., Pair], pair: Pair) -> None:
    """The key of another certificate, no key at all, one that wants a passphrase, a file that is neither."""
    certificate, key = map(str, pair)
    other = certify()[1]
    locked = certify("-passout", "pass:secret")
    nothing = other.with_name("notes.txt")
    nothing.write_text("no PEM")
    for certfile, keyfile, says in (
        (certificate, str(other), "KEY_VALUES_MISMATCH"),
        (certificate, None, "the key in it"),
        (str(locked[0]), str(locked[1]), "don't do for TLS"),
        (certificate, str(nothing), "don't do for TLS"),
        (certificate, str(nothing.with_name("gone")), "No such file"),
        (None, key, "without its certificate"),
    ):
        with pytest.raises(InputError, match=says) as refused:
            Server(NO_MANAGER, port=0, certificate=certfile, key=keyfile)
        assert "--certfile" in str(refused.value.remedy)
