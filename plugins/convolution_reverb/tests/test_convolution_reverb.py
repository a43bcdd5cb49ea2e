"""The laws of the Convolution Reverb: it is the convolution, however it is cut, and the room is the one described."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, oaconvolve, sosfiltfilt

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio, PluginContext

FOLDER = Path(__file__).parents[1]
RATE = 8000


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("convolution_reverb_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
room, convolver = sys.modules["reverb_room"], sys.modules["reverb_convolver"]
DEFINITION = main.ConvolutionReverb(PluginContext()).get_node_definition()
DEFAULTS = {parameter["name"]: parameter["default"] for parameter in DEFINITION["parameters"]}
WET = {**DEFAULTS, "mix": 100, "decay_s": 2.5}
SMALL = {**DEFAULTS, "mix": 50, "decay_s": 0.3, "predelay_ms": 0}


def noise(frames: int, channels: int = 2, seed: int = 0) -> Any:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def run(sound: Audio, **parameters: Any) -> Audio:
    plugin = main.ConvolutionReverb(PluginContext())
    made: Audio = asyncio.run(plugin.execute({"audio": sound}, {**DEFAULTS, **parameters}))["audio"]
    return made


def in_blocks(samples: Any, cuts: list[int], schedule: dict[int, dict[str, Any]]) -> Any:
    """Stream samples, cut at `cuts` and wherever the settings change."""
    plugin = main.ConvolutionReverb(PluginContext())
    made, now = [samples[:, :0]], DEFAULTS
    for start, end in pairwise(sorted({0, samples.shape[1], *cuts, *schedule})):
        now = schedule.get(start, now)
        made.append(plugin.process(Audio(samples[:, start:end], RATE), now).samples)
    return np.concatenate(made, axis=1)


def response(parameters: dict[str, Any], rate: int = RATE, channels: int = 2) -> Any:
    return room.impulse_response(rate, channels, **{name: parameters[name] for name in main.ROOM})


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 30_000), st.floats(0.1, 6), st.integers(1, 3))
def test_it_is_the_convolution(frames: int, decay_s: float, channels: int) -> None:
    """The whole room alone is what SciPy convolves, to single precision, in time and with all of its tail."""
    samples = noise(frames, channels)
    parameters = {**WET, "decay_s": decay_s}
    made = run(Audio(samples, RATE), **parameters)
    if frames == 0:
        assert not made.samples.any()
        return
    expected = oaconvolve(samples.astype(np.float64), response(parameters, channels=channels), axes=1)
    assert made.frames - expected.shape[1] in (1, 2)
    np.testing.assert_allclose(made.samples[:, : expected.shape[1]], expected, atol=2e-6)


def test_without_the_room_the_sound_stays_as_it_is() -> None:
    """At a mix of 0 the sound comes back to the bit, in time."""
    samples = noise(3000)
    np.testing.assert_array_equal(run(Audio(samples, RATE), mix=0).samples[:, :3000], samples)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 19_999), max_size=10),
    st.dictionaries(st.integers(0, 19_999), st.sampled_from([WET, SMALL, {**WET, "mix": 20}]), max_size=3),
)
def test_block_size_changes_nothing(cuts: list[int], schedule: dict[int, dict[str, Any]]) -> None:
    """However a sound is cut, and whenever room or mix change: the same to the bit."""
    samples = noise(20_000)
    np.testing.assert_array_equal(in_blocks(samples, cuts, schedule), in_blocks(samples, [], schedule))


def test_single_frames_are_one_sound() -> None:
    """Frame by frame it is the same to the bit."""
    samples = noise(1200, channels=1)
    np.testing.assert_array_equal(in_blocks(samples, list(range(1200)), {0: SMALL}), in_blocks(samples, [], {0: SMALL}))


def test_another_room_knows_what_was_heard() -> None:
    """Once both stages have faded, it is as if the new room had always been there; on the way nothing clicks."""
    samples = noise(60_000)
    changed = in_blocks(samples, [], {0: {**WET, "variation": 2}, 20_000: WET})
    always = in_blocks(samples, [], {0: WET})
    settled = 20_000 + 2 * convolver.LONG + 2 * convolver.SHORT
    np.testing.assert_allclose(changed[:, settled:], always[:, settled:], atol=1e-6)
    tone = np.sin(2 * np.pi * 100 * np.arange(60_000) / RATE)[np.newaxis].astype(np.float32)
    made = in_blocks(tone, [], {0: {**WET, "mix": 40}, 30_000: {**SMALL, "mix": 90}})[0]
    assert np.abs(np.diff(made, 2))[25_000:].max() < 2 * np.abs(np.diff(made, 2))[25_000:29_000].max()


@pytest.mark.parametrize(("decay_s", "damping", "warmth"), [(0.8, 0.0, 1.0), (2.0, 0.6, 1.2)])
def test_each_band_decays_as_described(decay_s: float, damping: float, warmth: float) -> None:
    """Between −5 and −25 dB (Schroeder's integral) low, middle and high decay at the rates that were asked for."""
    rate = 44100
    taps = response({**DEFAULTS, "decay_s": decay_s, "damping": damping, "warmth": warmth}, rate, 1)[0]
    for band_hz, expected_s in (
        ((60, 120), decay_s * warmth),
        ((700, 1400), decay_s),
        ((9000, 15000), decay_s * 10**-damping),
    ):
        heard = sosfiltfilt(butter(2, band_hz, "bandpass", fs=rate, output="sos"), taps.astype(np.float64))
        energy = np.cumsum(heard[::-1] ** 2)[::-1]
        level_db = 10 * np.log10(energy / energy[0] + 1e-12)
        measured_s = 3 * (np.argmax(level_db < -25) - np.argmax(level_db < -5)) / rate
        assert measured_s == pytest.approx(expected_s, rel=0.25)


def test_rooms_are_repeatable_and_channels_differ() -> None:
    """The same description is the same room, another variation another; left and right are unrelated, of unit energy."""
    first, again, other = (response({**DEFAULTS, "variation": number}, 44100) for number in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first[0], other[0])[0, 1]) < 0.1
    assert abs(np.corrcoef(first)[0, 1]) < 0.1
    np.testing.assert_allclose(np.sum(first**2, axis=1), 1, rtol=1e-4)


