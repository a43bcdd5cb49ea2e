"""A research environment for music and audio plugins: typed, confined, and at home in Jupyter."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .flow import Flow
    from .manager import Instance, PluginManager
    from .result import Result
    from .types import Audio
    from .widgets import compare, explore

__all__ = ["Audio", "Flow", "Instance", "PluginManager", "Result", "__version__", "compare", "explore"]

_HOMES = {
    "Audio": "types",
    "Flow": "flow",
    "Instance": "manager",
    "PluginManager": "manager",
    "Result": "result",
    "compare": "widgets",
    "explore": "widgets",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Called by ``%load_ext schillinger_plugins``."""
    from .magics import load

    load(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Called by ``%unload_ext schillinger_plugins``."""
    from .magics import unload

    unload(ipython)
