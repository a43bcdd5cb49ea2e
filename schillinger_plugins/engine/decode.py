"""Decoding audio files, out of memory.

Owns the way from the bytes of a file to `Audio`: WAV, FLAC, OGG (Vorbis, Opus), MP3, AIFF and what else libsndfile knows.
Refuses what is cut off, too long or no audio, with the reason. NaN and samples beyond ±1 in a file of floats are passed on
as they are; what to do about them is the plugin's to say. Called by `decoder`, inside a confined worker: the files of
strangers are where libraries that read them are attacked.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import AudioFileError
from ..types import Audio
from ..types.audio import MAX_CHANNELS, MAX_SAMPLE_RATE
from . import mpeg
from .promise import ends_properly, promised_frames

FORMATS = "WAV, FLAC, OGG, MP3 and AIFF"
REMEDY = f"give a file in one of the formats {FORMATS}"
MAX_DECODED_BYTES = 4 * 1024**3

_BLOCK_FRAMES = 1 << 18
_UNKNOWN_FRAMES = 1 << 60


def decode(data: memoryview, name: str, *, max_bytes: int = MAX_DECODED_BYTES) -> Audio:
    """Decode a file.

    Parameters
    ----------
    data : memoryview
        The file's bytes.
    name : str
        How messages call it.
    max_bytes : int
        How much the decoded samples may take, at 4 bytes each.

    Returns
    -------
    Audio
        All channels at the file's own rate.

    Raises
    ------
    AudioFileError
        If it is cut off, too long or no audio; or if soundfile is not installed.
    """
    soundfile = _soundfile()
    try:
        # The contents decide what it is, not its name.
        with _sound_file(soundfile, data) as file:
            promised = _check_header(file, data, name, max_bytes)
            samples = _read(file, promised, name, max_bytes)
            return Audio(samples, file.samplerate)
    except soundfile.SoundFileError as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")[:200]
        if any(word in reason.lower() for word in _DAMAGED):
            message = f"{name} is damaged or cut off: {reason}"
            raise AudioFileError(message, remedy="download or export it again") from error
        raise AudioFileError(f"{name} is no audio that can be read: {reason}", remedy=REMEDY) from error
    except MemoryError as error:
        raise AudioFileError(f"{name} does not fit into memory", remedy="cut it into parts") from error


_DAMAGED = ("malformed", "lost sync", "corrupt")


@dataclass(frozen=True)
class _Promise:
    """How many frames a file says it has, and how sure that is."""

    frames: int
    tolerance: int = 0
    is_cut_off: bool = False


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: the module is there, the library libsndfile is not
        raise AudioFileError(
            f"reading audio files needs soundfile ({error})", remedy='pip install "schillinger_plugins[audio]"'
        ) from error
    return soundfile


def _sound_file(soundfile: Any, data: memoryview) -> Any:
    file = soundfile.SoundFile(_Memory(data))
    if file.format == "MP3" and not mpeg.has_count(data):
        counted = mpeg.with_count(data)
        if counted is not None:
            file.close()
            return soundfile.SoundFile(io.BytesIO(counted))
    return file


class _Memory(io.RawIOBase):
    """Bytes as a file, without a copy of them."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._position : self._position + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position


def _check_header(file: Any, data: memoryview, name: str, max_bytes: int) -> _Promise:
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise AudioFileError(f"{name} has {file.channels} channels, at most {MAX_CHANNELS} are read", remedy=REMEDY)
    if not 1 <= file.samplerate <= MAX_SAMPLE_RATE:
        message = f"{name} has a sample rate of {file.samplerate} Hz, at most {MAX_SAMPLE_RATE} Hz are read"
        raise AudioFileError(message, remedy="resample it")
    promise = _promise(file, data)
    if promise.frames == 0:
        raise AudioFileError(f"{name} holds no samples", remedy="record or export it again")
    if promise.frames < _UNKNOWN_FRAMES and promise.frames * file.channels * 4 > max_bytes:
        duration_s = promise.frames / file.samplerate
        raise AudioFileError(
            f"{name} is too long: {_duration(duration_s)} in {file.channels} channels take "
            f"{promise.frames * file.channels * 4 / 1024**3:.3g} GiB, at most {max_bytes / 1024**3:.3g} GiB are decoded",
            remedy="cut it into parts",
        )
    return promise


def _promise(file: Any, data: memoryview) -> _Promise:
    if file.format == "MP3":
        # An encoder's delay and padding are counted by some and not by others.
        return _Promise(file.frames, tolerance=4 * 1152)
    if file.format == "OGG":
        # libsndfile says so in its log alone.
        is_cut_off = "lacks an end-of-stream bit" in file.extra_info or not ends_properly(data)
        return _Promise(file.frames, is_cut_off=is_cut_off)
    # libsndfile trusts the length of the file where a header says more.
    header = promised_frames(data, file.format)
    return _Promise(max(file.frames, header or 0))


def _read(file: Any, promise: _Promise, name: str, max_bytes: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    import soundfile

    known = promise.frames < _UNKNOWN_FRAMES
    room = promise.frames if known else max_bytes // (4 * file.channels)
    samples = np.empty((file.channels, room), np.float32)
    block = np.empty((min(room, _BLOCK_FRAMES), file.channels), np.float32)
    done, reason = 0, ""
    while done < room:
        try:
            part = file.read(out=block[: room - done])
        except soundfile.SoundFileError as error:
            if done == 0 and not known:
                raise
            reason = f" ({str(getattr(error, 'error_string', error)).strip().rstrip('.')})"
            break
        if len(part) == 0:
            break
        samples[:, done : done + len(part)] = part.T
        done += len(part)
    remedy = "download or export it again"
    if promise.is_cut_off:
        raise AudioFileError(f"{name} is truncated: it breaks off after {_extent(done, file)}", remedy=remedy)
    if known and done < promise.frames - promise.tolerance:
        message = f"{name} is truncated: it has {done} of the {promise.frames} frames that its header promises{reason}"
        raise AudioFileError(message, remedy=remedy)
    if reason:
        raise AudioFileError(f"{name} is damaged after {_extent(done, file)}{reason}", remedy=remedy)
    if done == 0:
        raise AudioFileError(f"{name} holds no samples", remedy="record or export it again")
    return samples if done == room else np.ascontiguousarray(samples[:, :done])


def _extent(frames: int, file: Any) -> str:
    return f"{frames} frames ({_duration(frames / file.samplerate)})"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g} s"
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
