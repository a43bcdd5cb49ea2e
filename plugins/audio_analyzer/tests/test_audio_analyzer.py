"""The Audio Analyzer against librosa itself, against known signals, and at the edges of what audio can be."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pyloudnorm
import pytest

from schillinger_plugins.manifest import Manifest
from schillinger_plugins.types import Audio, PluginContext

FOLDER = Path(__file__).parents[1]


def load() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("audio_analyzer_main", FOLDER / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        names = ("analyzer_tonality", "analyzer_spectrum", "analyzer_frames", "analyzer_rhythm", "analyzer_levels")
        return module, *map(importlib.import_module, names)
    finally:
        sys.path.remove(str(FOLDER))


main, tonality, spectrum, frames, rhythm, levels = load()


def run(audio: Audio, **parameters: Any) -> dict[str, Any]:
    plugin = main.AudioAnalyzer(PluginContext())
    defaults = {p["name"]: p["default"] for p in plugin.get_node_definition()["parameters"]}
    outputs: dict[str, Any] = asyncio.run(plugin.execute({"audio": audio}, {**defaults, **parameters}))
    return outputs


def music(rate: int, seconds: float = 3.0, channels: int = 2) -> Audio:
    """Chords, clicks and noise: something for every feature to find."""
    rng = np.random.default_rng(7)
    t = np.arange(int(rate * seconds)) / rate
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 277.18, 329.63)) * (0.6 + 0.4 * np.sin(2 * np.pi * t))
    clicks = np.exp(-(t % 0.5) / 0.01) * rng.standard_normal(t.size)
    sides = [0.15 * chord + 0.3 * clicks + 0.01 * rng.standard_normal(t.size) for _ in range(channels)]
    return Audio(np.array(sides, dtype=np.float32), rate)


def librosas(audio: Audio, n_fft: int = 2048, hop: int = 512, n_mels: int = 128, n_mfcc: int = 20) -> dict[str, Any]:
    """Every feature from librosa directly, each from the samples."""
    y, sr = librosa.to_mono(audio.samples), audio.sample_rate
    f = librosa.feature
    cut: dict[str, Any] = {"sr": sr, "n_fft": n_fft, "hop_length": hop}
    envelope = librosa.onset.onset_strength(y=y, n_mels=n_mels, **cut)
    median = librosa.onset.onset_strength(y=y, n_mels=n_mels, aggregate=np.median, **cut)
    tempo, beats = librosa.beat.beat_track(onset_envelope=median, sr=sr, hop_length=hop, units="time")
    return {
        "rms": f.rms(y=y, frame_length=n_fft, hop_length=hop)[0],
        "zero_crossing_rate": f.zero_crossing_rate(y, frame_length=n_fft, hop_length=hop)[0],
        "spectral_centroid_hz": f.spectral_centroid(y=y, **cut)[0],
        "spectral_bandwidth_hz": f.spectral_bandwidth(y=y, **cut)[0],
        "spectral_rolloff_hz": f.spectral_rolloff(y=y, **cut)[0],
        "spectral_flatness": f.spectral_flatness(y=y, n_fft=n_fft, hop_length=hop)[0],
        "spectral_contrast_db": f.spectral_contrast(y=y, n_bands=spectrum.contrast_bands(sr), **cut),
        "mel_spectrogram": f.melspectrogram(y=y, n_mels=n_mels, **cut),
        "mfcc": f.mfcc(y=y, n_mfcc=n_mfcc, n_mels=n_mels, **cut),
        "chroma": f.chroma_cqt(y=y, sr=sr, hop_length=hop, n_octaves=tonality.octaves(sr)),
        "onset_envelope": envelope,
        "onset_times_s": librosa.onset.onset_detect(onset_envelope=envelope, sr=sr, hop_length=hop, units="time"),
        "tempo_bpm": float(np.squeeze(tempo)),
        "beat_times_s": beats,
    }


@pytest.mark.filterwarnings("ignore:Empty filters")  # librosa's, of 128 mel bands at 192 kHz, in the call compared with
@pytest.mark.parametrize(
    ("rate", "channels", "settings"),
    [
        (44100, 2, {}),
        (22050, 1, {"n_fft": 4096, "hop_length": 1024, "n_mels": 64, "n_mfcc": 13}),
        (8000, 1, {}),
        (192000, 2, {}),
    ],
)
def test_every_feature_equals_librosas_own(rate: int, channels: int, settings: dict[str, int]) -> None:
    """Each feature is what librosa computes from the samples, to single precision, at any rate."""
    audio = music(rate, channels=channels)
    ours = run(audio, **settings)
    short = {"hop_length": "hop"}
    for name, theirs in librosas(audio, **{short.get(k, k): v for k, v in settings.items()}).items():
        np.testing.assert_allclose(ours[name], theirs, rtol=2e-5, atol=1e-5 * np.max(np.abs(theirs)), err_msg=name)


@pytest.mark.parametrize("rate", [22050, 48000])
def test_rhythm_is_what_librosa_finds_by_itself(rate: int) -> None:
    """With the defaults, onsets, beats and tempo are what librosa finds in the samples when asked for nothing else."""
    audio = music(rate, seconds=8)
    y, ours = librosa.to_mono(audio.samples), run(audio)
    tempo, beats = librosa.beat.beat_track(y=y, sr=rate, units="time")
    assert ours["tempo_bpm"] == pytest.approx(float(np.squeeze(tempo)))
    np.testing.assert_allclose(ours["beat_times_s"], beats)
    np.testing.assert_allclose(ours["onset_times_s"], librosa.onset.onset_detect(y=y, sr=rate, units="time"))


def test_silence_around_a_sound_clips_the_decibels_as_librosa_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is clipped relative to the loudest frame is so, though that frame is in another block."""
    monkeypatch.setattr(frames, "_BLOCK_SAMPLES", 16 * 2048)
    sound = music(22050).samples
    audio = Audio(np.concatenate([np.zeros_like(sound), sound, np.zeros_like(sound)], axis=1), 22050)
    ours, theirs = run(audio), librosas(audio)
    for name in ("spectral_contrast_db", "mfcc", "onset_envelope"):
        atol = 1e-5 * np.max(np.abs(theirs[name]))
        np.testing.assert_allclose(ours[name], theirs[name], rtol=2e-5, atol=atol, err_msg=name)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transforming in blocks of a few frames gives the same features as in one."""
    audio = music(22050)
    whole = run(audio)
    monkeypatch.setattr(frames, "_BLOCK_SAMPLES", 17 * 2048)
    monkeypatch.setattr(rhythm, "_BLOCK_VALUES", 19 * 344)
    pieces = run(audio)
    for name, value in whole.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(pieces[name], value, rtol=1e-5, atol=1e-6 * np.max(np.abs(value)), err_msg=name)


@pytest.mark.parametrize(("rate", "hop"), [(22050, 512), (44100, 448)])
def test_chroma_in_pieces_is_the_chroma_of_the_whole(rate: int, hop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recordings that are transformed in pieces have the tuning and the chroma of the whole, to single precision."""
    audio = music(rate, seconds=30, channels=1)
    framing = frames.Framing(rate, 2048, hop)
    whole = tonality.chroma(audio.mono(), framing)
    monkeypatch.setattr(tonality, "PIECE_S", 10)
    monkeypatch.setattr(frames, "_BLOCK_SAMPLES", 100 * 2048)
    pieces = tonality.chroma(audio.mono(), framing)
    np.testing.assert_allclose(pieces, whole, atol=1e-4)
    theirs = librosa.estimate_tuning(y=audio.mono(), sr=rate, bins_per_octave=36)
    assert tonality.tuning_bins(audio.mono(), rate) == pytest.approx(theirs)


