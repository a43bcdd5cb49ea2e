"""The laws of the Parametric EQ: the cookbook's curves, streams without seams, changes without clicks."""

from __future__ import annotations

import asyncio
import doctest
import importlib.util
import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt, tf2zpk

from schillinger_plugins import PluginManager
from schillinger_plugins.definition.figures import checked
from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio, Figure, PluginContext

FOLDER = Path(__file__).parents[1]
RATE = 48000


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("parametric_eq_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
biquads, bands, drawing, stream = (sys.modules[name] for name in ("eq_biquads", "eq_bands", "eq_drawing", "eq_stream"))
DEFINITION = main.ParametricEq(PluginContext()).get_node_definition()
FLAT = {parameter["name"]: parameter["default"] for parameter in DEFINITION["parameters"]}
BUSY = {
    **FLAT,
    "high_pass": "24 dB/oct",
    "high_pass_hz": 80,
    "low_shelf_db": 5,
    "bell_1_db": -7,
    "bell_3_db": 4,
    "bell_3_q": 5,
    "high_shelf_db": -3,
    "low_pass": "12 dB/oct",
    "output_db": -2,
}

gains_db = st.floats(-24, 24)
rates = st.sampled_from([8000, 11025, 44100, 48000, 96000, 192000])


def anything(parameter: dict[str, Any]) -> Any:
    """Any value that a parameter may have."""
    if parameter["type"] == "choice":
        return st.sampled_from(parameter["options"])
    return st.floats(parameter["min"], parameter["max"])


any_settings = st.fixed_dictionaries({parameter["name"]: anything(parameter) for parameter in DEFINITION["parameters"]})


def noise(frames: int, channels: int = 2, seed: int = 0) -> Any:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def run(sound: Audio, **parameters: Any) -> dict[str, Any]:
    plugin = main.ParametricEq(PluginContext())
    outputs: dict[str, Any] = asyncio.run(plugin.execute({"audio": sound}, {**FLAT, **parameters}))
    return outputs


def in_blocks(plugin: Any, samples: Any, cuts: list[int], schedule: dict[int, dict[str, Any]]) -> Any:
    """Stream samples, cut at `cuts` and wherever the settings change."""
    edges = sorted({0, samples.shape[1], *cuts, *schedule})
    made, now = [samples[:, :0]], FLAT
    for start, end in pairwise(edges):
        now = schedule.get(start, now)
        made.append(plugin.process(Audio(samples[:, start:end], RATE), now).samples)
    return np.concatenate(made, axis=1)


def response_db(row: Any, frequency: float) -> float:
    return float(biquads.response_db(np.array([row]), np.array([frequency]))[0])


@settings(deadline=None)
@given(st.floats(0.001, 0.45), gains_db, st.floats(0.1, 40))
def test_a_bell_has_its_gain_at_its_centre_and_none_far_away(frequency: float, gain_db: float, q: float) -> None:
    """The full gain at the centre, none at 0 Hz and at half the sample rate."""
    row = biquads.peaking(frequency, gain_db, q)
    assert response_db(row, frequency) == pytest.approx(gain_db, abs=1e-6)
    assert response_db(row, 0.0) == pytest.approx(0, abs=1e-5)
    assert response_db(row, 0.5) == pytest.approx(0, abs=1e-5)


@settings(deadline=None)
@given(st.floats(0.001, 0.45), gains_db, st.floats(0.1, 1))
def test_shelves_have_their_gain_on_one_side_and_half_of_it_at_their_corner(
    frequency: float, gain_db: float, slope: float
) -> None:
    """A low shelf at 0 Hz, a high one at half the sample rate; the two of opposite gain differ by a plain gain."""
    low, high = biquads.low_shelf(frequency, gain_db, slope), biquads.high_shelf(frequency, gain_db, slope)
    for row, full, none in ((low, 0.0, 0.5), (high, 0.5, 0.0)):
        assert response_db(row, full) == pytest.approx(gain_db, abs=1e-5)
        assert response_db(row, none) == pytest.approx(0, abs=1e-5)
        assert response_db(row, frequency) == pytest.approx(gain_db / 2, abs=1e-5)


@pytest.mark.parametrize("order", [2, 4, 8])
@pytest.mark.parametrize(("kind", "word"), [("low_pass", "lowpass"), ("high_pass", "highpass")])
def test_the_cuts_are_scipys_butterworth_filters(order: int, kind: str, word: str) -> None:
    """Low-pass and high-pass of every slope have the response of `scipy.signal.butter`."""
    rows = np.array([getattr(biquads, kind)(0.1, q) for q in biquads.butterworth_qs(order)])
    grid = np.linspace(0.005, 0.45, 100)
    np.testing.assert_allclose(
        biquads.response_db(rows, grid),
        biquads.response_db(butter(order, 0.2, word, output="sos"), grid),
        atol=1e-6,
    )


@settings(max_examples=30, deadline=None)
@given(any_settings, st.sampled_from([1, 50, 8000, 44100, 192000]))
def test_every_cascade_is_stable(parameters: dict[str, Any], sample_rate: int) -> None:
    """All poles of all settings at any rate lie within the unit circle."""
    rows = bands.cascade(parameters, sample_rate)
    assert rows.shape == (bands.ROWS, 6)
    assert np.isfinite(rows).all()
    for row in rows:
        assert (np.abs(tf2zpk(row[:3], row[3:])[1]) < 1).all()
    assert biquads.slowest_decay(rows) < 1


@settings(max_examples=30, deadline=None)
@given(any_settings, rates)
def test_the_curve_is_what_is_done_to_a_sound(parameters: dict[str, Any], sample_rate: int) -> None:
    """The spectrum of the impulse response, as SciPy filters it, is the curve that is given."""
    parameters = {**parameters, **{f"bell_{bell}_q": 1.0 for bell in range(1, 5)}}
    frequencies_hz, curve_db = bands.response(parameters, sample_rate)
    heard = (frequencies_hz > 200) & (curve_db > -45)  # below lies what is cut off of the response
    impulse = np.zeros(1 << 16)
    impulse[0] = 1
    spectrum = np.abs(np.fft.rfft(sosfilt(bands.cascade(parameters, sample_rate), impulse)))
    measured = np.interp(frequencies_hz[heard], np.fft.rfftfreq(impulse.size, 1 / sample_rate), spectrum)
    np.testing.assert_allclose(20 * np.log10(measured), curve_db[heard], atol=0.3)


def test_flat_is_identity() -> None:
    """With every band at rest, the sound is the same to the bit, and as long."""
    sound = Audio(noise(1000), RATE)
    assert run(sound)["audio"] == sound


def test_a_tone_gets_the_gain_of_the_curve() -> None:
    """Through the plugin, a tone at a bell's centre becomes louder by what the curve says."""
    t = np.arange(RATE) / RATE
    tone = Audio(0.1 * np.sin(2 * np.pi * 800 * t), RATE)
    outputs = run(tone, bell_2_db=6, bell_2_hz=800, high_shelf_db=-4, high_shelf_hz=3000)
    steady = slice(RATE // 2, RATE)
    gain_db = 20 * np.log10(np.abs(outputs["audio"].samples[0, steady]).max() / 0.1)
    curve_db = np.interp(800, outputs["response_frequencies_hz"], outputs["response_db"])
    assert gain_db == pytest.approx(curve_db, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 2999), max_size=12),
    st.dictionaries(st.integers(0, 2999), st.sampled_from([FLAT, BUSY, {**BUSY, "bell_1_db": 3}]), max_size=4),
)
def test_block_size_changes_nothing(cuts: list[int], schedule: dict[int, dict[str, Any]]) -> None:
    """However a sound is cut, down to single frames, and whenever settings change: the same to the bit."""
    samples = noise(3000)
    whole = in_blocks(main.ParametricEq(PluginContext()), samples, [], schedule)
    cut = in_blocks(main.ParametricEq(PluginContext()), samples, cuts, schedule)
    np.testing.assert_array_equal(cut, whole)


