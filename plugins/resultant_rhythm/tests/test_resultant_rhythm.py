"""The theorems of Schillinger's resultants, and that what is played is what was computed."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import sys
from collections import Counter
from math import factorial
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import PluginContext

FOLDER = Path(__file__).parents[1]


def load_from(folder: Path, name: str) -> Any:
    """A plugin's main module, its folder first on the path as in a worker."""
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(name, folder / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(folder))


main = load_from(FOLDER, "resultant_rhythm_main")
theory, voices = sys.modules["rhythm_resultants"], sys.modules["rhythm_voices"]
generators = st.tuples(st.integers(2, 12), st.integers(1, 11)).filter(lambda pair: pair[0] > pair[1])


def run(seed: int = 1, **parameters: Any) -> dict[str, Any]:
    plugin = main.ResultantRhythm(PluginContext(seed=seed))
    defaults = {p["name"]: p["default"] for p in plugin.get_node_definition()["parameters"]}
    outputs: dict[str, Any] = asyncio.run(plugin.execute({}, {**defaults, **parameters}))
    return outputs


@pytest.mark.parametrize(
    ("form", "a", "b", "durations"),
    [
        ("balanced", 4, 3, [3, 1, 2, 1, 1, 1, 1, 2, 1, 3, 3, 1, 2, 2, 1, 3, 4]),
        ("balanced", 5, 2, [*theory.fractioned(5, 2), *theory.resultant(5, 2) * 2, 5]),
        ("expanded", 3, 2, [2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 2]),
        ("resultant", 3, 2, [2, 1, 1, 2]),
        ("resultant", 4, 3, [3, 1, 2, 2, 1, 3]),
        ("resultant", 5, 2, [2, 2, 1, 1, 2, 2]),
        ("resultant", 5, 4, [4, 1, 3, 2, 2, 3, 1, 4]),
        ("fractioned", 3, 2, [2, 1, 1, 1, 1, 1, 2]),
        ("fractioned", 4, 3, [3, 1, 2, 1, 1, 1, 1, 2, 1, 3]),
    ],
)
def test_the_books_resultants(form: str, a: int, b: int, durations: list[int]) -> None:
    """The resultants printed in the book come out as printed."""
    assert theory.FORMS[form](a, b) == durations


@given(generators)
def test_a_resultant_is_the_union_of_two_pulses(pair: tuple[int, int]) -> None:
    """Every attack of r is a multiple of a or of b, all of them are there, and the length is a times b."""
    a, b = pair
    durations = theory.resultant(a, b)
    attacks = np.cumsum([0, *durations])[:-1].tolist()
    assert attacks == [n for n in range(a * b) if n % a == 0 or n % b == 0]
    assert sum(durations) == a * b


@given(generators)
def test_resultants_are_palindromes(pair: tuple[int, int]) -> None:
    """r and its fractioned form read the same backwards."""
    for form in (theory.resultant, theory.fractioned):
        assert form(*pair) == form(*pair)[::-1]


@given(generators)
def test_the_forms_have_the_lengths_of_their_formulas(pair: tuple[int, int]) -> None:
    """Fractioned a², balanced 2a², expanded and contracted a² + ab; contraction is expansion backwards."""
    a, b = pair
    sums = {name: sum(form(a, b)) for name, form in theory.FORMS.items()}
    whole = a * a + a * b
    assert sums == {
        "resultant": a * b,
        "fractioned": a * a,
        "balanced": 2 * a * a,
        "expanded": whole,
        "contracted": whole,
    }
    assert theory.contracted(a, b) == theory.expanded(a, b)[::-1]


@given(generators, st.sampled_from(sorted(set(theory.FORMS) - {"balanced"})))
def test_in_bars_of_a_nothing_crosses_a_bar_line(pair: tuple[int, int], form: str) -> None:
    """Cut by a, every bar but none of its durations is cut, and joining the bars gives the durations back."""
    durations = theory.FORMS[form](*pair)
    bars = theory.into_bars(durations, pair[0])
    assert not any(bar.tied for bar in bars)
    assert all(sum(bar.units) == pair[0] for bar in bars)
    assert theory.from_bars(bars) == durations


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(1, 12))
def test_cutting_and_joining_is_identity(durations: list[int], bar_units: int) -> None:
    """Bars of any length, ties joined, give the durations back."""
    bars = theory.into_bars(durations, bar_units)
    assert theory.from_bars(bars) == durations
    assert all(sum(bar.units) == bar_units for bar in bars[:-1])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 6), st.data())
def test_permutations_keep_the_bars(durations: list[int], bar_units: int, data: Any) -> None:
    """A permutation keeps every bar and the total length; a full rotation is identity."""
    bars = theory.into_bars(durations, bar_units)
    number = data.draw(st.integers(0, factorial(len(bars)) - 1))
    rotation = data.draw(st.integers(0, 30))
    changed = theory.rearrange(bars, rotation=rotation, permutation=number)
    assert Counter(bar.units for bar in changed) == Counter(bar.units for bar in bars)
    assert sum(theory.from_bars(changed)) == sum(durations)
    assert theory.rearrange(bars, rotation=len(bars), permutation=0) == bars


def test_permutations_are_in_lexicographic_order() -> None:
    """The numbers 0 to n!−1 give all orders of n bars, in lexicographic order."""
    bars = theory.into_bars([1, 2, 3], 99)[:0] + [theory.Bar((n,), tied=False) for n in (1, 2, 3)]
    orders = [[bar.units[0] for bar in theory.rearrange(bars, rotation=0, permutation=k)] for k in range(6)]
    assert orders == [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]]
    with pytest.raises(ValueError, match="3 bars have 6 permutations: choose 0 to 5"):
        theory.rearrange(bars, rotation=0, permutation=6)


