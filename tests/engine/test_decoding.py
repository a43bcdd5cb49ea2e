"""The workers that decode audio files: confined, killed, interrupted, and gone when nobody reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from schillinger_plugins import decoding
from schillinger_plugins.decoding import AudioReader
from schillinger_plugins.errors import AudioFileError, WorkerCrashed
from schillinger_plugins.sandbox import blocking, conversation
from schillinger_plugins.sandbox.sandbox import Sandbox
from tests.supervision.census import until

READ = """
import sys
from schillinger_plugins import PluginManager
with PluginManager() as manager:
    print(manager.read_audio(sys.argv[1]), [name for name in ("soundfile", "_soundfile") if name in sys.modules])
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(total_memory_mb=8192)
    yield sandbox
    sandbox.close()


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[AudioReader]:
    reader = AudioReader(sandbox)
    yield reader
    reader.close()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.5, 0.5, (44100, 2)), 44100)
    return path


@pytest.fixture
def long_song(tmp_path: Path) -> Path:
    """Ten minutes of silence: a second or more to decode, a file of some kilobytes."""
    path = tmp_path / "long.flac"
    soundfile.write(path, np.zeros((44100 * 600, 2), np.int16), 44100)
    return path


def test_the_host_does_not_decode(song: Path) -> None:
    """The library that decodes is not even loaded in the process that asks."""
    done = subprocess.run([sys.executable, "-c", READ, str(song)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "Audio(2 ch, 1.000 s, 44100 Hz) []\n", done.stderr


def test_a_worker_serves_many_files(reader: AudioReader, song: Path) -> None:
    """One after another, and what comes is the caller's own."""
    first = reader.read(song)
    kept = first.samples.copy()
    (worker,) = reader._idle
    for _ in range(5):
        reader.read(song).samples[:] = 0
    assert reader._idle == [worker]
    assert (first.samples == kept).all()
    assert first.samples.flags.writeable


def test_a_worker_killed_in_the_middle_is_replaced(reader: AudioReader, song: Path, long_song: Path) -> None:
    """The file that it was at is reported, and the next one is read."""
    reader.read(song)
    (worker,) = reader._idle
    said: list[AudioFileError] = []

    def read() -> None:
        try:
            reader.read(long_song)
        except AudioFileError as error:
            said.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    assert until(lambda: worker.busy)
    os.kill(worker.pid, signal.SIGKILL)
    thread.join(30)
    assert "long.flac" in str(said[0])
    assert reader.read(song).frames == 44100


def test_an_interrupt_ends_the_reading(reader: AudioReader, song: Path, long_song: Path) -> None:
    """Ctrl-C while a long file is decoded; the next one is read."""
    reader.read(song)
    (worker,) = reader._idle

    def interrupt() -> None:
        until(lambda: worker.busy)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        reader.read(long_song)
    thread.join(10)
    assert reader.read(song).frames == 44100


def test_a_file_cut_off_meanwhile_ends_the_worker_alone(reader: AudioReader, song: Path) -> None:
    """Pages that are no more in the file: what comes of them reaches no host."""
    reader.read(song)
    (worker,) = reader._idle
    with song.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        os.truncate(song, 100)
        talk = conversation.call_on_file(
            worker, file.fileno(), size, {"name": "x"}, plugin_id="x", limits=decoding._LIMITS
        )
        with pytest.raises(WorkerCrashed):
            blocking.drive(talk, worker, decoding._LIMITS)


def test_many_at_a_time_are_read_by_as_many_workers_as_there_are_cores(reader: AudioReader, song: Path) -> None:
    with ThreadPoolExecutor(12) as pool:
        read = list(pool.map(reader.read, [song] * 48))
    assert all((audio.samples == read[0].samples).all() for audio in read)
    assert 1 <= len(reader._idle) <= (os.cpu_count() or 1)


def test_workers_that_nobody_needs_end(reader: AudioReader, song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A while after the last file."""
    monkeypatch.setattr(decoding, "_IDLE_S", 0.05)
    reader.read(song)
    assert until(lambda: not reader._idle)


def test_what_a_taken_over_decoder_says_drives_no_terminal(reader: AudioReader, song: Path) -> None:
    """Its answers are as hostile as a plugin's."""
    reader.read(song)

    def forged(*_: object, **__: object) -> dict[str, object]:
        return {"error": ["\x1b[2J" + "x" * 9000, {"a": "\u202e"}]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocking, "drive", forged)
        with pytest.raises(AudioFileError) as refused:
            reader.read(song)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 2000
