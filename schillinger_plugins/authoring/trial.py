"""A plugin, tried: loaded in a confined worker and run on its example.

Owns what a plugin is tried on: the example of its definition, and a made sound for every audio input that is required. What
else it requires can't be made up; it is then loaded only. Called by ``schillinger validate --run`` and its magic.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..definition import NodeDefinition
from ..manager import PluginManager
from ..types import Audio

SAMPLE_RATE = 44_100


def trial(manager: PluginManager, folder: Path, *, on_progress: Callable[[float, str], None] | None = None) -> str:
    """Load the plugin in a folder and run its example.

    Parameters
    ----------
    manager : PluginManager
        One of its own, so that what is loaded elsewhere goes on as it is.

    Returns
    -------
    str
        What was done, in words.

    Raises
    ------
    PluginError
        What loading or running it raises.
    """
    record = manager.load(folder, on_progress=on_progress)
    assert record.definition is not None
    told = "its code was imported, and describes its node as it should"
    inputs = example_inputs(record.definition)
    lacking = [port.name for port in record.definition.inputs if port.required and port.name not in inputs]
    if lacking:
        return f"{told}; it was not run: its example has no {lacking[0]}"
    parameters = record.definition.example.parameters if record.definition.example is not None else {}
    instance = manager.create_instance(record.id)
    try:
        instance.execute(inputs, dict(parameters), on_progress=on_progress)
    finally:
        manager.destroy_instance(instance.id)
    return f"{told}; its example runs"


def example_inputs(definition: NodeDefinition) -> dict[str, Any]:
    """The inputs of the definition's example, and a sound for every audio input that is required."""
    given = dict(definition.example.inputs) if definition.example is not None else {}
    for port in definition.inputs:
        if port.type == "audio" and port.required:
            given.setdefault(port.name, made_sound())
    return given


def made_sound() -> Audio:
    """A chord that is plucked and a burst of noise in its middle: 1 s, one channel, 44,100 Hz, below full scale."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    chord = np.mean([np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 277.2, 329.6, 440.0)], axis=0)
    # Clipped: how high noise goes is known only for most of it.
    noise = np.clip(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE), -0.25, 0.25)
    sound = 0.7 * chord * np.exp(-3 * time_s) + noise * np.exp(-40 * np.abs(time_s - 0.5))
    return Audio(sound.astype(np.float32), SAMPLE_RATE)
