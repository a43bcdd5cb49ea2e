"""Exercise 6, after effects and streaming: a filter that doesn't hear where the blocks are cut."""

from __future__ import annotations

import numpy as np

from ..manager import Instance, PluginManager
from ..types import Audio
from .exercise import Exercise, Wrong

EXERCISE = Exercise(
    name="exercise_6",
    title="An echo in blocks",
    task=(
        "Write an EFFECT with the id `echo` by `process` and `reset`: every sample is followed 100 frames later by "
        "itself at half the amplitude, once. Blocks may be of any length, and the effect says how long it rings "
        "(`tail_s`)."
    ),
    plugin_id="echo",
)
_RATE, _DELAY = 1000, 100


def _wanted(samples: np.ndarray) -> np.ndarray:
    delayed = np.zeros_like(samples)
    delayed[:, _DELAY:] = samples[:, :-_DELAY] * np.float32(0.5)
    delayed += samples
    return delayed


def _noise(channels: int = 1) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((channels, 500)).astype(np.float32)


def _streamed(instance: Instance, samples: np.ndarray, size: int) -> np.ndarray:
    with instance.stream() as stream:
        blocks = [samples[:, start : start + size] for start in range(0, samples.shape[1], size)]
        return np.concatenate([stream.process(Audio(block, _RATE)).samples for block in blocks], axis=1)


@EXERCISE.question("one sample becomes two")
def _impulse(_: PluginManager, instance: Instance) -> None:
    samples = np.zeros((1, 300), np.float32)
    samples[0, 10] = 1
    heard = np.flatnonzero(_streamed(instance, samples, 300)[0])
    if heard.tolist() != [10, 110]:
        raise Wrong(f"a click at frame 10 is heard at {heard.tolist()[:8]}, it should be at [10, 110]")


@EXERCISE.question("where the blocks are cut is not heard")
def _blocks(_: PluginManager, instance: Instance) -> None:
    samples = _noise()
    for size in (500, 128, 64, 1):
        if not np.allclose(_streamed(instance, samples, size), _wanted(samples), atol=1e-5):
            raise Wrong(
                f"in blocks of {size} it sounds different: keep the last {_DELAY} frames in an attribute and put them "
                "before the next block, also if the block is shorter than that"
            )


@EXERCISE.question("a new stream begins in silence")
def _reset(_: PluginManager, instance: Instance) -> None:
    _streamed(instance, np.ones((1, 200), np.float32), 200)
    if _streamed(instance, np.zeros((1, 200), np.float32), 200).any():
        raise Wrong("the sound before is still heard: forget the kept frames in reset()")


@EXERCISE.question("stereo, too")
def _stereo(_: PluginManager, instance: Instance) -> None:
    samples = _noise(2)
    if not np.allclose(_streamed(instance, samples, 50), _wanted(samples), atol=1e-5):
        raise Wrong("with two channels it is wrong: keep (channels, frames), as the block has them")


@EXERCISE.question("a whole sound rings out")
def _tail(_: PluginManager, instance: Instance) -> None:
    frames = instance.execute({"audio": Audio(_noise(), _RATE)})["audio"].frames
    if frames != 500 + _DELAY:
        raise Wrong(
            f"500 frames became {frames}, they should become {500 + _DELAY}: tail_s is in seconds, frames / rate"
        )
