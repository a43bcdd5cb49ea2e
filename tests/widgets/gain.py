"""A gain node and what stands for its instance, whose calls wait and fail as a test wants it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.result import Result

DEFINITION = NodeDefinition.parse(
    {
        "type": "gain_node",
        "label": "Gain",
        "inputs": [{"name": "audio", "type": "audio"}, {"name": "side", "type": "array", "required": False}],
        "outputs": [{"name": "peak", "label": "Peak", "type": "number", "unit": "dB"}],
        "parameters": [
            {"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24, "unit": "dB"},
            {"name": "mode", "type": "choice", "default": "warm", "options": ["warm", "cold"]},
        ],
        "presets": {"Cool": {"gain_db": -12, "mode": "cold"}, "Loud": {"gain_db": 6}},
    },
    plugin_id="gain_node",
)


class Plugin:
    """Stands for an instance: records its calls, waits when it is told to, and gives a result or raises."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.calls: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        self.entered = threading.Event()
        self.waits = False
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.cancelled = False

    async def run(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any], *, on_progress: Any = None) -> Result:
        self.calls.append((inputs, parameters))
        on_progress(0.5, "half-way")
        self.entered.set()
        try:
            if self.waits:
                await asyncio.Event().wait()
            await asyncio.to_thread(self.gate.wait, 10)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.error is not None:
            raise self.error
        return self.result
