"""Servers on loopback, honest and hostile, and a broker that may reach them."""

from __future__ import annotations

import contextlib
import functools
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schillinger_plugins.broker import Broker, FetchRecord, FetchReply, FetchRequest
from schillinger_plugins.broker.allowance import Allowance

Answer = Callable[[socket.socket, bytes], None]
Serve = Callable[..., "Server"]


class Server:
    """Answers every connection with a function of the test; keeps what it was sent."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._context = context
        self._answering: list[threading.Thread] = []
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
            self._answering.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            start, _, body = head.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in start.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            while len(body) < length:
                body += connection.recv(65536)
            self.requests.append(start + b"\r\n\r\n" + body)
            self._answer(connection, start)

    def settle(self) -> None:
        """Wait until every answer has been given, and its connection closed."""
        for thread in self._answering:
            thread.join(20)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def reply(body: bytes = b"fine", *, status: str = "200 OK", headers: str = "") -> Answer:
    """An honest answer."""

    def answer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    return answer


def get(broker: Broker, server: Server, path: str = "/", **options: object) -> FetchReply:
    """Fetch from a server with `broker`."""
    return broker.fetch(FetchRequest(method="GET", url=f"http://127.0.0.1:{server.port}{path}", **options))  # type: ignore[arg-type]  # by name


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server for an answer."""
    with contextlib.ExitStack() as stack:

        def start(answer: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Server:
            server = Server(answer, context, host)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def records() -> list[FetchRecord]:
    """What the broker recorded."""
    return []


@pytest.fixture
def broker(records: list[FetchRecord]) -> Callable[..., Broker]:
    """A broker for the hosts named."""

    def make(*hosts: str, **options: object) -> Broker:
        options.setdefault("allowance", Allowance())  # of its own: tests follow each other faster than plugins ask
        return Broker(plugin_id="probe", hosts=hosts, record=records.append, **options)  # type: ignore[arg-type]  # by name

    return make


@dataclass(frozen=True)
class Certificate:
    """A key and a certificate, signed by itself, and who trusts it."""

    path: Path

    @property
    def server(self) -> ssl.SSLContext:
        """For a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path.with_suffix(".crt"), self.path)
        return context

    @property
    def trusting(self) -> ssl.SSLContext:
        """For a client that trusts it."""
        return ssl.create_default_context(cafile=str(self.path.with_suffix(".crt")))


@pytest.fixture(scope="session")
def certify(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Certificate]:
    """Make a certificate for names or addresses, as OpenSSL writes them: DNS:localhost."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")

    @functools.cache
    def make(names: str, *, expired: bool = False) -> Certificate:
        path = tmp_path_factory.mktemp("tls") / "one.key"
        certificate = path.with_suffix(".crt")
        command = [
            *"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test".split(),
            *("-addext", f"subjectAltName={names}", "-keyout", str(path), "-out", str(certificate)),
        ]
        subprocess.run(command, check=True, capture_output=True)
        if expired:  # signed again, from now until now
            again = ["-in", str(certificate), "-signkey", str(path), "-days", "0", "-out", str(certificate)]
            subprocess.run(["openssl", "x509", *again], check=True, capture_output=True)
        return Certificate(path)

    return make
