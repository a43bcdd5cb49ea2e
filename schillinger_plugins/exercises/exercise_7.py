"""Exercise 7, after an analysis that draws itself: a curve with its times."""

from __future__ import annotations

import numpy as np

from ..manager import Instance, PluginManager
from ..types import Audio
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_7",
    title="How bright, moment by moment",
    task=(
        "Write an ANALYSIS with the id `brightness`: input `audio`, outputs `crossings` (how often a second the sound "
        "crosses zero, in Hz, one value for each tenth of a second) and `times_s` (the middle of each tenth, in s), "
        "described so that it draws itself."
    ),
    plugin_id="brightness",
)
_RATE = 8000


def _analysed(instance: Instance, frequency_hz: float) -> tuple[np.ndarray, np.ndarray]:
    time_s = np.arange(_RATE) / _RATE
    sound = Audio(np.sin(2 * np.pi * frequency_hz * time_s + 0.1).astype(np.float32), _RATE)
    result = instance.execute({"audio": sound})
    return np.asarray(result["crossings"], float), np.asarray(result["times_s"], float)


@EXERCISE.question("`crossings` knows its unit and its times")
def _described(_: PluginManager, instance: Instance) -> None:
    output = instance.definition.output("crossings")
    if output is None:
        raise Wrong("the definition has no output `crossings`")
    if output.unit != "Hz":
        raise Wrong(f"its unit is {output.unit!r}: say unit='Hz', and the axis has it")
    if output.sample_type != "one_per_step":
        raise Wrong(f"its sample_type is {output.sample_type!r}: a value per step is 'one_per_step'")
    if output.times != "times_s":
        raise Wrong(f"its times are {output.times!r}: name the output that has them, times='times_s'")


@EXERCISE.question("there is a time for each value")
def _times(_: PluginManager, instance: Instance) -> None:
    crossings, times_s = _analysed(instance, 440)
    if crossings.shape != (10,) or times_s.shape != (10,):
        raise Wrong(f"one second has ten tenths; there are {crossings.size} values and {times_s.size} times")
    if not np.allclose(times_s, np.arange(10) * 0.1 + 0.05, atol=1e-3):
        raise Wrong(f"the times begin {times_s[:3].tolist()}: the middle of the first tenth is 0.05 s")


@EXERCISE.question("a sine of 440 Hz crosses zero 880 times a second")
def _right(_: PluginManager, instance: Instance) -> None:
    crossings, _times = _analysed(instance, 440)
    if not np.allclose(crossings, 880, atol=20):
        hint = "that is per tenth: divide by 0.1 s" if np.allclose(crossings, 88, atol=3) else ""
        hint = hint or "count where np.signbit(samples) changes"
        raise Wrong(f"it found {float(np.mean(crossings)):.0f} a second: {hint}")
