"""Reading audio files: what comes out, and what each bad file is called."""

from __future__ import annotations

import math
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from schillinger_plugins import PluginManager
from schillinger_plugins.engine.decode import decode
from schillinger_plugins.errors import AudioFileError
from schillinger_plugins.types import Audio

Reads = Callable[[str | Path], Audio]
Refuses = Callable[[str | Path], AudioFileError]

EXTENSIONS = ["wav", "flac", "ogg", "mp3", "aiff"]


def tone(channels: int = 2, sample_rate: int = 44100, duration_s: float = 1.0) -> np.ndarray[Any, Any]:
    time_s = np.arange(int(duration_s * sample_rate)) / sample_rate
    return np.stack([0.5 * np.sin(2 * np.pi * 220 * (c + 1) * time_s) for c in range(channels)])


def write(path: Path, samples: np.ndarray[Any, Any], sample_rate: int = 44100, **how: Any) -> Path:
    soundfile.write(path, samples.T, sample_rate, **how)
    return path


@pytest.fixture
def read_audio(shared_manager: PluginManager) -> Reads:
    """The way of a file that a user names: opened here, decoded in a confined worker."""
    return shared_manager.read_audio


@pytest.fixture
def refusal(read_audio: Reads) -> Refuses:
    def refused(path: str | Path) -> AudioFileError:
        with pytest.raises(AudioFileError) as caught:
            read_audio(path)
        assert caught.value.remedy
        return caught.value

    return refused


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_every_format_is_read(tmp_path: Path, extension: str, channels: int, read_audio: Reads) -> None:
    """Channels, rate, length and sound come out as they went in, to each format's accuracy."""
    samples = tone(channels)
    audio = read_audio(write(tmp_path / f"a.{extension}", samples))
    assert (audio.channels, audio.frames, audio.sample_rate) == (channels, 44100, 44100)
    assert audio.samples.dtype == np.float32
    assert audio.samples.flags["C_CONTIGUOUS"]
    tolerance = 1e-4 if extension in ("wav", "flac", "aiff") else 0.03
    middle = slice(4410, -4410)
    np.testing.assert_allclose(audio.samples[:, middle], samples[:, middle], atol=tolerance)


@pytest.mark.parametrize(
    "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM"]
)
def test_every_encoding_of_wav_is_full_scale_one(tmp_path: Path, subtype: str, read_audio: Reads) -> None:
    """Whatever the encoding, full scale is ±1."""
    audio = read_audio(write(tmp_path / "a.wav", tone(1), subtype=subtype))
    assert abs(float(np.max(audio.samples)) - 0.5) < 0.03