def test_single_frames_are_one_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frame by frame, through changes and over the frames at which filters are calmed, it is the same to the bit."""
    monkeypatch.setattr(stream, "_CALM_FRAMES", 512)
    samples = noise(1500, channels=1)
    schedule = {0: BUSY, 200: FLAT, 201: BUSY}
    whole = in_blocks(main.ParametricEq(PluginContext()), samples, [], schedule)
    single = in_blocks(main.ParametricEq(PluginContext()), samples, list(range(1500)), schedule)
    np.testing.assert_array_equal(single, whole)


def test_the_streamed_sound_is_the_whole_one() -> None:
    """`execute` and a stream of blocks give the same samples, and the tail comes after them."""
    sound = Audio(noise(100_000), RATE)
    whole = run(sound, **BUSY)["audio"]
    assert whole.frames > sound.frames
    streamed = in_blocks(main.ParametricEq(PluginContext()), sound.samples, [777, 40_000], {0: BUSY})
    np.testing.assert_array_equal(whole.samples[:, : sound.frames], streamed)


def test_a_change_does_not_click() -> None:
    """While gain, a cut and a frequency jump every 30 ms, a tone stays as smooth as its loudest moment asks for."""
    t = np.arange(RATE) / RATE
    samples = (0.5 * np.sin(2 * np.pi * 300 * t))[np.newaxis].astype(np.float32)
    loud = {**FLAT, "bell_2_hz": 300, "bell_2_db": 12}
    soft = {**FLAT, "bell_2_hz": 5000, "bell_2_db": -24, "high_pass": "48 dB/oct", "high_pass_hz": 1000}
    schedule = {start: (loud, soft)[start // 1440 % 2] for start in range(0, RATE, 1440)}
    made = in_blocks(main.ParametricEq(PluginContext()), samples, [], schedule)[0].astype(np.float64)
    amplitude = 0.5 * 10 ** (12 / 20)
    steepest = amplitude * (2 * np.pi * 300 / RATE) ** 2
    assert np.abs(np.diff(made, 2)).max() < 1.5 * steepest


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_filters_that_take_the_place_of_the_same_ones_go_on_as_they_would(lengths: list[int]) -> None:
    """The memory that is made of the past samples is the one that there was, however few there have been."""
    rows = bands.cascade(BUSY, RATE)
    now = stream.Cascade.silent(rows, 2)
    for seed, length in enumerate(lengths):
        now.run(noise(length, seed=seed).astype(np.float64))
    np.testing.assert_allclose(now.succeeded_by(rows).memory, now.memory, rtol=1e-6, atol=1e-12)


def test_after_a_change_it_is_as_if_it_had_always_been_so() -> None:
    """The fade leads to the new curve, and half a second later nothing is left of the old one."""
    samples = noise(2 * RATE)
    changed = in_blocks(main.ParametricEq(PluginContext()), samples, [], {0: FLAT, RATE: BUSY})
    always = in_blocks(main.ParametricEq(PluginContext()), samples, [], {0: BUSY})
    np.testing.assert_array_equal(changed[:, :RATE], samples[:, :RATE])
    np.testing.assert_allclose(changed[:, -RATE // 2 :], always[:, -RATE // 2 :], atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(any_settings)
def test_after_the_tail_nothing_is_heard(parameters: dict[str, Any]) -> None:
    """What an impulse leaves after the tail is 60 dB below its peak at least, however many filters ring alike."""
    rows = bands.cascade(parameters, RATE)
    line = stream.EqStream(RATE, rows, 1)
    tail = int(line.tail_s * RATE)
    impulse = np.zeros((1, tail + RATE // 10), np.float32)
    impulse[0, 0] = 1
    ringing = np.abs(line.process(impulse, rows)[0])
    assert ringing[tail + 1 :].max() <= 1e-3 * ringing.max()


def test_what_is_no_number_harms_no_other_sample() -> None:
    """NaN and infinity stay where they are, and the sound goes on as if they had been zero."""
    samples = noise(2000)
    broken, zeroed = samples.copy(), samples.copy()
    broken[0, 100], broken[1, 700] = np.nan, -np.inf
    zeroed[0, 100] = zeroed[1, 700] = 0
    made, expected = (in_blocks(main.ParametricEq(PluginContext()), each, [], {0: BUSY}) for each in (broken, zeroed))
    assert np.isnan(made[0, 100])
    assert made[1, 700] == -np.inf
    made[0, 100], made[1, 700] = expected[0, 100], expected[1, 700]
    np.testing.assert_array_equal(made, expected)


def test_ringing_ends_in_true_zeros() -> None:
    """In silence the filters' memory becomes zero instead of too small for the processor to be fast."""
    line = stream.EqStream(RATE, bands.cascade(BUSY, RATE), 1)
    rows = bands.cascade(BUSY, RATE)
    line.process(noise(1000, channels=1), rows)
    line.process(np.zeros((1, 20 * RATE), np.float32), rows)
    (_, memory, _, _) = line.as_data()["cascades"][0]
    assert not memory.any()


