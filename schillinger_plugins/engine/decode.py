"""Decoding audio files, in the host, so that a plugin needs no access to files.

Owns the way from a path to `Audio`: WAV, FLAC, OGG (Vorbis, Opus), MP3, AIFF and what else libsndfile knows. Refuses
what is no regular file, empty, cut off, too long or no audio, with the reason. NaN and samples beyond ±1 in a file of
floats are passed on as they are; what to do about them is the plugin's to say. Called by ``manager`` for audio inputs
that are paths.

What this does not protect from: libsndfile runs in the host, unconfined, on the file that the user named. A file made
to exploit a decoder meets it here.
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AudioFileError
from ..schema.strict import show
from ..types import Audio
from ..types.audio import MAX_CHANNELS, MAX_SAMPLE_RATE
from . import mpeg
from .promise import ends_properly, promised_frames

FORMATS = "WAV, FLAC, OGG, MP3 and AIFF"
MAX_DECODED_BYTES = 4 * 1024**3

_BLOCK_FRAMES = 1 << 18
_UNKNOWN_FRAMES = 1 << 60
_REMEDY = f"give a file in one of the formats {FORMATS}"


def read_audio(path: str | Path, *, max_bytes: int = MAX_DECODED_BYTES) -> Audio:
    """Decode a file.

    Parameters
    ----------
    path : str or Path
        A regular file. ``~`` is the home folder.
    max_bytes : int
        How much the decoded samples may take, at 4 bytes each.

    Returns
    -------
    Audio
        All channels at the file's own rate.

    Raises
    ------
    AudioFileError
        If it is gone, a folder, empty, cut off, too long or no audio; or if soundfile is not installed.

    Examples
    --------
    >>> read_audio("song.flac")  # doctest: +SKIP
    Audio(2 ch, 183.200 s, 44100 Hz)
    """
    name = show(str(path))
    soundfile = _soundfile()
    descriptor = _open(path, name)
    try:
        # By descriptor: the file that was checked is the file that is read, and its contents decide what it is.
        with _sound_file(soundfile, descriptor) as file:
            promised = _check_header(file, descriptor, name, max_bytes)
            samples = _read(file, promised, name, max_bytes)
            return Audio(samples, file.samplerate)
    except soundfile.SoundFileError as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")[:200]
        if any(word in reason.lower() for word in _DAMAGED):
            message = f"{name} is damaged or cut off: {reason}"
            raise AudioFileError(message, remedy="download or export it again") from error
        raise AudioFileError(f"{name} is no audio that can be read: {reason}", remedy=_REMEDY) from error
    except MemoryError as error:
        raise AudioFileError(f"{name} does not fit into memory", remedy="cut it into parts") from error
    finally:
        os.close(descriptor)


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


def _sound_file(soundfile: Any, descriptor: int) -> Any:
    file = soundfile.SoundFile(descriptor, closefd=False)
    if file.format == "MP3" and not mpeg.has_count(descriptor):
        counted = mpeg.with_count(descriptor)
        if counted is not None:
            file.close()
            return soundfile.SoundFile(io.BytesIO(counted))
    return file


def _open(path: str | Path, name: str) -> int:
    """A descriptor of a regular file that is not empty."""
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise AudioFileError(f"there is no file {name} (in {os.getcwd()})", remedy=_near(Path(path))) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AudioFileError(
            f"{name} can't be opened: {reason}", remedy="check the path and its permissions"
        ) from error
    found = os.fstat(descriptor)
    kind = None
    if stat.S_ISDIR(found.st_mode):
        kind = "a folder"
    elif not stat.S_ISREG(found.st_mode):
        kind = "no regular file"
    elif found.st_size == 0:
        kind = "empty (0 bytes)"
    if kind:
        os.close(descriptor)
        raise AudioFileError(f"{name} is {kind}", remedy=_REMEDY)
    return descriptor


def _near(path: Path) -> str:
    """The file in the same folder that was perhaps meant."""
    from ..errors import nearest

    try:
        names = [entry.name for entry in os.scandir(path.expanduser().parent)]
    except OSError:
        return "check the path"
    close = nearest(path.name, names[:10_000])
    return f"did you mean {str(path.parent / close)!r}?" if close else "check the path"


def _check_header(file: Any, descriptor: int, name: str, max_bytes: int) -> _Promise:
    if not 1 <= file.channels <= MAX_CHANNELS:
        raise AudioFileError(f"{name} has {file.channels} channels, at most {MAX_CHANNELS} are read", remedy=_REMEDY)
    if not 1 <= file.samplerate <= MAX_SAMPLE_RATE:
        message = f"{name} has a sample rate of {file.samplerate} Hz, at most {MAX_SAMPLE_RATE} Hz are read"
        raise AudioFileError(message, remedy="resample it")
    promise = _promise(file, descriptor)
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


def _promise(file: Any, descriptor: int) -> _Promise:
    if file.format == "MP3":
        # An encoder's delay and padding are counted by some and not by others.
        return _Promise(file.frames, tolerance=4 * 1152)
    if file.format == "OGG":
        # libsndfile says so in its log alone.
        is_cut_off = "lacks an end-of-stream bit" in file.extra_info or not ends_properly(descriptor)
        return _Promise(file.frames, is_cut_off=is_cut_off)
    # libsndfile trusts the length of the file where a header says more.
    header = promised_frames(descriptor, file.format)
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
