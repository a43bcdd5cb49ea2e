"""The laws of scales, axes and forms, and that what sounds is what was composed."""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import importlib.util
import io
import json
import sys
from itertools import combinations, pairwise
from math import comb
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins import PluginManager
from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio, File, PluginContext

FOLDER = Path(__file__).parents[1]


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("scales_and_melodies_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(FOLDER))


main = load()
MODULES = tuple(f"melody_{word}" for word in ("scales", "rhythm", "axes", "forms", "voice", "tuning"))
scales, rhythm, axes, forms, voice, tuning = (sys.modules[name] for name in MODULES)
DEFINITION = main.ScalesAndMelodies(PluginContext()).get_node_definition()
DEFAULTS = {parameter["name"]: parameter.get("default") for parameter in DEFINITION["parameters"]}
SMALL = {"sample_rate": 8000, "drone": False, "plan": "A"}

sections = st.lists(st.integers(1, 4), max_size=6)
generators = st.tuples(st.integers(2, 12), st.integers(1, 11)).filter(lambda pair: pair[0] > pair[1])
combined_axes = st.lists(st.sampled_from("0abcd"), min_size=1, max_size=8).map(" ".join)
phrases = st.builds(
    lambda text, pair, reach, motion, seed: forms.phrase(
        axes.parsed(text),
        rhythm.bars(*pair, fractioned=True),
        reach=reach,
        motion=motion,
        rng=np.random.default_rng(seed),
    ),
    combined_axes,
    st.sampled_from([(3, 2), (4, 3), (5, 2)]),
    st.integers(1, 12),
    st.sampled_from(forms.MOTIONS),
    st.integers(0, 99),
)


def run(seed: int = 1, **parameters: Any) -> dict[str, Any]:
    plugin = main.ScalesAndMelodies(PluginContext(seed=seed))
    outputs: dict[str, Any] = asyncio.run(plugin.execute({}, {**DEFAULTS, **parameters}))
    return outputs


def test_there_are_as_many_scales_of_n_units_as_the_arithmetic_says() -> None:
    """Every choice of n − 1 units within the octave is a scale of the first group: C(11, n−1), 462 of seven units."""
    for units in range(1, 13):
        made = set()
        for rest in combinations(range(1, 12), units - 1):
            made.add(scales.symmetric(1, [above - below for below, above in pairwise((0, *rest))]).units)
        assert len(made) == comb(11, units - 1)
        assert all(len(each) == units for each in made)


@settings(deadline=None)
@given(st.sampled_from([1, 2, 3, 4, 6, 12]), sections)
def test_symmetric_scales_are_the_same_above_each_tonic(tonics: int, section: list[int]) -> None:
    """Moved up by the distance of two tonics, a scale of the third group is itself; a section too long is refused."""
    apart = 12 // tonics
    if sum(section) >= apart:
        with pytest.raises(ValueError, match=f"less than {apart}"):
            scales.symmetric(tonics, section)
        return
    scale = scales.symmetric(tonics, section)
    assert {(unit + apart) % 12 for unit in scale.units} == set(scale.units)
    assert scale.units == tuple(sorted(scale.units))
    assert scale.tonics == tuple(range(0, 12, apart))


def test_roots_of_two_part_the_octave() -> None:
    """√2 is six semitones, ∛2 four, ∜2 three, ⁶√2 two, ¹²√2 one."""
    for name, apart in zip(scales.THIRD_GROUP, (6, 4, 3, 2, 1), strict=True):
        scale = scales.chosen(name, "")
        assert {after - before for before, after in pairwise((*scale.tonics, 12))} == {apart}
        assert 2 ** (apart / 12) == pytest.approx(2 ** (1 / len(scale.tonics)))


@settings(deadline=None)
@given(st.sampled_from([*scales.FIRST_GROUP, *scales.THIRD_GROUP]), st.integers(-20, 20), st.integers(0, 5))
def test_an_expansion_takes_every_second_third_or_further_unit(name: str, step: int, expansion: int) -> None:
    """A step of the expansion of order k is k + 1 steps of the scale, up and down, in every octave."""
    scale = scales.chosen(name, "")
    assert scale.semitones(step, expansion=expansion) == scale.semitones(step * (expansion + 1))
    assert scale.semitones(step) % 12 in scale.units
    assert scale.semitones(step + len(scale.units)) == scale.semitones(step) + 12


def test_the_first_expansion_of_major_is_in_thirds_and_the_second_in_fourths() -> None:
    """C E G B D F A, and C F B E A D G."""
    major = scales.chosen("major", "")
    names = [[("C D EF G A B"[major.semitones(step, expansion=k) % 12]) for step in range(7)] for k in (1, 2)]
    assert names == [list("CEGBDFA"), list("CFBEADG")]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_are_true(module: str) -> None:
    """What the docstrings show is what comes out."""
    assert doctest.testmod(sys.modules[module]).failed == 0


@settings(deadline=None)
@given(generators, st.booleans())
def test_bars_are_of_a_units_and_read_the_same_backwards(pair: tuple[int, int], fractioned: bool) -> None:
    """A resultant is b bars long, with fractioning a bars; each is full; the whole is a palindrome."""
    a, b = pair
    made = rhythm.bars(a, b, fractioned=fractioned)
    assert [sum(bar) for bar in made] == [a] * (a if fractioned else b)
    flat = [units for bar in made for units in bar]
    assert flat == flat[::-1]


def test_known_resultants() -> None:
    """Those that the book prints, in bars."""
    assert rhythm.bars(3, 2, fractioned=False) == [(2, 1), (1, 2)]
    assert rhythm.bars(4, 3, fractioned=False) == [(3, 1), (2, 2), (1, 3)]
    assert rhythm.bars(4, 3, fractioned=True) == [(3, 1), (2, 1, 1), (1, 1, 2), (1, 3)]


@settings(deadline=None)
@given(combined_axes, st.integers(1, 14), st.integers(0, 99))
def test_axes_lead_where_their_letters_say(text: str, reach: int, seed: int) -> None:
    """0 stays; a goes up and d down from the primary axis; b comes to it from above and c from below; one goes furthest."""
    parsed = axes.parsed(text)
    heights = axes.heights(parsed, reach, np.random.default_rng(seed))
    for axis, height in zip(parsed, heights, strict=True):
        start, end = axis.line(height)
        assert (start == 0) == (axis.kind in "0ad")
        assert (end == 0) == (axis.kind in "0bc") == axis.balances
        assert np.sign(end - start) == {"0": 0, "a": 1, "b": -1, "c": 1, "d": -1}[axis.kind]
    assert max(heights) == (0 if set(text) <= {"0", " "} else reach)


def test_a_way_back_begins_where_the_way_out_has_ended() -> None:
    """A hill has one top and a valley one bottom."""
    for seed in range(20):
        up, down, out, back = axes.heights(axes.parsed("a b d c"), 7, np.random.default_rng(seed))
        assert up == down
        assert out == back


@settings(max_examples=40, deadline=None)
@given(phrases)
def test_what_begins_a_bar_lies_on_its_axis_and_a_phrase_in_balance_ends_on_the_primary_axis(phrase: Any) -> None:
    """Turns never move an accent off its axis, and after 0, b or c the last note is that of the primary axis."""
    assert all(note.on_axis for note in phrase if note.accent)
    if phrase[-1].axis in "0bc":
        assert phrase[-1].step == 0
    assert phrase[-1].accent


@settings(max_examples=40, deadline=None)
@given(phrases)
def test_within_a_bar_no_note_is_repeated(phrase: Any) -> None:
    """A note that begins no bar differs from the one before it."""
    assert all(after.accent or after.step != before.step for before, after in pairwise(phrase))


@settings(max_examples=40, deadline=None)
@given(phrases, st.sampled_from("ABCD"))
def test_geometrical_positions_undo_themselves_and_keep_the_time(phrase: Any, position: str) -> None:
    """Each position taken twice is the phrase; C is B upside down; no position changes how long it takes."""
    turned = forms.in_position(phrase, position)
    assert forms.in_position(turned, position) == phrase
    assert sum(note.units for note in turned) == sum(note.units for note in phrase)
    assert forms.in_position(phrase, "C") == forms.in_position(forms.in_position(phrase, "B"), "D")
    assert [note.step for note in forms.in_position(phrase, "D")] == [-note.step for note in phrase]


@settings(max_examples=40, deadline=None)
@given(phrases, st.integers(0, 99))
def test_a_variation_keeps_rhythm_and_skeleton(phrase: Any, seed: int) -> None:
    """What comes back varied has the same durations and the same notes on the axes."""
    again = forms.varied(phrase, np.random.default_rng(seed))
    assert [note.units for note in again] == [note.units for note in phrase]
    assert [note.step for note in again if note.accent] == [note.step for note in phrase if note.accent]


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([*scales.FIRST_GROUP, *scales.THIRD_GROUP]),
    st.integers(0, 5),
    st.sampled_from(["C", "F♯", "B"]),
    st.integers(2, 5),
    st.integers(2, 24),
    st.integers(0, 99),
)
def test_every_note_is_of_the_scale_and_within_reach(
    scale: str, expansion: int, tonic: str, octave: int, semitones: int, seed: int
) -> None:
    """Whatever scale, expansion, tonic and range: only units of the scale, an octave beyond the range at most, in MIDI."""
    made = run(
        seed, **SMALL, scale=scale, expansion=expansion, tonic=tonic, octave=octave, range=semitones, tempo_bpm=400
    )
    base = 12 * (octave + 1) + {"C": 0, "F♯": 6, "B": 11}[tonic]
    above = made["pitches"] - base
    assert set(above.astype(int) % 12) <= set(made["scale_units"])
    assert (np.abs(above) <= semitones + 12).all()
    assert ((made["pitches"] >= 0) & (made["pitches"] <= 127)).all()


