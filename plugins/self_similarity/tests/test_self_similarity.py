"""Self-similarity by its laws, on pieces whose form is known."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio, PluginContext

FOLDER = Path(__file__).parents[1]
RATE = 11_025


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("self_similarity_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module, *map(importlib.import_module, ("similarity_matrix", "similarity_novelty", "similarity_figure"))
    finally:
        sys.path.remove(str(FOLDER))


main, matrices, novelties, figures = load()


def run(audio: Audio, **parameters: Any) -> dict[str, Any]:
    plugin = main.SelfSimilarity(PluginContext(seed=1))
    defaults = {p["name"]: p["default"] for p in plugin.get_node_definition()["parameters"]}
    outputs: dict[str, Any] = asyncio.run(plugin.execute({"audio": audio}, {**defaults, **parameters}))
    return outputs


def chord(hertz: tuple[float, ...], seconds: float, rate: int = RATE) -> np.ndarray[Any, Any]:
    time_s = np.arange(round(rate * seconds)) / rate
    tones = sum(np.sin(2 * np.pi * f * time_s) for f in hertz)
    return np.asarray(0.1 * tones)


def clicks(bpm: float, seconds: float) -> np.ndarray[Any, Any]:
    time_s = np.arange(round(RATE * seconds)) / RATE
    noise = np.random.default_rng(1).standard_normal(time_s.size)
    return np.asarray(0.3 * np.exp(-60 * (time_s % (60 / bpm))) * noise)


C_MAJOR, F_SHARP_MAJOR = (261.63, 329.63, 392.0), (369.99, 466.16, 554.37)


@pytest.fixture(scope="module")
def aaba() -> dict[str, Any]:
    """Forty seconds: A is one chord, B another, ten seconds each."""
    a, b = chord(C_MAJOR, 10), chord(F_SHARP_MAJOR, 10)
    return run(Audio(np.concatenate([a, a, b, a]), RATE), kernel_s=12)


def test_the_matrix_is_symmetric_with_ones_on_its_diagonal(aaba: dict[str, Any]) -> None:
    """Whatever is like something else is so the other way round, and everything is like itself."""
    matrix = aaba["matrix"]
    assert matrix.shape == (160, 160)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(matrix), 1, atol=1e-6)
    assert np.abs(matrix).max() <= 1 + 1e-6


def test_aaba_has_its_blocks(aaba: dict[str, Any]) -> None:
    """A is like A wherever it stands, B like B, and A unlike B."""
    middles = [(slice(40 * n + 8, 40 * n + 32)) for n in range(4)]
    likeness = np.array([[aaba["matrix"][row, column].mean() for column in middles] for row in middles])
    alike = np.array([[row == column for column in "AABA"] for row in "AABA"])
    assert likeness[alike].min() > 0.95
    assert likeness[~alike].max() < 0.6


def test_boundaries_are_where_the_parts_meet(aaba: dict[str, Any]) -> None:
    """Within a step of where B begins and ends; between A and A nothing is new."""
    np.testing.assert_allclose(aaba["boundaries_s"], [20, 30], atol=0.25)
    assert aaba["novelty"][40] < 0.1 * aaba["novelty"].max()


@pytest.mark.parametrize("hop_s", [0.1, 0.5])
def test_boundaries_do_not_hang_on_the_step(hop_s: float) -> None:
    """Shorter and longer steps find the same, each as exactly as it is long."""
    sound = np.concatenate([chord(C_MAJOR, 8), chord(F_SHARP_MAJOR, 9)])
    found = run(Audio(sound, RATE), hop_s=hop_s, kernel_s=8)
    np.testing.assert_allclose(found["boundaries_s"], [8], atol=hop_s)


def test_timbre_parts_what_harmony_does_not() -> None:
    """The same chord as sines and as square waves: MFCC hear the change."""
    sines = chord(C_MAJOR, 10)
    found = run(Audio(np.concatenate([sines, 0.2 * np.sign(sines)]), RATE), feature="mfcc", kernel_s=10)
    assert np.abs(found["boundaries_s"] - 10).min() <= 0.5


def test_the_tempogram_parts_tempi_and_folds_octaves() -> None:
    """120 after 90 BPM is new; 60 after 120 is nearly the same pulse."""
    other = run(Audio(np.concatenate([clicks(90, 20), clicks(120, 20)]), RATE), feature="tempogram")
    doubled = run(Audio(np.concatenate([clicks(60, 20), clicks(120, 20)]), RATE), feature="tempogram")
    assert np.abs(other["boundaries_s"] - 20).min() <= 1
    assert doubled["novelty"][60:100].max() < 0.5 * other["novelty"][60:100].max()


def test_a_mean_along_diagonals_keeps_stripes_and_fades_points() -> None:
    """A stripe stays as it is, one bright point among zeros becomes its share."""
    stripe = np.eye(20) + np.eye(20, k=8) + np.eye(20, k=-8)
    np.testing.assert_allclose(matrices.along_diagonals(stripe, 5), stripe)
    point = np.zeros((21, 21))
    point[10, 10] = 1
    enhanced = matrices.along_diagonals(point, 5)
    np.testing.assert_allclose(enhanced[10, 10], 0.2)
    np.testing.assert_allclose(enhanced.sum(), 1)
    np.testing.assert_allclose(matrices.along_diagonals(stripe, 1), stripe)


def test_novelty_of_blocks_is_two_between_opposites_and_zero_within() -> None:
    """The checkerboard gives its largest answer at the corner of two opposite blocks."""
    sign = np.repeat([1.0, -1.0], 30)
    curve = novelties.novelty(np.outer(sign, sign), 8)
    assert abs(int(curve.argmax()) - 30) <= 1
    assert 1.7 < curve.max() <= 2
    assert curve[:20].max() == curve[40:].max() == 0
    np.testing.assert_array_equal(novelties.novelty(np.ones((30, 30)), 8), 0)


def test_more_steps_than_pixels_are_averaged() -> None:
    """The picture keeps its size, later times above."""
    ramp = np.add.outer(np.arange(1500.0), np.zeros(1500))
    image, low, high = figures.picture_of(ramp)
    assert image.shape == (500, 500)
    assert low < high
    assert image[0, 0] == 255
    assert image[-1, 0] == 0


def test_lightness_rises_evenly() -> None:
    """Equal differences of likeness look equally different, in greys, too."""
    linear = figures.palette() / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lightness = np.cbrt(linear @ to_cones.T) @ np.array([0.2104542553, 0.7936177850, -0.0040720468])
    np.testing.assert_allclose(lightness, np.linspace(0.16, 0.98, 256), atol=0.01)


def test_the_figure_is_what_the_host_draws(aaba: dict[str, Any]) -> None:
    """It passes the host's check, says what it shows, and its axes reach to the end."""
    from schillinger_plugins.definition.figures import checked

    figure = checked(aaba["figure"])
    assert "boundaries at" in figure.alt
    assert len(re.findall("<image", figure["svg"])) == 2
    assert ">40</text>" in figure["svg"]


