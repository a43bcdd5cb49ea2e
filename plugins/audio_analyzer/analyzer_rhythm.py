"""Rhythm: onsets, beats and tempo, as librosa finds them in the mel spectrogram's flux."""

from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
from analyzer_frames import Framing

_TEMPO_WINDOW_S = 8.0
_BLOCK_VALUES = 1 << 22
"""Of the tempogram, computed at once."""


def features(mel: npt.NDArray[np.float32], framing: Framing) -> dict[str, Any]:
    """Onset envelope, onsets, beats and tempo.

    Onsets are found where the mean over the mel bands rises, beats where the median does: librosa's own defaults.

    Parameters
    ----------
    mel : np.ndarray [shape=(bands, frames)]
        Power.

    Returns
    -------
    dict
        Times in seconds; `tempo_bpm` is None where the envelope is flat, since nothing happens.
    """
    rate, hop = framing.sample_rate, framing.hop_length
    mel_db = librosa.power_to_db(mel)
    envelope = librosa.onset.onset_strength(S=mel_db, sr=rate, n_fft=framing.n_fft, hop_length=hop)
    median = librosa.onset.onset_strength(S=mel_db, sr=rate, n_fft=framing.n_fft, hop_length=hop, aggregate=np.median)
    outputs: dict[str, Any] = {
        "onset_envelope": envelope,
        "onset_times_s": np.zeros(0),
        "beat_times_s": np.zeros(0),
        "tempo_bpm": None,
    }
    if envelope.any():
        outputs["onset_times_s"] = librosa.onset.onset_detect(
            onset_envelope=envelope, sr=rate, hop_length=hop, units="time"
        )
    if median.any():
        bpm = _tempo_bpm(median, rate, hop)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Where a beat is shorter than a frame, librosa divides by zero and finds none.
            _, outputs["beat_times_s"] = librosa.beat.beat_track(
                onset_envelope=median, sr=rate, hop_length=hop, bpm=bpm, units="time"
            )
        outputs["tempo_bpm"] = bpm if bpm > 0 else None
    return outputs


def _tempo_bpm(envelope: npt.NDArray[np.float32], rate: int, hop: int) -> float:
    """``librosa.feature.tempo``, its tempogram averaged block by block: that of an hour takes several gigabytes."""
    window = int(librosa.time_to_frames(_TEMPO_WINDOW_S, sr=rate, hop_length=hop))
    padded = np.pad(envelope, window // 2, mode="linear_ramp", end_values=0)
    total, size = np.zeros(window), max(1, _BLOCK_VALUES // window)
    for start in range(0, envelope.size, size):
        stop = min(start + size, envelope.size)
        total += librosa.feature.tempogram(
            onset_envelope=padded[start : stop - 1 + window], sr=rate, hop_length=hop, win_length=window, center=False
        ).sum(axis=-1)
    mean = (total / envelope.size)[:, np.newaxis]
    return float(librosa.feature.tempo(tg=mean, sr=rate, hop_length=hop)[0])