def test_the_tonic_is_the_pitch_time_maximum() -> None:
    """By default a melody spends most of its time on its primary axis, and ends there, whatever the seed."""
    for seed in range(6):
        made = run(seed, sample_rate=8000, drone=False)
        assert made["primary_axis"] == made["notation"].split()[-1] == "D4"


def test_the_climax_is_reached() -> None:
    """In the line of a straight melody the furthest note is as far away as the range says."""
    made = run(**SMALL, axes="0 a b 0", motion="straight", scale="major", tonic="C", range=12)
    assert made["pitches"].max() == 72


def test_midi_says_what_sounds() -> None:
    """The notes of the file are the events: when, what, how long, and never two at once."""
    made = run(**SMALL, tempo_bpm=97.5, a=5, b=2, unit="1/16")
    file = mido.MidiFile(file=io.BytesIO(made["midi"]))
    tick_s = 60 / 97.5 / file.ticks_per_beat
    now, sounding, onsets, pitches = 0, 0, [], []
    for message in file.tracks[1]:
        now += message.time
        if message.type == "note_on":
            sounding += 1
            onsets.append(now * tick_s)
            pitches.append(message.note)
        elif message.type == "note_off":
            sounding -= 1
        assert sounding in (0, 1)
    np.testing.assert_allclose(onsets, made["onset_times_s"], atol=tick_s)
    np.testing.assert_array_equal(pitches, made["pitches"])
    assert (file.tracks[0][1].numerator, file.tracks[0][1].denominator) == (5, 16)


