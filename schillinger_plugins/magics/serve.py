"""``%plugin serve``: this kernel's plugins and instances over HTTP.

Owns the way from a line to the session's one server. Called by ``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .session import Session
from .table import Text

if TYPE_CHECKING:
    from ..server import Server

_PORT, _ALLOW_UPLOAD = "--port", "--allow-upload"


def serve(session: Session, line: str, _: Mapping[str, Any] | None) -> Server | Text:
    """Begin to serve, or say where it is served already; ``stop`` ends it.

    Raises
    ------
    InputError
        For other words, for a port that is taken, and where the server isn't installed.
    """
    words = line.split()
    if words == ["stop"]:
        return Text("nothing is served" if not session.stop_server() else "it is served no more")
    port, allow_upload = 0, _ALLOW_UPLOAD in words
    words = [word for word in words if word != _ALLOW_UPLOAD]
    if words[:1] == [_PORT] and len(words) == 2 and words[1].isdecimal() and int(words[1]) < 65536:
        port = int(words[1])
    elif words:
        raise InputError(
            f"%plugin serve takes {_PORT} N, {_ALLOW_UPLOAD} or stop, not {line.strip()[:80]!r}",
            remedy="write %plugin serve",
        )
    try:
        return session.serve(port, allow_upload=allow_upload)
    except ImportError as error:
        raise InputError(
            f"the server needs {error.name}", remedy="%pip install 'schillinger_plugins[server]'"
        ) from error
