"""The laws of the Gain Node."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio

pytest_plugins = ["schillinger_plugins.testing"]

FOLDER = Path(__file__).parents[1]
RATE = 8000

sounds = npst.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(0, 200)),
    elements=st.floats(-1, 1, width=32, allow_subnormal=False),
)
gains_db = st.floats(-40, 24)
curves = st.lists(st.tuples(st.floats(0, 0.03), gains_db), max_size=5, unique_by=lambda point: point[0]).map(sorted)


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("gain_node_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
apply_gain = main.apply_gain


def run(sound: Audio, **parameters: Any) -> Audio:
    plugin = main.GainNode(None)
    defaults = {p["name"]: p["default"] for p in plugin.get_node_definition()["parameters"]}
    outputs = asyncio.run(plugin.execute({"audio": sound}, {**defaults, **parameters}))
    audio: Audio = outputs["audio"]
    return audio


@given(sounds, gains_db, curves)
def test_up_and_down_again_is_identity(samples: Any, gain_db: float, automation: list[Any]) -> None:
    """Gain and automation followed by their negatives give the sound back, to single precision."""
    up = apply_gain(samples, RATE, gain_db=gain_db, automation=automation)
    down = apply_gain(up, RATE, gain_db=-gain_db, automation=[(time, -level) for time, level in automation])
    np.testing.assert_allclose(down, samples, rtol=3e-7, atol=1e-37)


@given(sounds, gains_db, curves, st.integers(1, 64))
def test_block_size_changes_nothing(samples: Any, gain_db: float, automation: list[Any], size: int) -> None:
    """A sound processed in blocks of any size is the same to the bit as processed whole."""
    settings: dict[str, Any] = {"gain_db": gain_db, "automation": automation}
    whole = apply_gain(samples, RATE, **settings)
    blocks = [
        apply_gain(samples[:, start : start + size], RATE, start_frame=start, **settings)
        for start in range(0, samples.shape[1], size)
    ]
    np.testing.assert_array_equal(np.concatenate([samples[:, :0], *blocks], axis=1), whole)


def test_the_plugins_blocks_are_one_sound() -> None:
    """A sound of several of the plugin's blocks is the same to the bit as processed whole, nothing missing at the seams."""
    samples = np.random.default_rng(0).standard_normal((2, 2 * main.BLOCK_FRAMES + 1)).astype(np.float32)
    settings: dict[str, Any] = {"gain_db": -3, "automation": [(1, 0), (12, -30)], "invert": True, "mute": [1]}
    np.testing.assert_array_equal(run(Audio(samples, RATE), **settings).samples, apply_gain(samples, RATE, **settings))


def test_a_sound_of_no_frames_stays_one() -> None:
    """Nothing in, nothing out: the channels remain."""
    assert run(Audio(np.zeros((2, 0)), RATE), gain_db=6).samples.shape == (2, 0)


@given(sounds)
def test_inverting_twice_is_identity(samples: Any) -> None:
    """Phase inversion undoes itself, to the bit."""
    np.testing.assert_array_equal(apply_gain(apply_gain(samples, RATE, invert=True), RATE, invert=True), samples)


@given(sounds, st.data())
def test_mute_silences_those_channels_alone(samples: Any, data: Any) -> None:
    """Muted channels are zero and the others are as they were."""
    mute = data.draw(st.lists(st.integers(0, len(samples) - 1), unique=True))
    muted = apply_gain(samples, RATE, mute=mute)
    assert not muted[mute].any()
    np.testing.assert_array_equal(np.delete(muted, mute, axis=0), np.delete(samples, mute, axis=0))


def test_minus_twenty_db_is_a_tenth() -> None:
    """Decibels are of amplitude: −20 dB is a factor of 0.1."""
    np.testing.assert_allclose(run(Audio(np.ones(10), RATE), gain_db=-20).samples, 0.1, rtol=1e-6)


def test_automation_is_linear_in_db_held_outside_and_added() -> None:
    """Half-way between 0 and −20 dB is −10 dB, beyond the last point the level is held, and gain_db comes on top."""
    samples = run(Audio(np.ones(RATE), RATE), gain_db=-6, automation=[[0.25, 0], [0.75, -20]]).samples[0]
    level_db = 20 * np.log10(samples)
    np.testing.assert_allclose(level_db[[0, RATE // 2, RATE - 1]], [-6, -16, -26], atol=1e-4)


def test_muting_a_channel_that_is_not_there_is_refused() -> None:
    """The error names the channel and those there are."""
    with pytest.raises(ValueError, match="channel 2, but the audio has 2 \\(0 to 1\\)"):
        run(Audio(np.zeros((2, 8)), RATE), mute=[2])


def test_the_input_is_not_changed() -> None:
    """The plugin writes to a copy: its inputs are read-only in a worker."""
    samples = np.ones((1, 8), np.float32)
    samples.flags.writeable = False
    assert run(Audio(samples, RATE), gain_db=6, mute=[0]).samples.sum() == 0


def test_its_users_get_what_its_author_gets(plugin: Any, confined: Any, noise: Any) -> None:
    """Confined, with files and frames in between, it gives the same samples as called directly."""
    inputs, parameters = {"audio": noise(channels=2, rate=RATE)}, {"gain_db": -3, "automation": [(0, 0), (0.1, -20)]}
    assert confined.execute(inputs, parameters)["audio"] == plugin.execute(inputs, parameters)["audio"]


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs({"audio": run(Audio(np.zeros((2, 9)), RATE))}, plugin_id=FOLDER.name)


def test_the_definition_is_the_manifests() -> None:
    """get_node_definition() returns what stands in plugin.json."""
    assert main.GainNode(None).get_node_definition() == json.loads((FOLDER / "plugin.json").read_text())["definition"]