def test_frames_too_short_for_the_rate_are_refused() -> None:
    """The error names the length that would do, and that length does."""
    with pytest.raises(ValueError, match="choose n_fft of at least 1024"):
        run(music(192000, seconds=0.2), n_fft=512)
    assert np.isfinite(run(music(192000, seconds=0.2), n_fft=1024)["spectral_contrast_db"]).all()


def test_rates_without_an_octave_are_refused() -> None:
    """A rate in kHz instead of Hz is refused, 1000 Hz is not."""
    with pytest.raises(ValueError, match="44 Hz"):
        run(Audio(np.ones(100), 44))
    assert run(music(1000))["sample_rate"] == 1000


def test_everything_on_the_frame_grid_has_its_length() -> None:
    """Whatever the definition puts on the frame times has as many values as there are frame times."""
    audio = music(44100, seconds=1.234)
    outputs = run(audio)
    for port in main.AudioAnalyzer(PluginContext()).get_node_definition()["outputs"]:
        value = outputs[port["name"]]
        if "times" in port:
            assert value.shape[-1] == outputs[port["times"]].size, port["name"]
        if "bins" in port:
            assert value.shape[0] == outputs[port["bins"]].size, port["name"]


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("rate", [11025, 48000])
def test_loudness_is_pyloudnorms(channels: int, rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Integrated loudness is what pyloudnorm measures, whole or in pieces, with soft passages that the gates leave out."""
    sound = music(rate, seconds=4.3, channels=channels).samples
    audio = Audio(np.concatenate([sound, 0.01 * sound, 0 * sound, 0.5 * sound], axis=1), rate)
    theirs = pyloudnorm.Meter(rate).integrated_loudness(audio.samples.T)
    assert levels.integrated_loudness_lufs(audio.samples, rate) == pytest.approx(theirs, abs=1e-5)
    monkeypatch.setattr(levels, "_LOUDNESS_PIECE", 20)
    assert levels.integrated_loudness_lufs(audio.samples, rate) == pytest.approx(theirs, abs=1e-4)


def test_the_standards_loudness_signal() -> None:
    """A 997 Hz sine at full scale in one channel measures −3.01 LUFS, within the 0.1 LU that ITU-R BS.2217 allows."""
    t = np.arange(48000 * 5) / 48000
    sine = Audio(np.sin(2 * np.pi * 997 * t), 48000)
    assert run(sine)["integrated_loudness_lufs"] == pytest.approx(-3.01, abs=0.1)


def test_true_peak_sees_between_the_samples() -> None:
    """A sine at a quarter of the rate, sampled 45° off its peaks, has its samples at −3 dB and its true peak at 0 dBTP."""
    n = np.arange(48000)
    outputs = run(Audio(np.sin(np.pi / 2 * n + np.pi / 4), 48000))
    assert outputs["peak"] == pytest.approx(np.sqrt(0.5), abs=1e-6)
    # The signal begins and ends abruptly, where the interpolated wave overshoots a little.
    assert outputs["true_peak_dbtp"] == pytest.approx(0, abs=0.9)
    assert outputs["crest_factor_db"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("mode", "intervals"), [("major", (0, 4, 7)), ("minor", (0, 3, 7))])
def test_a_chord_is_in_its_own_key(tonic: int, mode: str, intervals: tuple[int, ...]) -> None:
    """A chroma of a triad has the triad's key."""
    chroma = np.zeros((12, 4), np.float32)
    chroma[[(tonic + i) % 12 for i in intervals]] = 1
    name, correlation = tonality.key(chroma)
    assert name == f"{tonality.NOTES[tonic]} {mode}"
    assert correlation > 0.6


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_silence_has_no_key_no_tempo_and_no_end_of_decibels(rate: int) -> None:
    """Silence gives None or −∞ where there is nothing to say, finite features elsewhere, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outputs = run(Audio(np.zeros((2, rate)), rate))
    assert outputs["key"] is None
    assert outputs["tempo_bpm"] is None
    assert outputs["crest_factor_db"] is None
    assert outputs["true_peak_dbtp"] == outputs["integrated_loudness_lufs"] == -np.inf
    assert outputs["onset_times_s"].size == outputs["beat_times_s"].size == 0
    assert all(np.isfinite(value).all() for value in outputs.values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize("frames", [1, 2, 63, 500, 2047])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_very_short_sounds_are_analysed(frames: int, rate: int) -> None:
    """A sound shorter than a frame, down to one sample, gives one frame or a few, and no loudness."""
    outputs = run(Audio(np.full(frames, 0.5), rate))
    assert outputs["peak"] == 0.5
    assert outputs["integrated_loudness_lufs"] is None
    assert outputs["mel_spectrogram"].shape == (128, 1 + frames // 512)


def test_more_channels_than_the_standard_knows_have_no_loudness() -> None:
    """Six channels are analysed, but their loudness is None rather than a guess."""
    outputs = run(music(44100, channels=6))
    assert outputs["channels"] == 6
    assert outputs["integrated_loudness_lufs"] is None


def test_an_empty_sound_is_refused() -> None:
    """No samples: the error says so."""
    with pytest.raises(ValueError, match="empty"):
        run(Audio(np.zeros((1, 0)), 44100))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    """NaN and infinity are counted, and the first is located."""
    samples = np.zeros((2, 1000))
    samples[1, 500:503] = bad
    with pytest.raises(ValueError, match=r"3 samples .* first at 0\.5 s"):
        run(Audio(samples, 1000))


def test_progress_grows() -> None:
    """Progress is reported, grows, and stays between 0 and 1."""
    reported: list[float] = []
    plugin = main.AudioAnalyzer(PluginContext(on_progress=lambda fraction, message: reported.append(fraction)))
    defaults = {p["name"]: p["default"] for p in plugin.get_node_definition()["parameters"]}
    asyncio.run(plugin.execute({"audio": music(22050)}, defaults))
    assert reported == sorted(reported)
    assert len(reported) > 4
    assert 0 <= reported[0] <= reported[-1] <= 1


def test_the_manifest_and_the_outputs_keep_their_word() -> None:
    """plugin.json is valid, and what comes out is what its definition declares."""
    manifest = Manifest.read(FOLDER)
    assert manifest.definition is not None
    manifest.definition.check_outputs(run(music(22050)), plugin_id=FOLDER.name)


def test_the_definition_is_the_manifests() -> None:
    """get_node_definition() returns what stands in plugin.json."""
    definition = main.AudioAnalyzer(PluginContext()).get_node_definition()
    assert definition == json.loads((FOLDER / "plugin.json").read_text())["definition"]