def test_the_pitches_are_heard() -> None:
    """In the middle of each long note, the strongest frequency of the spectrum is that of its pitch."""
    made = run(plan="A", drone=False, tempo_bpm=80, sample_rate=16000)
    samples = made["audio"].mono()
    for event in made["events"]:
        if event["duration_s"] < 0.6:
            continue
        start = int((event["time_s"] + 0.2) * 16000)
        piece = samples[start : start + 6400] * np.hanning(6400)
        peak_hz = np.abs(np.fft.rfft(piece, 1 << 17)).argmax() * 16000 / (1 << 17)
        assert 12 * np.log2(peak_hz / (440 * 2 ** ((event["pitch"] - 69) / 12))) == pytest.approx(0, abs=0.15)


def test_audio_is_as_long_and_loud_as_said() -> None:
    """Stereo, the melody's length and the ringing after it, peak at −3 dBFS, no offset, and no click at the end."""
    made = run(plan="AD", sample_rate=22050)
    audio = made["audio"]
    assert (audio.channels, audio.sample_rate) == (2, 22050)
    assert audio.duration_s == pytest.approx(made["duration_s"] + 2.0, abs=0.01)
    assert 20 * np.log10(np.abs(audio.samples).max()) == pytest.approx(-3, abs=0.01)
    assert np.abs(audio.samples[:, -100:]).max() < 3e-3
    assert np.abs(audio.samples.mean(axis=1)).max() < 1e-3


def test_the_room_and_the_drone_are_one_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made in blocks of another size the sound is the same but for how finely the drone's swelling is drawn."""
    settings_ = {"plan": "A", "sample_rate": 8000, "axes": "0 a b 0"}
    whole = run(**settings_)["audio"].samples
    monkeypatch.setattr(voice, "_BLOCK", 4999)
    np.testing.assert_allclose(run(**settings_)["audio"].samples, whole, atol=1e-3)


def test_generate_yields_the_notes_and_then_the_sound() -> None:
    """The events come first and in order, the blocks of sound after them are what `execute` joins."""
    plugin = main.ScalesAndMelodies(PluginContext(seed=1))
    items = list(plugin.generate({**DEFAULTS, **SMALL}))
    kinds = [isinstance(item, Audio) for item in items]
    assert kinds == sorted(kinds)
    whole = run(**SMALL)
    assert [item for item in items if isinstance(item, dict)] == whole["events"]
    joined = np.concatenate([item.samples for item in items if isinstance(item, Audio)], axis=1)
    np.testing.assert_array_equal(joined, whole["audio"].samples)
    assert np.all(np.diff([event["time_s"] for event in whole["events"]]) > 0)


