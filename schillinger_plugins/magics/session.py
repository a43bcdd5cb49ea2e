"""Session: the one manager of a shell, and the one server over it.

Owns their lives: the manager is made when ``%plugin`` or Tab first needs it, the server when it is asked for; both are
closed when the extension is unloaded or Python ends.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..manager import PluginManager
    from ..server import Server


class Session:
    """What ``%plugin`` remembers between two cells."""

    def __init__(self, ipython: InteractiveShell) -> None:
        self.ipython = ipython
        self._manager: PluginManager | None = None
        self._server: Server | None = None
        # Tab completion may run in another thread than cells do.
        self._lock = threading.Lock()
        atexit.register(self.close)

    @property
    def manager(self) -> PluginManager:
        """The manager; discovery happens here, the first time. No worker is started."""
        with self._lock:
            if self._manager is None:
                from ..manager import PluginManager

                self._manager = PluginManager()
            return self._manager

    @property
    def in_notebook(self) -> bool:
        """Whether a kernel with a front-end runs this, not a terminal."""
        return getattr(self.ipython, "kernel", None) is not None

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer: a front-end that takes input or a terminal; not papermill or a pipe."""
        kernel = getattr(self.ipython, "kernel", None)
        if kernel is not None:
            # What the request that is being executed said of its front-end.
            return bool(getattr(kernel, "_allow_stdin", False))
        try:
            return sys.stdin.isatty()
        except (AttributeError, ValueError):  # none at all, or closed
            return False

    def namespace(self, local_ns: Mapping[str, Any] | None) -> dict[str, Any]:
        """The names an expression sees: the user's, overlaid with those of the function that called the magic."""
        user_ns: dict[str, Any] = self.ipython.user_ns
        if local_ns is None or local_ns is user_ns:
            return user_ns
        return {**user_ns, **local_ns}

    def serve(self, port: int, *, allow_upload: bool = False) -> Server:
        """The server over the manager, begun if there is none, which knows its users' tokens; `port` 0 takes a free one.

        Raises
        ------
        InputError
            If there is one that takes no plugins, and one is asked for that does.
        """
        if self._server is None:
            from ..server import Server
            from ..server.tokens import Tokens

            server = Server(self.manager, port=port, tokens=Tokens(), allow_upload=allow_upload)
            server.start()
            self._server = server
        elif allow_upload and not self._server.allows_upload:
            raise InputError(
                "it is served already, without --allow-upload",
                remedy="%plugin serve stop, then %plugin serve --allow-upload",
            )
        return self._server

    def stop_server(self) -> bool:
        """End the server; whether there was one."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        return server is not None

    def close(self) -> None:
        """End the server and every plugin. The next use makes a new manager."""
        atexit.unregister(self.close)
        self.stop_server()
        with self._lock:
            manager, self._manager = self._manager, None
        if manager is not None:
            manager.close()
