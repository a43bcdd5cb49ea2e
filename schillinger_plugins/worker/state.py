"""The state of a plugin instance, as data.

Owns what counts as state: what `get_state` returns, or else those attributes that are plain data. A small one is told to the
host with every answer that changed it, so that it survives the death of the worker; a large one is given when it is asked
for. Called by `serve`.
"""

from __future__ import annotations

import logging
from typing import Any

from ..protocol import values
from ..types import Plugin, PluginContext

SMALL_BYTES = 16 * 1024


class State:
    """The state of one instance."""

    def __init__(self, plugin: Plugin, log: logging.Logger) -> None:
        self._plugin = plugin
        self._log = log
        self._small = True
        self._told = b""
        self._strangers: frozenset[str] = frozenset()

    def changed(self) -> bytes:
        """The state packed, if it is small and another than was told last; nothing otherwise."""
        if not self._small or (len(vars(self._plugin)) <= 1 and not hasattr(self._plugin, "get_state")):
            return b""
        try:
            packed = self.pack()
        except (Exception, SystemExit) as error:
            self._log.warning("its state can't be kept: %s: %s", type(error).__name__, error)
            self._small = False
            return b""
        if packed is None:
            return b""
        if packed.arrays or len(packed.structure) > SMALL_BYTES:
            self._small = False
            return b""
        if packed.structure == self._told:
            return b""
        self._told = packed.structure
        return packed.structure

    def pack(self) -> values.Packed | None:
        """The whole state, None if there is none. Raises what `get_state` raises, and `CannotCross` for what is no data."""
        if hasattr(self._plugin, "get_state"):
            return values.pack(self._plugin.get_state(), "state")
        return self._attributes()

    def restore(self, state: Any, *, same_code: bool) -> dict[str, str]:
        """Take a state; what does not fit, with the reason.

        Attributes are set as they were if the code is the same. Under new code those that it doesn't know any more, or that
        have become of another type, are left.
        """
        if hasattr(self._plugin, "set_state"):
            self._plugin.set_state(state)
            return {}
        left: dict[str, str] = {}
        for name, value in state.items() if isinstance(state, dict) else ():
            reason = "" if same_code else _misfit(self._plugin, name, value)
            if reason:
                left[name] = reason
            else:
                setattr(self._plugin, name, value)
        return left

    def _attributes(self) -> values.Packed | None:
        found = {
            name: value
            for name, value in vars(self._plugin).items()
            if name not in self._strangers and not isinstance(value, PluginContext)
        }
        if not found:
            return None
        try:
            return values.pack(found, "state")
        except values.CannotCross:
            # Some attribute is no plain data. Found out one by one, and remembered: the next time costs nothing.
            strangers = {name for name, value in found.items() if not _crosses(value)}
            if not strangers:
                raise
            self._strangers |= strangers
            return self._attributes()


def _crosses(value: Any) -> bool:
    try:
        values.pack(value, "")
    except values.CannotCross:
        return False
    return True


def _misfit(plugin: Plugin, name: str, value: Any) -> str:
    if not hasattr(plugin, name):
        return "the code has no attribute of that name any more"
    now = getattr(plugin, name)
    if now is None or value is None or isinstance(value, type(now)):
        return ""
    if isinstance(now, (int, float)) and isinstance(value, (int, float)):
        return ""
    if isinstance(now, (list, tuple)) and isinstance(value, list):
        return ""
    return f"it was a {type(value).__name__} and is a {type(now).__name__} now"
