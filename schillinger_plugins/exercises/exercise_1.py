"""Exercise 1, after the first plugin: play a sound backwards."""

from __future__ import annotations

import numpy as np

from ..manager import Instance, PluginManager
from ..types import Audio
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_1",
    title="Backwards",
    task="Write an EFFECT with the id `backwards` that takes `audio` and returns it played backwards.",
    plugin_id="backwards",
)
_RATE = 8000


def _played(instance: Instance, samples: list[list[float]]) -> Audio:
    audio = instance.execute({"audio": Audio(np.array(samples, np.float32), _RATE)})["audio"]
    if not isinstance(audio, Audio):
        raise Wrong(f"`audio` is {type(audio).__name__}: return Audio(samples, sample_rate)")
    return audio


@EXERCISE.question("the last sample comes first")
def _order(_: PluginManager, instance: Instance) -> None:
    played = _played(instance, [[1, 2, 3, 4]]).samples.tolist()
    if played == [[1, 2, 3, 4]]:
        raise Wrong("[1, 2, 3, 4] came back as it was: samples[:, ::-1] goes through the last axis backwards")
    if played != [[4, 3, 2, 1]]:
        raise Wrong(f"[1, 2, 3, 4] should come back as [4, 3, 2, 1], it came back as {played}")


@EXERCISE.question("left stays left and right stays right")
def _channels(_: PluginManager, instance: Instance) -> None:
    played = _played(instance, [[1, 2, 3], [-1, -2, -3]]).samples
    if played.shape != (2, 3):
        raise Wrong(f"two channels of three frames became {played.shape}: audio is (channels, frames)")
    if played.tolist() == [[-3, -2, -1], [3, 2, 1]]:
        raise Wrong("the channels have changed places: turn round the frames alone, samples[:, ::-1]")
    if played.tolist() != [[3, 2, 1], [-3, -2, -1]]:
        raise Wrong(f"[[1, 2, 3], [-1, -2, -3]] came back as {played.tolist()}")


@EXERCISE.question("the sample rate is kept")
def _rate(_: PluginManager, instance: Instance) -> None:
    rate = _played(instance, [[1, 2]]).sample_rate
    if rate != _RATE:
        raise Wrong(f"{_RATE} Hz became {rate} Hz: pass on inputs['audio'].sample_rate, or it sounds at another pitch")


@EXERCISE.question("a sound of no length is no reason to fail")
def _empty(_: PluginManager, instance: Instance) -> None:
    frames = _played(instance, [[], []]).frames
    if frames:
        raise Wrong(f"no frames became {frames}")
