"""WAV: audio as a browser plays it.

Owns the encoding as 16-bit RIFF and the bounds that keep a page small: sound that is long is sent as mono, and sound that
is very long is sent only in part. Refuses nothing; what it left out it says. Called by ``analysis``, ``node`` and
``report``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ..types import Audio

STEREO_UP_TO_S = 60.0
"""Longer sound is mixed down to mono."""

MAX_DURATION_S = 600.0
MAX_BYTES = 64_000_000
"""Of one sound; at high sample rates this is reached before `MAX_DURATION_S`."""


@dataclass(frozen=True, kw_only=True)
class Wav:
    """A sound file in memory.

    Attributes
    ----------
    data : bytes
        RIFF/WAVE, 16-bit PCM.
    duration_s : float
        Of what is in it.
    note : str
        What was left out, in a sentence; empty if nothing was.
    """

    data: bytes
    duration_s: float
    note: str


def encode(audio: Audio, *, max_duration_s: float = MAX_DURATION_S) -> Wav:
    """Audio as a WAV file of at most two channels.

    Parameters
    ----------
    audio : Audio
        Samples beyond full scale are clipped, and NaN becomes silence, as a sound card would need it.
    max_duration_s : float
        What comes after it is left out.

    Returns
    -------
    Wav
    """
    limit_s = max_duration_s
    mono = audio.channels > 2 or audio.duration_s > STEREO_UP_TO_S
    channels = 1 if mono else audio.channels
    frames = min(audio.frames, int(limit_s * audio.sample_rate), MAX_BYTES // (2 * channels))
    samples = audio.samples[:, :frames]
    if mono and audio.channels > 1:
        samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        full_scale = np.clip(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0) * 32767.0
    body = np.ascontiguousarray(np.round(full_scale).astype("<i2").T).tobytes()
    notes = []
    if frames < audio.frames:
        notes.append(f"the player has the first {frames / audio.sample_rate:.0f} s of {audio.duration_s:.0f} s")
    if mono and audio.channels > 1:
        notes.append(f"the player has the mean of the {audio.channels} channels")
    return Wav(
        data=_header(channels, audio.sample_rate, len(body)) + body,
        duration_s=frames / audio.sample_rate,
        note="; ".join(notes),
    )


def _header(channels: int, sample_rate: int, body_bytes: int) -> bytes:
    frame_bytes = 2 * channels
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + body_bytes, b"WAVE")
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, 16)
        + struct.pack("<4sI", b"data", body_bytes)
    )
