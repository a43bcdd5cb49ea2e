"""Serving: the application on a socket, until it is told to stop.

Owns the address, the token that is shown once, and the thread in which a notebook's server runs. Refuses to leave this
machine without being told under which names: a server that other machines reach is for whoever asked for that. Called
by ``schillinger serve`` and ``%plugin serve``.
"""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import InputError
from .access import LOOPBACK, MAX_BODY_BYTES, Access, Scope

if TYPE_CHECKING:
    from ..manager import PluginManager
    from .tokens import Tokens

DEFAULT_PORT = 8707
_STARTING_S = 30.0


class Server:
    """A server that shares a manager with whoever has made it.

    Parameters
    ----------
    manager : PluginManager
        Stays the caller's to close.
    host : str
        An address of this machine. Another than loopback needs `names`.
    port : int
        0 takes a free one.
    names : iterable of str
        Under which other machines reach it, without port.
    max_body_bytes : int
    certificate, key : str, optional
        Files for TLS, without which nothing but loopback is listened on.
    allow_plain : bool
        Whether it is, since something before it speaks TLS.
    tokens : Tokens, optional
        Those of users, who come and go while it runs.
    token : str, optional
        The owner's, if it was made elsewhere.
    root_path : str
        Under which a proxy shows it.
    behind_proxy : bool
        Whether it answers to any name, since only a proxy on this machine reaches it; a page's origin has to be that name
        even so, and a token is needed.
    allow_upload : bool
        Whether who manages may send plugins, from this machine alone: refused together with whatever lets others in.

    Attributes
    ----------
    token : str
        Shown to whoever starts it; the server itself keeps its digest.
    allows_upload : bool
        Whether it takes plugins.

    Examples
    --------
    >>> server = Server(manager, port=0)  # doctest: +SKIP
    >>> server.start()  # doctest: +SKIP
    >>> server.url  # doctest: +SKIP
    'http://127.0.0.1:40123'
    >>> server.stop()  # doctest: +SKIP
    """

    def __init__(
        self,
        manager: PluginManager,
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        names: Iterable[str] = (),
        max_body_bytes: int = MAX_BODY_BYTES,
        certificate: str | None = None,
        key: str | None = None,
        allow_plain: bool = False,
        tokens: Tokens | None = None,
        token: str | None = None,
        root_path: str = "",
        behind_proxy: bool = False,
        allow_upload: bool = False,
    ) -> None:
        import uvicorn

        from ..loader import user_folder
        from ..package import sweep
        from .app import create_app, end
        from .patience import Patient
        from .uploads import demand_alone

        names = tuple(names)
        if host not in ("127.0.0.1", "localhost", "::1") and not names:
            raise InputError(
                f"{host} can be reached from other machines",
                remedy="say under which name they call it: --name music.example.org",
            )
        if host not in ("127.0.0.1", "localhost", "::1") and certificate is None and not allow_plain:
            raise InputError(
                f"tokens and sounds would be sent to {host} for everybody on the way to read",
                remedy="give --certfile and --keyfile, or --allow-plain if something before it speaks TLS",
            )
        if behind_proxy and host not in ("127.0.0.1", "localhost", "::1"):
            raise InputError(
                f"a proxy on this machine doesn't need {host}", remedy="leave --host or --behind-proxy away"
            )
        _demand_pair(certificate, key)
        if tokens is not None:
            tokens.all()  # a file that can't be trusted is told now, not at the first request
        self._socket = _listen(host, port)
        if allow_upload:
            ways = {
                "--name": names,
                "--allow-plain": allow_plain,
                "--behind-proxy": behind_proxy,
                "--root-path": root_path,
            }
            try:
                demand_alone(self._socket.getsockname()[0], passes_through=next(filter(ways.get, ways), None))
                sweep(user_folder())  # what a server has left that was killed
            except BaseException:
                self._socket.close()
                raise
        self.access = Access((*LOOPBACK, *names), max_body_bytes=max_body_bytes, any_host=behind_proxy)
        if tokens is not None:
            self.access.follow(tokens.news)
        if token is not None:
            self.access.accept(token, Scope.MANAGE)
        self.token = token or self.access.issue(Scope.MANAGE)
        scheme = "https" if certificate else "http"
        shown = names[0] if names else f"[{host}]" if ":" in host else host
        self.url = f"{scheme}://{shown}:{self._socket.getsockname()[1]}"
        self._thread: threading.Thread | None = None
        self.allows_upload = allow_upload
        self.app = app = create_app(manager, self.access, allow_upload=allow_upload)

        class Ending(uvicorn.Server):
            """Tells who listens and who waits before it closes the connections."""

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                await end(app)
                await super().shutdown(sockets)

        self._server = Ending(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=3,
                timeout_keep_alive=20,
                h11_max_incomplete_event_size=64 * 1024,
                root_path=root_path,
                ws="websockets-sansio",
                ws_max_size=64 * 1024,
                ws_per_message_deflate=False,
                ws_ping_interval=15.0,
                ws_ping_timeout=15.0,
                http=Patient,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )

    def run(self) -> None:
        """Serve in this thread, until an interrupt; running calls end within ten seconds."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def start(self) -> None:
        """Serve in a thread of its own; returns when requests are answered.

        Raises
        ------
        RuntimeError
            If it doesn't begin to serve.
        """
        self._thread = threading.Thread(target=self.run, name="schillinger-server", daemon=True)
        self._thread.start()
        waited = threading.Event()
        left_s = _STARTING_S
        while not self._server.started and self._thread.is_alive() and left_s > 0:
            waited.wait(0.01)
            left_s -= 0.01
        if not self._server.started:
            raise RuntimeError("the server did not begin to serve")

    def stop(self) -> None:
        """End it, as an interrupt does `run`; returns when it has ended."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Give up the address without ever having served."""
        self._socket.close()

    def __repr__(self) -> str:
        # Without the token: what a notebook shows is saved with it, and sent to others.
        where = f"serving at {self.url}/api/plugins and, as a page, at {self.url}/"
        return f"{where}; requests need the header Authorization: Bearer TOKEN, with .token"


def _demand_pair(certificate: str | None, key: str | None) -> None:
    """Refuse a certificate and a key that TLS can't be spoken with, while somebody is there to be told."""
    if certificate is None:
        if key is not None:
            raise InputError(f"{key} is a key without its certificate", remedy="give --certfile, too")
        return
    # A key that asks for a passphrase would wait for somebody at a terminal.
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:  # what ssl raises is one of both
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{certificate} and {key or 'the key in it'} don't do for TLS: {reason}",
            remedy="give the certificate and its own key, both PEM, the key without a passphrase: --certfile, --keyfile",
        ) from error


def _listen(host: str, port: int) -> socket.socket:
    from .patience import miss_who_vanishes

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio has small packets sent at once only where a socket names its protocol; an answer would take 40 ms longer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        miss_who_vanishes(listening)
        listening.bind((host, port))
        listening.listen(1024)
    except (OSError, OverflowError) as error:
        listening.close()
        is_taken = isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES)
        raise InputError(
            f"{host}:{port} can't be listened on: {error}",
            remedy="choose another port: --port 0 takes a free one" if is_taken else "give an address of this machine",
        ) from error
    return listening
