"""Exercise 2, after the anatomy of a node: a parameter that is described well."""

from __future__ import annotations

import math

import numpy as np

from ..manager import Instance, PluginManager
from ..types import Audio
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_2",
    title="From left to right",
    task=(
        "Write a NODE with the id `panner`: input `audio` (mono), parameter `position` from −1 (left) to 1 (right), 0 "
        "if nobody sets it, output `audio` (stereo) with constant power: the squares of the two gains always add up "
        "to 1."
    ),
    plugin_id="panner",
)
_RATE = 8000


def _gains(instance: Instance, position: float) -> tuple[float, float]:
    sound = Audio(np.ones((1, 8), np.float32), _RATE)
    audio = instance.execute({"audio": sound}, {"position": position})["audio"]
    if not isinstance(audio, Audio) or audio.samples.shape != (2, 8):
        shape = audio.samples.shape if isinstance(audio, Audio) else type(audio).__name__
        raise Wrong(
            f"8 frames of mono should become two channels of 8 frames, they became {shape}: np.stack([left, right])"
        )
    left, right = audio.samples[:, 0].tolist()
    return left, right


@EXERCISE.question("`position` goes from −1 to 1 and is 0 by default")
def _described(_: PluginManager, instance: Instance) -> None:
    parameter = instance.definition.parameter("position")
    if parameter is None:
        names = ", ".join(f"`{p.name}`" for p in instance.definition.parameters) or "none"
        raise Wrong(f"the definition has no parameter `position`; it has {names}")
    if (parameter.min, parameter.max) != (-1, 1):
        raise Wrong(f"its range is {parameter.min} to {parameter.max}: give it min=-1, max=1, and nobody can go beyond")
    if parameter.default != 0:
        raise Wrong(f"its default is {parameter.default!r}: 0 is the middle")


@EXERCISE.question("at −1 all of it is left, at 1 all of it is right")
def _ends(_: PluginManager, instance: Instance) -> None:
    for position, wanted in ((-1.0, (1.0, 0.0)), (1.0, (0.0, 1.0))):
        gains = _gains(instance, position)
        if not np.allclose(gains, wanted, atol=1e-5):
            raise Wrong(f"at {position:g} the gains are {gains[0]:.3f} and {gains[1]:.3f}, they should be {wanted}")


@EXERCISE.question("the power is the same everywhere")
def _power(_: PluginManager, instance: Instance) -> None:
    for position in (-0.5, 0.0, 0.3):
        left, right = _gains(instance, position)
        power = left * left + right * right
        if not math.isclose(power, 1.0, abs_tol=1e-4):
            hint = "cos and sin of an angle from 0 to π/2 do it"
            if math.isclose(left + right, 1.0, abs_tol=1e-4):
                hint = "the gains add up to 1, which sounds quieter in the middle; " + hint
            raise Wrong(f"at {position:g} the squares add up to {power:.3f}: {hint}")
