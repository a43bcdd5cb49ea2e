"""What a manager offers of permissions: to grant, and to take back.

Owns the docstrings that a person reads, and that what is taken back ends what has it; the rest is done by `Permissions`.
`PluginManager` derives from it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError, PluginError
from ..journal import Grant
from ..registry import PluginRecord
from .decision import Permissions
from .terms import Given


class Granting:
    """The part of a manager that gives plugins what they ask for."""

    permissions: Permissions
    _lock: contextlib.AbstractContextManager[object]

    def look(self, plugin: str | Path) -> PluginRecord:
        """As `PluginManager.look`."""
        raise NotImplementedError

    def grant(
        self,
        plugin: str | Path,
        permission: str,
        *,
        read: Iterable[str | Path] | None = None,
        write: Iterable[str | Path] | None = None,
        hosts: Iterable[str] | None = None,
    ) -> Grant:
        """Let a plugin, as it lies in its folder now, do what it asks for; from when it is loaded next.

        Parameters
        ----------
        plugin : str or Path
            An id, or the path of a plugin's folder.
        permission : str
            ``file_access`` or ``network``.
        read, write : iterable of str or Path, optional
            Folders. If any of the three is given, what is given is granted and nothing else; if none is, what the manifest
            asks for.
        hosts : iterable of str, optional
            ``example.org`` or ``example.org:8443``.

        Raises
        ------
        InputError
            If it doesn't ask for that, or a folder can't be granted to any plugin.
        PluginError
            If there is no such plugin, or the journal can't be written.
        """
        record = self.look(plugin)
        given = Given(read=read, write=write, hosts=hosts)
        return self.permissions.grant(record, self.permissions.terms(record, permission, given))

    def revoke(self, plugin_id: str, permission: str | None = None) -> list[Grant]:
        """Take back what was granted to a plugin, whatever its version. If it is loaded it is unloaded, its calls ended.

        Workers of other processes go on with what they have until they load it anew.

        Returns
        -------
        list of Grant
            Those that were taken back.

        Raises
        ------
        UnknownPlugin
            If there is neither such a plugin nor a grant to one.
        """
        with self._lock:
            try:
                ended = self.permissions.revoke(plugin_id, permission)
            except InputError:
                raise
            except PluginError:
                self._end(plugin_id)  # it can't be remembered, but it is obeyed
                raise
            if ended:
                self._end(plugin_id)
            return ended

    def _end(self, plugin_id: str) -> None:
        raise NotImplementedError
