"""Effects, from blocks to a whole sound."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.types import Audio, EffectPlugin, PluginContext
from schillinger_plugins.types import effect as effect_module

RATE = 1000


class Late(EffectPlugin):
    """Delays by `frames`, says so, and rings as long as it is told to."""

    frames = 0

    def reset(self) -> None:
        self._kept = None

    @property
    def latency_frames(self) -> int:  # type: ignore[override]  # a property may stand for the attribute
        return self.frames

    def process(self, block: Audio, parameters: Any) -> Audio:
        kept = self._kept if self._kept is not None else np.zeros((block.channels, self.frames), np.float32)
        line = np.concatenate([kept, block.samples], axis=1)
        self._kept = line[:, block.frames :]
        return Audio(line[:, : block.frames], block.sample_rate)


def whole(effect: EffectPlugin, samples: Any) -> Audio:
    outputs = asyncio.run(effect.execute({"audio": Audio(samples, RATE)}, {}))
    audio: Audio = outputs["audio"]
    return audio


@given(
    frames=st.integers(0, 300),
    latency=st.integers(0, 40),
    tail_frames=st.integers(0, 50),
    block=st.integers(1, 100),
    channels=st.integers(1, 3),
)
def test_latency_is_cut_off_and_the_tail_kept(
    frames: int, latency: int, tail_frames: int, block: int, channels: int
) -> None:
    """A pure delay that declares itself gives the sound back, with silence for its tail, however it is cut into blocks."""
    effect = Late(PluginContext())
    effect.frames, effect.tail_s = latency, tail_frames / RATE
    samples = np.random.default_rng(frames).standard_normal((channels, frames)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effect_module, "BLOCK_FRAMES", block)
        out = whole(effect, samples)
    assert out.samples.shape == (channels, frames + tail_frames)
    np.testing.assert_array_equal(out.samples[:, :frames], samples)
    assert not out.samples[:, frames:].any()


def test_a_second_sound_begins_anew() -> None:
    """execute() resets: nothing of the sound before is heard."""
    effect = Late(PluginContext())
    effect.frames = 5
    whole(effect, np.ones((1, 100), np.float32))
    assert not whole(effect, np.zeros((1, 100), np.float32)).samples.any()


def test_a_buffer_that_is_used_again_is_copied_in_time() -> None:
    """An effect may give the same memory back for every block."""

    class Same(EffectPlugin):
        buffer = np.zeros((1, 10), np.float32)

        def process(self, block: Audio, parameters: Any) -> Audio:
            self.buffer[:, : block.frames] = block.samples
            return Audio(self.buffer[:, : block.frames], block.sample_rate)

    samples = np.arange(35, dtype=np.float32)[None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effect_module, "BLOCK_FRAMES", 10)
        np.testing.assert_array_equal(whole(Same(PluginContext()), samples).samples, samples)


def test_an_endless_tail_ends() -> None:
    """An effect that says it rings for ever is listened to for a minute."""
    effect = Late(PluginContext())
    effect.tail_s = float("inf")
    assert whole(effect, np.zeros((1, 1), np.float32)).duration_s == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (Audio(np.zeros((1, 3), np.float32), RATE), r"returned \(1, 3\) at 1000 Hz: they must be the same"),
        (Audio(np.zeros((1, 4), np.float32), 7), r"returned \(1, 4\) at 7 Hz"),
        (np.zeros((1, 4)), "must return Audio, not ndarray"),
    ],
)
def test_a_block_of_another_shape_is_refused(returned: Any, says: str) -> None:
    """What process() gives has the shape and the rate of what it was given."""

    class Odd(EffectPlugin):
        def process(self, block: Audio, parameters: Any) -> Audio:
            return returned  # type: ignore[no-any-return]  # whatever it is

    with pytest.raises(ValueError, match=says):
        whole(Odd(PluginContext()), np.zeros((1, 4), np.float32))


def test_progress_goes_up_to_the_end() -> None:
    """The user is told after each block how much of it is done."""
    told: list[float] = []
    effect = Late(PluginContext(on_progress=lambda fraction, _: told.append(fraction)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effect_module, "BLOCK_FRAMES", 25)
        whole(effect, np.zeros((1, 100), np.float32))
    assert told == [0.5, 0.75, 1.0]
