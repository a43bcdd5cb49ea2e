"""Exercise 4, after testing a plugin: a plugin that survives what the tests find."""

from __future__ import annotations

import numpy as np

from ..manager import Instance, PluginManager
from ..types import Audio
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_4",
    title="Louder, but not for ever",
    task=(
        "Write an EFFECT with the id `normalizer`, by `execute`, that scales `audio` to a peak of `peak` (0 to 1, 1 "
        "if nobody sets it), and stands silence, nothing at all and broken samples."
    ),
    plugin_id="normalizer",
)


def _peak(instance: Instance, samples: object, **parameters: float) -> Audio:
    audio = instance.execute({"audio": Audio(np.array(samples, np.float32), 8000)}, parameters)["audio"]
    if not isinstance(audio, Audio):
        raise Wrong(f"`audio` is {type(audio).__name__}: return Audio(samples, sample_rate)")
    return audio


@EXERCISE.question("the loudest sample is at the peak")
def _scaled(_: PluginManager, instance: Instance) -> None:
    for parameters, wanted in (({}, 1.0), ({"peak": 0.5}, 0.5)):
        found = float(np.abs(_peak(instance, [[0.1, -0.25]], **parameters).samples).max())
        if abs(found - wanted) > 1e-5:
            hint = (
                "look at np.abs(samples): the loudest sample may be negative"
                if found > wanted
                else "divide by the peak"
            )
            raise Wrong(f"the peak is {found:.3f} instead of {wanted}: {hint}")


@EXERCISE.question("left and right keep their balance")
def _balance(_: PluginManager, instance: Instance) -> None:
    samples = _peak(instance, [[0.5, 0.0], [0.25, 0.0]]).samples
    if not np.isclose(samples[1, 0], 0.5):
        raise Wrong(f"left 0.5 and right 0.25 became {samples[:, 0].tolist()}: use one gain for both channels")


@EXERCISE.question("silence stays silence")
def _silence(_: PluginManager, instance: Instance) -> None:
    samples = _peak(instance, [[0.0, 0.0]]).samples
    if not np.isfinite(samples).all():
        raise Wrong("silence became NaN: 0 / 0. If the peak is 0, return the sound as it is")
    if samples.any():
        raise Wrong("silence became sound")


@EXERCISE.question("a sound of no length is no reason to fail")
def _empty(_: PluginManager, instance: Instance) -> None:
    _peak(instance, [[], []])


@EXERCISE.question("one broken sample does not break the rest")
def _broken(_: PluginManager, instance: Instance) -> None:
    samples = _peak(instance, [[0.5, float("nan"), 0.25]]).samples
    if not np.isfinite(samples[0, [0, 2]]).all():
        raise Wrong("with one NaN in it everything became NaN: np.nan_to_num(samples) first, or np.nanmax")
