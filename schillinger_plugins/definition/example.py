"""What a node is tried on: the example that its plugin offers, and a made sound where one is required.

Owns which inputs that gives. What else is required can't be made up, and is left out. Called by whoever runs a plugin
without being given anything: a cell, a reload, ``%plugin debug --profile``, ``schillinger validate --run``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import Audio

if TYPE_CHECKING:
    from . import NodeDefinition

SAMPLE_RATE = 44_100


def made_up(definition: NodeDefinition) -> tuple[str, ...]:
    """The inputs for which a sound is made: those of audio that are required and that the example doesn't have."""
    given = definition.example.inputs if definition.example is not None else {}
    return tuple(
        port.name for port in definition.inputs if port.type == "audio" and port.required and port.name not in given
    )


def example_inputs(definition: NodeDefinition) -> dict[str, Any]:
    """The inputs of the definition's example, and a sound for every audio input that is required."""
    given = dict(definition.example.inputs) if definition.example is not None else {}
    return {**given, **dict.fromkeys(made_up(definition), made_sound())}


def example_parameters(definition: NodeDefinition) -> dict[str, Any]:
    """The parameters of the definition's example; the others have their defaults."""
    return dict(definition.example.parameters) if definition.example is not None else {}


def lacking(definition: NodeDefinition, inputs: Mapping[str, Any]) -> list[str]:
    """The required inputs that are not among these."""
    return [port.name for port in definition.inputs if port.required and port.name not in inputs]


@cache
def made_sound() -> Audio:
    """A chord that is plucked and a burst of noise in its middle: 1 s, one channel, 44,100 Hz, below full scale."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    chord = np.mean([np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 277.2, 329.6, 440.0)], axis=0)
    # Clipped: how high noise goes is known only for most of it.
    noise = np.clip(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE), -0.25, 0.25)
    sound = 0.7 * chord * np.exp(-3 * time_s) + noise * np.exp(-40 * np.abs(time_s - 0.5))
    samples = sound.astype(np.float32)
    samples.setflags(write=False)  # everybody is given the same
    return Audio(samples, SAMPLE_RATE)