def test_reset_begins_another_sound() -> None:
    """After reset the same blocks give the same samples, and other channels are taken."""
    plugin, samples = main.ParametricEq(PluginContext()), noise(500)
    first = in_blocks(plugin, samples, [], {0: BUSY})
    plugin.reset()
    np.testing.assert_array_equal(in_blocks(plugin, samples, [], {0: BUSY}), first)
    with pytest.raises(ValueError, match=r"1 channels at 48000 Hz, but the sound so far has 2 .*reset\(\)"):
        plugin.process(Audio(samples[:1], RATE), FLAT)


def test_the_state_goes_on_in_another_object() -> None:
    """A stream handed over in the middle of a fade goes on to the bit."""
    samples = noise(3000)
    one, other = main.ParametricEq(PluginContext()), main.ParametricEq(PluginContext())
    schedule = {0: FLAT, 1000: BUSY}
    whole = in_blocks(main.ParametricEq(PluginContext()), samples, [], schedule)
    first = in_blocks(one, samples[:, :1300], [], schedule)
    other.set_state(one.get_state())
    second = other.process(Audio(samples[:, 1300:], RATE), BUSY).samples
    np.testing.assert_array_equal(np.concatenate([first, second], axis=1), whole)


def test_bands_beyond_the_sample_rate() -> None:
    """Bells, high shelf and low-pass above it do nothing; a low shelf there raises all of the sound."""
    above = {"bell_4_db": 12.0, "bell_4_hz": 9000, "high_shelf_db": 12, "high_shelf_hz": 9000, "low_pass": "12 dB/oct"}
    np.testing.assert_array_equal(bands.response({**FLAT, **above}, 8000)[1], 0)
    low = {**FLAT, "low_shelf_db": 6.0, "low_shelf_hz": 2000.0, "low_shelf_slope": 1.0}
    assert bands.response(low, 1000)[1][:256].min() == pytest.approx(6, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(any_settings, st.sampled_from([1, 50, 8000, 44100, 192000]))
def test_every_curve_can_be_drawn(parameters: dict[str, Any], sample_rate: int) -> None:
    """Whatever the settings and the rate, the host takes the drawing, and all of its points lie within it."""
    frequencies_hz, response_db = bands.response(parameters, sample_rate)
    text = drawing.curve_svg(frequencies_hz, response_db)
    checked(Figure.svg(text, alt=drawing.curve_words(frequencies_hz, response_db)))
    points = [point.split(",") for point in re.findall(r'<polyline points="([^"]*)"', text)[0].split()]
    assert len(points) == frequencies_hz.size
    assert all(0 <= float(x) <= 720 and 0 <= float(y) <= 260 for x, y in points)


def test_the_drawing_says_what_it_shows() -> None:
    """The alternative text names the extremes of the curve, and a flat one is said to be flat."""
    words = drawing.curve_words(*bands.response({**FLAT, "bell_2_db": 6.0, "bell_2_hz": 1000.0}, 44100))
    assert "highest +6 dB at 1" in words
    assert drawing.curve_words(*bands.response(FLAT, 44100)) == "Gain from 10 Hz to 22.1 kHz: 0 dB throughout"
    assert doctest.testmod(drawing, extraglobs={"np": np}).failed == 0


@pytest.mark.parametrize("frames", [0, 1])
def test_the_shortest_sounds(frames: int) -> None:
    """A sound of no frames stays one; a single frame is filtered."""
    made = run(Audio(noise(frames), RATE), **BUSY)["audio"]
    assert made.channels == 2
    assert (made.frames == 0) == (frames == 0)


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs(run(Audio(noise(9), RATE)), plugin_id=FOLDER.name)
    assert json.loads((FOLDER / "plugin.json").read_text())["definition"] == DEFINITION


def test_it_streams_from_its_worker() -> None:
    """Confined, block by block, with a change and a reload on the way, it gives what it gives here."""
    samples = noise(6000)
    expected = in_blocks(main.ParametricEq(PluginContext()), samples, [], {0: FLAT, 2000: {**FLAT, "bell_2_db": 9.0}})
    with PluginManager([FOLDER]) as manager:
        instance = manager.create_instance("parametric_eq")
        with instance.stream({}) as line:
            first = line.process(Audio(samples[:, :2000], RATE))
            second = line.process(Audio(samples[:, 2000:2500], RATE), bell_2_db=9.0)
            manager.reload("parametric_eq")
            third = line.process(Audio(samples[:, 2500:], RATE))
            assert line.tail_s > 0
            assert line.latency_frames == 0
        np.testing.assert_array_equal(
            np.concatenate([block.samples for block in (first, second, third)], axis=1), expected
        )
        whole = instance.execute({"audio": Audio(samples, RATE)}, {"high_shelf_db": 6})
    assert whole["response_db"].shape == whole["response_frequencies_hz"].shape == (512,)
    assert whole["response_db"][-1] == pytest.approx(6, abs=0.1)