def test_a_parted_tie_becomes_an_attack() -> None:
    """A duration over a bar line is tied; when its bars are parted, both parts sound."""
    straight = run(a=4, b=3, bar_units=5)
    assert "~" in straight["notation"]
    assert sum(map(len, straight["bars"])) > len(straight["durations"])
    parted = run(a=4, b=3, bar_units=5, rotation=1)
    assert sum(parted["durations"]) == 12


def test_generators_the_wrong_way_round_are_refused() -> None:
    """The error says which must be greater, and what to do."""
    with pytest.raises(ValueError, match=r"a is 3 and b is 4.*exchange them"):
        run(a=3, b=4)


def test_endless_music_is_refused() -> None:
    """More than ten minutes of sound is refused before any is made."""
    with pytest.raises(ValueError, match="at most 600 s"):
        run(a=16, b=15, repeats=64, tempo_bpm=20)


@settings(max_examples=20, deadline=None)
@given(generators, st.sampled_from(["1/4", "1/8", "1/16", "1/32"]), st.sampled_from([60.0, 120.0, 97.5]))
def test_midi_says_what_sounds(pair: tuple[int, int], unit: str, tempo_bpm: float) -> None:
    """The note-ons of both tracks fall on the onsets, to a tick, and percussion is on channel 10."""
    rhythm = run(a=pair[0], b=pair[1], repeats=1, unit=unit, tempo_bpm=tempo_bpm, sample_rate=8000)
    file = mido.MidiFile(file=io.BytesIO(rhythm["midi"]))
    tick_s = 60 / tempo_bpm / file.ticks_per_beat
    for track, channel in zip(file.tracks[1:], (9, 0), strict=True):
        now, onsets = 0, []
        for message in track:
            now += message.time
            if message.type == "note_on":
                onsets.append(now * tick_s)
                assert message.channel == channel
        np.testing.assert_allclose(onsets, rhythm["onset_times_s"], atol=tick_s)


def test_audio_is_as_long_and_loud_as_said() -> None:
    """Stereo, the rhythm's length and the ringing after it, peak at −3 dBFS, and no click at the end."""
    rhythm = run(repeats=2, sample_rate=22050)
    audio = rhythm["audio"]
    assert (audio.channels, audio.sample_rate) == (2, 22050)
    assert audio.duration_s == pytest.approx(rhythm["duration_s"] + 0.8, abs=0.01)
    assert 20 * np.log10(np.abs(audio.samples).max()) == pytest.approx(-3, abs=0.01)
    assert np.abs(audio.samples[:, -10:]).max() < 1e-3


def test_the_room_is_one_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    """The echo made in blocks is the same, to single precision, as in one, so no block boundary is heard."""
    whole = run(repeats=1, sample_rate=8000)["audio"].samples
    monkeypatch.setattr(voices, "_BLOCK", 999)
    np.testing.assert_allclose(run(repeats=1, sample_rate=8000)["audio"].samples, whole, atol=2e-6)


def test_both_voices_sound_and_can_be_chosen() -> None:
    """Percussive and pitched alone differ from each other and from both, and have a MIDI track less."""
    made = {name: run(repeats=1, voices=name) for name in ("both", "percussive", "pitched")}
    tracks = {name: len(mido.MidiFile(file=io.BytesIO(each["midi"])).tracks) for name, each in made.items()}
    assert tracks == {"both": 3, "percussive": 2, "pitched": 2}
    assert len({each["audio"].samples.tobytes() for each in made.values()}) == 3


def test_midi_states_tempo_and_bars() -> None:
    """The file's tempo is in quarter notes per minute, and its time signature is the bar."""
    head = mido.MidiFile(file=io.BytesIO(run(repeats=1, tempo_bpm=90, unit="1/8")["midi"])).tracks[0]
    tempo, bar = head[0], head[1]
    assert mido.tempo2bpm(tempo.tempo) == pytest.approx(90)
    assert (bar.numerator, bar.denominator) == (4, 8)


def test_a_seed_gives_the_same_samples() -> None:
    """The same seed gives the same sound to the bit, another one another."""
    first, again, other = (run(seed, repeats=1)["audio"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.skipif(not (FOLDER.parent / "audio_analyzer").is_dir(), reason="the Audio Analyzer doesn't lie beside it")
@pytest.mark.parametrize("tempo_bpm", [120.0, 96.0])
def test_the_analyzer_hears_what_was_played(tempo_bpm: float) -> None:
    """The Audio Analyzer finds the tempo within 2 %, every attack but the one at zero within 50 ms, and no other."""
    analyzer = load_from(FOLDER.parent / "audio_analyzer", "audio_analyzer_main").AudioAnalyzer(PluginContext())
    defaults = {p["name"]: p["default"] for p in analyzer.get_node_definition()["parameters"]}
    rhythm = run(tempo_bpm=tempo_bpm)
    heard = asyncio.run(analyzer.execute({"audio": rhythm["audio"]}, defaults))
    distance_s = np.abs(rhythm["onset_times_s"][:, None] - heard["onset_times_s"][None, :])
    assert heard["tempo_bpm"] == pytest.approx(tempo_bpm, rel=0.02)
    assert (distance_s.min(axis=1)[1:] < 0.05).all()
    assert (distance_s.min(axis=0) < 0.05).all()
    assert heard["true_peak_dbtp"] == pytest.approx(-3, abs=0.3)


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs(run(repeats=1), plugin_id=FOLDER.name)


def test_the_definition_is_the_manifests() -> None:
    """get_node_definition() returns what stands in plugin.json."""
    definition = main.ResultantRhythm(PluginContext()).get_node_definition()
    assert definition == json.loads((FOLDER / "plugin.json").read_text())["definition"]
