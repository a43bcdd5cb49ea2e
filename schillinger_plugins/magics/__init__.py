"""Magics: ``%plugin`` in a notebook or an IPython terminal.

Owns the coming and going of the extension: the line magic, its Tab completion, and the display of results, all
registered here and all taken back by `unload`. Nothing heavy is imported before the first ``%plugin``. Called by
IPython through `schillinger_plugins.load_ipython_extension`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .completion import PluginMatcher
from .session import Session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..manager import PluginManager

__all__ = ["load", "manager", "unload"]

_KEY = "schillinger_plugins"


def load(ipython: InteractiveShell) -> None:
    """Register everything with a shell; a second time does nothing."""
    if _extension(ipython) is not None:
        return
    from ..widgets.display import install

    session = Session(ipython)
    matcher = PluginMatcher(session)
    register: Any = ipython.register_magic_function  # a method that a decorator hides from type checkers
    register(_line_magic(session), magic_kind="line", magic_name="plugin")
    register(_cell_magic(session), magic_kind="cell", magic_name="plugin")
    if ipython.Completer is not None:
        ipython.Completer.custom_matchers.append(matcher)
    install(ipython)
    ipython.meta[_KEY] = (session, matcher)


def unload(ipython: InteractiveShell) -> None:
    """Take everything back and end the plugins that run."""
    extension = _extension(ipython)
    if extension is None:
        return
    from ..widgets.display import uninstall
    from .watching import end

    session, matcher = extension
    del ipython.meta[_KEY]
    uninstall(ipython)
    if ipython.Completer is not None and matcher in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.remove(matcher)
    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop("plugin", None)
    session.close()
    end(session)


def manager(ipython: InteractiveShell | None = None) -> PluginManager:
    """The manager behind ``%plugin``, for Python code in the same notebook.

    Raises
    ------
    RuntimeError
        If the extension is not loaded.
    """
    if ipython is None:
        from IPython import get_ipython

        ipython = get_ipython()
    extension = _extension(ipython) if ipython is not None else None
    if extension is None:
        raise RuntimeError("%load_ext schillinger_plugins has not been run here")
    return extension[0].manager


def _extension(ipython: InteractiveShell) -> tuple[Session, PluginMatcher] | None:
    found: tuple[Session, PluginMatcher] | None = ipython.meta.get(_KEY)
    return found


def _line_magic(session: Session) -> Any:
    from IPython.core import magic

    # IPython would replace {…} and $… in the line; in name=expression they are the user's Python.
    def plugin(line: str, local_ns: dict[str, Any] | None = None) -> Any:
        """Find, run and look after plugins. ``%plugin`` alone shows the subcommands."""
        from .plugin_magic import run_line

        return run_line(session, line, local_ns)

    return magic.no_var_expand(magic.needs_local_scope(plugin))


def _cell_magic(session: Session) -> Any:
    from IPython.core import magic

    def plugin(line: str, cell: str, local_ns: dict[str, Any] | None = None) -> Any:
        """Write a plugin: the cell is its code, the line says what it is called."""
        from .cell import run_cell

        return run_cell(session, line, cell, local_ns)

    return magic.no_var_expand(magic.needs_local_scope(plugin))
