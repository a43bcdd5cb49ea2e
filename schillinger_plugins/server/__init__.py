"""Server: plugins over HTTP, for everything that is no notebook.

Owns the doors of this room and loads FastAPI only when one is opened. Thin over the manager: what a client may ask is
checked here, what a plugin may do is decided there. Called by ``schillinger serve`` and ``%plugin serve``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .access import Access, Scope
    from .app import create_app
    from .serving import Server

__all__ = ["Access", "Scope", "Server", "create_app"]

_HOMES = {"Access": "access", "Scope": "access", "Server": "serving", "create_app": "app"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