def test_a_seed_gives_the_same_melody() -> None:
    """The same seed gives the same samples and notes, another one others."""
    first, again, other = (run(seed, **SMALL) for seed in (1, 1, 2))
    assert first["audio"] == again["audio"]
    assert first["events"] == again["events"]
    assert first["notation"] != other["notation"]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"a": 3, "b": 4}, "a is 3 and b is 4.*exchange them"),
        ({"axes": "0 e"}, "'e', which is no axis"),
        ({"axes": "a99"}, "'a99', which is no axis.*1 to 16"),
        ({"axes": " "}, "there are 0 axes"),
        ({"plan": "AX"}, "plan is 'AX'.*A .as it is."),
        ({"plan": ""}, "plan is ''"),
        ({"intervals": "2+x"}, "'x', which is no interval"),
        ({"intervals": "6+6"}, "add up to 12 semitones and reach the octave above"),
        ({"scale": "∛2: three tonics", "intervals": "2+2"}, "reach the next tonic, 4 semitones above"),
        ({"axes": "0 a16 b16", "plan": "A" * 32, "tempo_bpm": 20}, "at most 600 s"),
    ],
)
def test_what_can_not_be_is_refused(parameters: dict[str, Any], says: str) -> None:
    """The error names the value and what to write instead."""
    with pytest.raises(ValueError, match=says):
        run(**parameters)


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, its choices are those of the modules, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs(run(**SMALL), plugin_id=FOLDER.name)
    assert json.loads((FOLDER / "plugin.json").read_text())["definition"] == DEFINITION
    options = {parameter["name"]: parameter.get("options") for parameter in DEFINITION["parameters"]}
    assert options["scale"] == [*scales.FIRST_GROUP, *scales.THIRD_GROUP]
    assert options["motion"] == list(forms.MOTIONS)


def test_it_plays_in_its_worker() -> None:
    """Confined, under the same seed, it gives the same melody as here."""
    with PluginManager([FOLDER]) as manager:
        made = manager.create_instance("scales_and_melodies").execute({}, SMALL, seed=1)
    here = run(1, **SMALL)
    assert made["notation"] == here["notation"]
    np.testing.assert_allclose(made["audio"].samples, here["audio"].samples, atol=1e-6)


JUST = b"""! just.scl
!
Five-limit just intonation, of no one in particular
 12
!
 16/15
 9/8   a whole tone
 6/5
 386.314 cents
 4/3
 7/5
 3/2
 8/5
 5/3
 9/5
 15/8
 2
! and what is behind the last note is nobody's business
"""


def test_a_tuning_is_read_as_scala_writes_it() -> None:
    """Cents have a point, ratios a stroke or nothing; what follows a number, and what begins with !, says nothing."""
    read = tuning.parsed(JUST)
    assert read.description == "Five-limit just intonation, of no one in particular"
    assert read.cents[:4] == (111.731, 203.91, 315.641, 386.314)
    assert read.cents[-1] == 1200
    assert tuning.parsed(JUST.replace(b"\n", b"\r\n")).cents == read.cents
    assert tuning.parsed(JUST.replace(b"16/15", b"-5.0")).cents[0] == -5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (JUST, b"", "it lacks its description"),
        (JUST, bytes(range(256)), "Scala file"),
        (b" 12", b" 7", "has 7 notes"),
        (b" 12", b" dozen", "line 4"),
        (b" 6/5", b" 6/0", "line 8"),
        (b" 6/5", b" six", "line 8"),
        (b" 6/5", b" .", "line 8"),
        (b" 6/5", b" 99999999.", "line 8"),
        (b" 2\n", b" 1/2\n", "above the tonic"),
        (b" 15/8\n 2\n", b"", "ends after 10 of 12"),
    ],
)
def test_what_is_no_tuning_is_refused_with_its_line(old: bytes, new: bytes, said: str) -> None:
    """Whatever a file with that ending holds."""
    with pytest.raises(ValueError, match=said):
        tuning.parsed(JUST.replace(old, new))


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reading(data: bytes) -> None:
    """It is a tuning, or it is refused."""
    with contextlib.suppress(ValueError):
        assert len(tuning.parsed(data).cents) == 12


def test_notes_sound_where_the_tuning_has_them() -> None:
    """Counted from the tonic, in every octave; as written they stay what they are. Without a file nothing is moved."""
    plain, tuned = run(**SMALL), run(**SMALL, tuning=File("just.scl", JUST))
    assert tuned["events"] == plain["events"]
    assert tuned["midi"] == plain["midi"]
    tonic, cents = 62, (0.0, *tuning.parsed(JUST).cents)
    for before, after in zip(plain["pitches"], tuned["pitches"], strict=True):
        octave, degree = divmod(int(before) - tonic, 12)
        assert after == pytest.approx(tonic + 12 * octave + cents[degree] / 100)
    assert not np.array_equal(plain["audio"].samples, tuned["audio"].samples)
    equal = b"e\n12\n" + b"".join(b"%d.\n" % (100 * degree) for degree in range(1, 13))
    assert run(**SMALL, tuning=File("", equal))["audio"] == plain["audio"]
