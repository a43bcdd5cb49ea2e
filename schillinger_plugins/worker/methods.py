"""The methods of a plugin that the host may call, by the name that a frame has.

Owns what is given to each and what becomes of its result. Called by `serve`, which calls a plain
``execute`` by itself since that is the way of most calls.
"""

from __future__ import annotations

import gc
from typing import Any

from ..types import EffectPlugin, Plugin, UIPlugin


async def call(plugin: Plugin, method: str, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The outputs of one method.

    Raises
    ------
    TypeError
        If plugins of this type don't have it.
    """
    if method == "execute":
        return await plugin.execute(inputs, parameters)  # type: ignore[no-any-return]  # it is checked by whoever called
    if method == "collect":
        return {"objects": gc.collect()}
    if isinstance(plugin, EffectPlugin):
        if method == "process":
            return {"audio": plugin.process(inputs["audio"], parameters)}
        if method == "reset":
            plugin.reset()
            return {"streams": plugin.streams()}
        if method == "delay":
            return {"latency_frames": int(plugin.latency_frames), "tail_s": float(plugin.tail_s)}
    if isinstance(plugin, UIPlugin) and method == "on_event":
        return await plugin.on_event(inputs, parameters)
    raise TypeError(f"a {plugin.plugin_type} plugin has no {method}()")