def test_the_predelay_is_silent() -> None:
    """Nothing is reflected before the walls are reached."""
    taps = response({**DEFAULTS, "predelay_ms": 100})
    assert not taps[:, : RATE // 10].any()
    assert taps[:, RATE // 10 :].any()


def test_what_is_no_number_leaves_the_room() -> None:
    """NaN is heard where it is, and nowhere after."""
    samples = noise(4000)
    samples[0, 1000] = np.nan
    made = run(Audio(samples, RATE)).samples
    assert np.isnan(made).sum() == 1
    assert np.isnan(made[0, 1000])


@pytest.mark.parametrize(("rate", "channels"), [(8000, 8), (192_000, 1), (44_100, 20), (50, 2)])
def test_any_rate_and_any_number_of_channels(rate: int, channels: int) -> None:
    """From the lowest rate to 192 kHz, more channels than walls: finite, and as long as said."""
    made = run(Audio(noise(100, channels), rate), decay_s=0.2)
    assert np.isfinite(made.samples).all()
    assert made.channels == channels
    assert made.frames > 100


def test_other_channels_begin_with_reset() -> None:
    """A block that doesn't fit the sound so far is refused, and taken after reset."""
    plugin = main.ConvolutionReverb(PluginContext())
    plugin.process(Audio(noise(10), RATE), DEFAULTS)
    with pytest.raises(ValueError, match=r"1 channels at 8000 Hz, but the sound so far has 2 .*reset\(\)"):
        plugin.process(Audio(noise(10, 1), RATE), DEFAULTS)
    plugin.reset()
    assert plugin.process(Audio(noise(10, 1), RATE), DEFAULTS).frames == 10


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, its limits are those of the modules, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs({"audio": run(Audio(noise(9), RATE))}, plugin_id=FOLDER.name)
    assert json.loads((FOLDER / "plugin.json").read_text())["definition"] == DEFINITION
    longest = {parameter["name"]: parameter.get("max") for parameter in DEFINITION["parameters"]}
    assert (longest["decay_s"], longest["predelay_ms"]) == (room.MAX_DECAY_S, room.MAX_PREDELAY_MS)


def test_after_a_reload_the_room_is_empty() -> None:
    """An object that takes over the state begins a sound of its own, and says what it declares."""
    samples = noise(3000)
    old, new = main.ConvolutionReverb(PluginContext()), main.ConvolutionReverb(PluginContext())
    old.process(Audio(samples, RATE), SMALL)
    new.set_state(old.get_state())
    np.testing.assert_array_equal(new.process(Audio(samples, RATE), SMALL).samples, in_blocks(samples, [], {0: SMALL}))
    assert new.latency_frames == convolver.SHORT
    assert new.tail_s == pytest.approx(0.375, abs=0.001)
