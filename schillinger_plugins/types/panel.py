"""UI plugins: a panel that the host draws, and what happens when somebody touches it.

Owns the contract of the answers to events. No code of the plugin runs in the browser. Called by the worker only; an
author's tests may call it directly.
"""

from __future__ import annotations

from typing import Any

from .plugin import Plugin


class UIPlugin(Plugin):
    """Declares a panel as data; the host renders it.

    The definition's parameters are the panel's controls, its ``panel`` arranges them and adds buttons and places for
    outputs. Whoever moves a control or presses a button has `on_event` called.
    """

    plugin_type = "UI"

    async def on_event(self, event: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """Answer to what somebody did.

        Parameters
        ----------
        event : dict
            ``kind``: ``open``, ``change`` or ``press``; ``name`` of the control or button; ``value`` of a control.
            ``time_s`` says when it was, by the clock of the page (or of Python): only differences mean something.
        values : dict
            All parameters as they are now.

        Returns
        -------
        dict
            What changes, each key optional: ``values`` for parameters, ``outputs`` for outputs, ``message`` for the user.

        Raises
        ------
        Exception
            Whatever is raised is shown at the panel, which stays as it was.
        """
        return {}

    async def execute(self, inputs: Any, parameters: Any) -> Any:
        """The outputs for these parameters, without a panel: what `on_event` answers when it is opened with them."""
        answer = await self.on_event({"kind": "open", "name": "", "value": None}, parameters)
        return answer.get("outputs", {})
