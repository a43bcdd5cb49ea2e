"""Connection: from a name to bytes, within a time.

Owns the sockets of one request: the name is looked up once, every address it has is checked, and the connection goes to
an address that was checked, so that a name can't lead elsewhere in between; TLS is checked against the name. Every wait
ends with the deadline, every byte is counted. Knows nothing of HTTP. Called by ``wire``, from httpcore's side.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

import httpcore

from .address import Lookups, Unresolved, demand_reachable, literal

MAX_HEAD_BYTES = 192 * 1024
"""Before an answer's headers are complete: hints without end, for example."""

STOPPED = "the plugin was stopped"
INTERRUPTED = "the call was interrupted"
"""Why a connection failed that was aborted."""

_MAX_TRIED = 4
_PATIENCE_S = 5.0
_PIECE_BYTES = 64 * 1024


class Failed(OSError):
    """The request failed; the message says how, without anything that the request or the answer holds."""


class TooLong(Exception):
    """The time is up."""


class TooMuch(Exception):
    """More comes back than may."""


class Connection(httpcore.NetworkBackend):
    """One connection, for one request.

    Parameters
    ----------
    deadline_s : float
        As `time.monotonic` gives it.

    Attributes
    ----------
    max_received_bytes : int
        Of everything that comes back, whatever it says that it is. At first enough for the head of an answer.
    sent_bytes, received_bytes : int
        HTTP's own lines included, TLS's not.
    aborted : str
        Why it was ended from another thread; empty if it wasn't.
    """

    def __init__(self, *, deadline_s: float, lookups: Lookups) -> None:
        self.max_received_bytes = MAX_HEAD_BYTES
        self.sent_bytes = 0
        self.received_bytes = 0
        self._deadline_s = deadline_s
        self._lookups = lookups
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._lookup: Future[list[str]] | None = None
        self.aborted = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Look up, check, and connect to what was checked. An address where nobody answers leaves time for the others."""
        addresses = self._addresses(host, port)[:_MAX_TRIED]
        failure = ""
        for number, address in enumerate(addresses):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                made = socket.socket(family, socket.SOCK_STREAM)
                self.hold(made)
                is_last = number == len(addresses) - 1
                made.settimeout(self.left_s() if is_last else min(_PATIENCE_S, self.left_s() / 2))
                made.connect((address, port))
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except TimeoutError:
                failure = "nobody answers"
                self.left_s()
            except OSError as error:
                failure = said(error)
            else:
                return _Stream(self, made)
        self.left_s()
        raise Failed(failure)

    def left_s(self) -> float:
        """How long a wait may be.

        Raises
        ------
        TooLong, Failed
        """
        if self.aborted:
            raise Failed(self.aborted)
        left = self._deadline_s - time.monotonic()
        if left <= 0:
            raise TooLong
        return left

    def hold(self, made: socket.socket) -> None:
        """From now on this is the socket; the one before it is closed."""
        with self._lock:
            before, self._socket = self._socket, made
            # Handing a socket over to TLS leaves its number to the new one.
            if before is not None and before.fileno() >= 0:
                before.close()
        self.left_s()

    def count_sent(self, size: int) -> None:
        """Count bytes that were sent."""
        self.sent_bytes += size

    def count_received(self, size: int) -> None:
        """Count bytes that came back.

        Raises
        ------
        TooMuch
        """
        self.received_bytes += size
        if self.received_bytes > self.max_received_bytes:
            raise TooMuch

    def abort(self, reason: str) -> None:
        """End it from another thread: whoever waits for it gets `Failed`. The first reason stands."""
        with self._lock:
            self.aborted = self.aborted or reason
            if self._lookup is not None:
                with contextlib.suppress(Exception):  # it has an answer already
                    self._lookup.set_exception(Failed(self.aborted))
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # Not TLS's own: that one would touch what the other thread reads with.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()

    def _addresses(self, host: str, port: int) -> list[str]:
        if (address := literal(host)) is not None:
            return [address]
        try:
            lookup = self._lookups.begin(host, port)
        except Unresolved as error:
            raise Failed(str(error)) from error
        with self._lock:
            self._lookup = lookup
        try:
            addresses = lookup.result(self.left_s())
        except NotInTime:
            raise TooLong from None
        except Failed:
            raise
        except (OSError, UnicodeError) as error:
            raise Failed("the name is not known") from error
        try:
            demand_reachable(host, addresses)
        except Unresolved as error:
            raise Failed(str(error)) from error
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connection as httpcore wants it. Its time-outs are ignored: there is one deadline over all of it."""

    def __init__(self, connection: Connection, connected: socket.socket) -> None:
        self._connection = connection
        self._socket = connected

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._socket.settimeout(self._connection.left_s())
            data = self._socket.recv(max_bytes)
        except TimeoutError:
            raise TooLong from None
        except (Failed, TooLong):
            raise
        except OSError as error:
            raise Failed(said(error)) from error
        if not data:
            self._connection.left_s()  # an end that we made ourselves is none of the answer's
        self._connection.count_received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                # Anew for every piece: a server that takes a byte now and then doesn't move the deadline.
                self._socket.settimeout(self._connection.left_s())
                size = self._socket.send(left[:_PIECE_BYTES])
                self._connection.count_sent(size)
                left = left[size:]
        except TimeoutError:
            raise TooLong from None
        except (Failed, TooLong):
            raise
        except OSError as error:
            # Not the end yet: a server may answer before it has read everything.
            raise httpcore.WriteError(said(error)) from error

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._connection.hold(secured)
            secured.settimeout(self._connection.left_s())
            secured.do_handshake()
        except TimeoutError:
            raise TooLong from None
        except (Failed, TooLong):
            raise
        except (OSError, ValueError) as error:
            self._connection.left_s()
            raise Failed(f"no trust: {said(error)}") from error
        return _Stream(self._connection, secured)

    def get_extra_info(self, info: str) -> object:
        return self._socket if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket) else None


def said(error: Exception) -> str:
    """What went wrong, in the system's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).replace("_", " ").lower()
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return type(error).__name__