@pytest.mark.parametrize("feature", ["chroma", "mfcc", "tempogram"])
@pytest.mark.parametrize("samples", [1, 700, 30_000])
def test_short_and_silent_sounds_have_a_matrix(feature: str, samples: int) -> None:
    """However short: ones, and no boundary."""
    found = run(Audio(np.zeros(samples), RATE), feature=feature)
    np.testing.assert_allclose(found["matrix"], 1)
    assert len(found["boundaries_s"]) == 0


@pytest.mark.parametrize(
    ("audio", "said"),
    [
        (Audio(np.zeros(0), RATE), "empty"),
        (Audio(np.array([0, np.nan]), RATE), "NaN"),
        (Audio(np.zeros(RATE * 1200), RATE), r"hop_s of 0\.3 or more"),
    ],
)
def test_what_has_no_form_is_refused(audio: Audio, said: str) -> None:
    """With what to do about it."""
    with pytest.raises(ValueError, match=said):
        run(audio)


def test_the_manifest_and_the_outputs_keep_their_word(aaba: dict[str, Any]) -> None:
    """plugin.json is valid, equals get_node_definition(), and describes what comes out."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs(aaba, plugin_id=FOLDER.name)
    definition = main.SelfSimilarity(PluginContext(seed=1)).get_node_definition()
    assert definition == json.loads((FOLDER / "plugin.json").read_text())["definition"]