@pytest.mark.parametrize("sample_rate", [8000, 22050, 48000, 96000, 192000])
def test_the_rate_is_the_files_own(tmp_path: Path, sample_rate: int, read_audio: Reads) -> None:
    """Nothing is resampled."""
    audio = read_audio(write(tmp_path / "a.flac", tone(1, sample_rate, 0.1), sample_rate))
    assert (audio.sample_rate, audio.frames) == (sample_rate, sample_rate // 10)


def test_many_channels_are_read(tmp_path: Path, read_audio: Reads) -> None:
    """More than stereo stays apart."""
    audio = read_audio(write(tmp_path / "a.wav", tone(6)))
    np.testing.assert_allclose(audio.samples, tone(6), atol=1e-4)


def test_a_long_file_is_read_in_blocks_without_a_seam(tmp_path: Path, read_audio: Reads) -> None:
    """A file of more than one block is whole and in order."""
    samples = np.linspace(-0.9, 0.9, 600_000)[np.newaxis, :]
    audio = read_audio(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    np.testing.assert_array_equal(audio.samples, samples.astype(np.float32))


def test_the_name_does_not_decide_the_format(tmp_path: Path, read_audio: Reads) -> None:
    """A FLAC file called .mp3 is read as what it is."""
    flac = write(tmp_path / "a.flac", tone(1))
    assert read_audio(flac.rename(tmp_path / "a.mp3")).frames == 44100


def test_one_sample_is_a_piece_of_audio(tmp_path: Path, read_audio: Reads) -> None:
    """A file of one sample is read."""
    assert read_audio(write(tmp_path / "a.wav", np.full((1, 1), 0.25))).samples.tolist() == [[0.25]]


def test_silence_is_read(tmp_path: Path, read_audio: Reads) -> None:
    """Silence is audio."""
    assert not read_audio(write(tmp_path / "a.flac", np.zeros((1, 100)))).samples.any()


def test_nan_and_overs_are_passed_on(tmp_path: Path, read_audio: Reads) -> None:
    """A file of floats may hold NaN and values beyond ±1: they arrive as they are."""
    samples = np.array([[math.nan, 2.0, -math.inf]])
    audio = read_audio(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    np.testing.assert_array_equal(audio.samples, samples.astype(np.float32))


def test_the_home_folder_may_be_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_audio: Reads) -> None:
    """``~`` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "a.wav", tone(1))
    assert read_audio("~/a.wav").frames == 44100


def test_an_audio_file_that_is_gone(tmp_path: Path, refusal: Refuses) -> None:
    """A missing file is named, and a file of nearly that name is suggested."""
    write(tmp_path / "melody.wav", tone(1))
    error = refusal(tmp_path / "melodie.wav")
    assert "there is no file" in str(error)
    assert "melody.wav" in str(error)


def test_an_audio_file_that_is_a_folder(tmp_path: Path, refusal: Refuses) -> None:
    """A folder is called one."""
    assert "is a folder" in str(refusal(tmp_path))


def test_an_audio_file_that_is_empty(tmp_path: Path, refusal: Refuses) -> None:
    """A file of no bytes is called empty."""
    (tmp_path / "a.wav").touch()
    assert "empty (0 bytes)" in str(refusal(tmp_path / "a.wav"))


def test_an_audio_file_with_a_header_and_no_samples(tmp_path: Path, refusal: Refuses) -> None:
    """A file whose header promises nothing is said to hold no samples."""
    path = write(tmp_path / "a.wav", np.zeros((1, 0)))
    assert "holds no samples" in str(refusal(path))


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.ogg", "a"])
@pytest.mark.parametrize("content", [b"hello, this is text\n" * 200, b"\x89PNG\r\n\x1a\n" + bytes(4000), bytes(5000)])
def test_an_audio_file_that_is_not_audio(tmp_path: Path, name: str, content: bytes, refusal: Refuses) -> None:
    """Text, a picture and zeros are refused under any name, with the formats that are read."""
    (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path / name)
    assert "WAV, FLAC, OGG, MP3 and AIFF" in str(error)


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.2])
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_an_audio_file_that_is_truncated(tmp_path: Path, extension: str, keep: float, refusal: Refuses) -> None:
    """A file that was cut off is refused, with how much of it there is."""
    path = write(tmp_path / f"a.{extension}", tone(2, duration_s=4))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    error = refusal(path)
    assert "truncated" in str(error) or "damaged or cut off" in str(error)
    if extension in ("wav", "aiff"):
        assert "of the 176400 frames that its header promises" in str(error)


def test_an_ogg_file_that_lacks_its_last_bytes(tmp_path: Path, refusal: Refuses) -> None:
    """libsndfile takes an Ogg file whose last page is incomplete for a shorter one; it is refused as truncated."""
    path = write(tmp_path / "a.ogg", tone(2, duration_s=4))
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    assert "truncated" in str(refusal(path))


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("keep", [1, 4, 11, 20, 40])
def test_an_audio_file_cut_within_its_header(tmp_path: Path, extension: str, keep: int, refusal: Refuses) -> None:
    """A few bytes of a header are no audio."""
    path = write(tmp_path / f"a.{extension}", tone(1))
    path.write_bytes(path.read_bytes()[:keep])
    refusal(path)


def test_a_recorder_that_could_not_fill_in_the_length(tmp_path: Path, read_audio: Reads) -> None:
    """A WAV file of unknown length, as a pipe leaves it, is read to its end."""
    path = write(tmp_path / "a.wav", tone(1))
    data = bytearray(path.read_bytes())
    position = data.index(b"data")
    data[4:8] = data[position + 4 : position + 8] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert read_audio(path).frames == 44100


@pytest.mark.parametrize(("sample_rate", "channels"), [(44100, 1), (44100, 2), (22050, 1), (16000, 2)])
def test_an_mp3_that_does_not_count_its_frames(
    tmp_path: Path, sample_rate: int, channels: int, read_audio: Reads
) -> None:
    """An MP3 of variable bitrate without a Xing header is read to its end, as with the header but for the padding."""
    loud, soft = np.random.default_rng(0).uniform(-0.5, 0.5, (channels, sample_rate)), tone(channels, sample_rate, 3)
    path = write(tmp_path / "a.mp3", np.concatenate([soft, loud, soft], 1), sample_rate, bitrate_mode="VARIABLE")
    whole = read_audio(path)
    data = path.read_bytes()
    start = (
        data.index(b"Xing")
        - {(True, 1): 21, (True, 2): 36, (False, 1): 13, (False, 2): 21}[sample_rate > 24000, channels]
    )
    second = data.index(data[start : start + 2], start + 100)
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x05" + b"hello" + data[second:])
    bare = read_audio(path)
    assert 0 <= bare.frames - whole.frames <= 4 * 1152
    tail = slice(-sample_rate // 2 - 4 * 1152, -4 * 1152)
    assert float(np.sqrt(np.mean(bare.samples[:, tail] ** 2))) > 0.2


def test_an_mp3_that_does_not_count_its_frames_and_was_cut(tmp_path: Path, read_audio: Reads) -> None:
    """It promises nothing, so what there is is read."""
    path = write(tmp_path / "a.mp3", tone(1, duration_s=4))
    data = path.read_bytes()
    data = data[data.index(b"\xff", data.index(b"Xing")) :]
    path.write_bytes(data[: len(data) // 2])
    assert abs(read_audio(path).duration_s - 2) < 0.2


def test_an_audio_file_that_is_too_long(tmp_path: Path, refusal: Refuses) -> None:
    """A file that would not fit is refused before it is decoded, with its duration."""
    path = write(tmp_path / "a.flac", np.zeros((1, 44100 * 90)))
    with pytest.raises(AudioFileError, match="too long: 1 min 30 s in 1 channels"):
        decode(memoryview(path.read_bytes()), "a.flac", max_bytes=1000)


def test_a_pipe_is_not_waited_for(tmp_path: Path, refusal: Refuses) -> None:
    """A named pipe that nobody writes to is refused at once, as is a device."""
    os.mkfifo(tmp_path / "pipe.wav")
    assert "no regular file" in str(refusal(tmp_path / "pipe.wav"))
    assert "no regular file" in str(refusal("/dev/zero"))


@pytest.mark.parametrize("path", ["nul\0", "x" * 5000, ""])
def test_a_path_that_is_none(path: str, refusal: Refuses) -> None:
    """What can't be a path is an audio file error, too."""
    refusal(path)


def test_without_soundfile_the_remedy_is_an_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Refuses
) -> None:
    """Where the audio extra is missing, the error says how to get it."""
    path = write(tmp_path / "a.wav", tone(1))
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert 'pip install "schillinger_plugins[audio]"' in str(refusal(path))


def test_no_descriptor_is_left_open(tmp_path: Path, read_audio: Reads, refusal: Refuses) -> None:
    """Reading, and failing to read, closes what it opened."""
    good = write(tmp_path / "a.wav", tone(1))
    read_audio(good)  # with what the worker needs, which stays for a while
    (tmp_path / "b.wav").write_bytes(b"no audio")
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    read_audio(good)
    refusal(tmp_path / "b.wav")
    refusal(tmp_path)
    assert (len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0) == before
