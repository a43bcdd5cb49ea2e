"""Binding: whom a drawn node or panel calls.

Owns that it is never an instance that has gone: when a plugin was unloaded, what was granted to it was taken back, or its
instance was destroyed, the next call is one to a new instance of what is loaded then, and loads the plugin if need be, as
``%plugin run`` does. Refuses what a load refuses, in its words, and a manager that is closed. Called by ``nodes``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PluginError, UnknownPlugin
from ..sandbox.steps import OnProgress

if TYPE_CHECKING:
    from ..instance import Instance
    from ..manager import PluginManager
    from ..result import Result


class Binding:
    """To a manager's default instance of a plugin.

    Attributes
    ----------
    instance : Instance
        The one that was called last; it may have been destroyed since.

    Raises
    ------
    PluginError
        If the plugin can't be loaded.
    """

    def __init__(self, manager: PluginManager, plugin_id: str) -> None:
        self._manager = manager
        self._plugin_id = plugin_id
        self.instance: Instance = manager.default_instance(plugin_id)

    def renew(self) -> bool:
        """Have an instance that can be called; whether it is another one than before.

        Raises
        ------
        PluginError
            If there is none and none can be made.
        """
        if self._manager.is_closed:
            raise PluginError("the manager that loaded it is closed", remedy="run the cell again")
        # Not asked of the manager, whose lock a load of another plugin holds for long.
        if self.instance.state != "destroyed":
            return False
        self.instance = self._manager.default_instance(self._plugin_id)
        return True

    async def aexecute(
        self, inputs: Mapping[str, Any], parameters: Mapping[str, Any], *, on_progress: OnProgress | None = None
    ) -> Result:
        """As `Instance.aexecute`."""
        with self._told():
            return await self.instance.aexecute(inputs, parameters, on_progress=on_progress)

    def on_event(self, event: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """What a panel's plugin answers; see `Instance.perform`."""
        with self._told():
            return self.instance.perform("on_event", event, values)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """To whom it is told that the instance ended under the call, there is no other one to create: the next call does."""
        instance = self.instance
        try:
            yield
        except UnknownPlugin as error:
            if instance.state != "destroyed":
                raise
            raise UnknownPlugin(
                f"its instance {instance.id} was destroyed meanwhile", remedy="try again: a new one is made"
            ) from error
